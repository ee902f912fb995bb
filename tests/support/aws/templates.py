# SPDX-License-Identifier: Apache-2.0
"""Templates of CloudFormation, in JSON or in YAML with its short forms: !Ref, !Sub, !GetAtt A.B and so on."""
import json

import yaml

from signature import invalid

TEXT, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class Loader(yaml.SafeLoader):
    """A day stays text: AWSTemplateFormatVersion is one. Keys are text, too, as they are written: `Yes`, `200`. Of two that are the
    same the last counts, in YAML as in JSON: CloudFormation takes such templates."""

    def construct_mapping(self, node, deep=False):
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                key.tag = TEXT
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def long_form(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", long_form)


def read(text):
    """The template as a dict, with resources. Raises Refused."""
    try:
        template = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader)
    except (ValueError, yaml.YAMLError):
        template = None
    if not isinstance(template, dict):
        raise invalid("Template format error: JSON or YAML not well-formed.")
    if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise invalid("Template format error: At least one Resources member must be defined.")
    return template
