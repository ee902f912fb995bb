# SPDX-License-Identifier: Apache-2.0
"""What AWS says of its own calls: the models of its services that botocore has in its data, which alone are read. A call with
a parameter that there is not, without one that has to be, or with a value that cannot be, is a mistake of who calls; an
answer with a member that AWS's has not, one of this stand-in. Where botocore is missing, or older than what is called here,
nothing is checked. The variable BOTOCORE says where another Python than this one has it."""
import functools
import gzip
import importlib.util
import json
import os
import pathlib
import re

VERSIONS = {"cloudformation": "2010-05-15", "sts": "2011-06-15", "sns": "2010-03-31"}
# What AWS has, and these models do not tell.
MORE_MEMBERS = {"CreateChangeSetInput": {"DeploymentConfig"}, "DeleteStackInput": {"DeploymentConfig"}}
MORE_VALUES = {"ResourceStatus": {"REVIEW_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                                  "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"}}


@functools.cache
def model_of(service):
    """Operations and shapes; None where they are not to be had."""
    if service not in VERSIONS:
        return None
    found = importlib.util.find_spec("botocore")
    home = os.environ.get("BOTOCORE") or (found and os.path.dirname(found.origin))
    file = pathlib.Path(home or "absent", "data", service, VERSIONS[service], "service-2.json.gz")
    model = json.loads(gzip.decompress(file.read_bytes())) if file.exists() else None
    is_old = model and service == "cloudformation" and "DeploymentMode" not in model["shapes"]
    return None if is_old else model


class Walk:
    """Through a value, along its shape; each fault is a sentence."""

    def __init__(self, shapes):
        self.shapes = shapes
        self.faults = []

    def require(self, holds, path, text):
        if not holds:
            self.faults.append(f"{path or 'it'} {text}")

    def see(self, name, value, path=""):
        shape = self.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            self.see_structure(name, shape, value, path)
        elif kind == "list":
            self.see_list(shape, value or [], path)
        elif kind == "map":
            for key, item in value.items():
                self.see(shape["value"]["shape"], item, f"{path}.{key}")
        elif kind == "boolean":
            self.require(str(value).lower() in ("true", "false"), path, f"is '{value}', no boolean")
        elif kind in ("integer", "long"):
            is_number = re.fullmatch(r"-?\d+", str(value)) is not None
            self.require(is_number, path, f"is '{value}', no number")
            self.see_size(shape, int(value) if is_number else 0, path)
        elif kind == "string":
            self.see_text(name, shape, value, path)

    def see_structure(self, name, shape, value, path):
        if not isinstance(value, dict):
            self.require(value in (None, ""), path, "is no structure")
            value = {}
        for member in shape.get("required", []):
            self.require(value.get(member) is not None, path, f"has no {member}")
        for member, item in value.items():
            known = shape["members"].get(member)
            self.require(known or member in MORE_MEMBERS.get(name, ()), path, f"has a {member}, which there is not")
            if known and item is not None:
                self.see(known["shape"], item, f"{path}.{member}" if path else member)

    def see_list(self, shape, value, path):
        self.require(isinstance(value, list), path, "is no list")
        if isinstance(value, list):
            self.see_size(shape, len(value), path)
            for item in value:
                self.see(shape["member"]["shape"], item, path + "[]")

    def see_text(self, name, shape, value, path):
        self.require(not isinstance(value, (dict, list)), path, "is no text")
        text, values = str(value), shape.get("enum")
        self.require(not values or text in values or text in MORE_VALUES.get(name, ()), path, f"is '{text}', none of {values}")
        self.see_size(shape, len(text), path)
        try:
            fits = re.fullmatch(shape.get("pattern", ".*"), text, re.DOTALL)
        except re.error:  # a pattern of another kind than Python's
            fits = True
        self.require(fits, path, f"is '{text}', not as {shape.get('pattern')}")

    def see_size(self, shape, size, path):
        self.require(shape.get("min", size) <= size <= shape.get("max", size), path,
                     f"has {size}, not {shape.get('min')} to {shape.get('max')}")


def faults_of(side, service, action, value):
    """Of a call (`side` "input") or of an answer ("output"): by the names of their members."""
    model = model_of(service)
    if model is None:
        return []
    if action not in model["operations"]:
        return [f"{service} has no {action}"]
    walk = Walk(model["shapes"])
    if side in model["operations"][action]:
        walk.see(model["operations"][action][side]["shape"], value or {})
    return walk.faults
