# SPDX-License-Identifier: Apache-2.0
"""What others have changed about a stack's resources: as the file `drift` has it, and as they are where they were made."""
import json
import pathlib

FILE = pathlib.Path("drift")


def of_all():
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def differences(path, expected, actual):
    """As PropertyDifferences has them."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [one for key in sorted({*expected, *actual}) for one in differences(f"{path}/{key}", expected.get(key), actual.get(key))]
    if expected == actual:
        return []
    return [{"PropertyPath": path, "ExpectedValue": told(expected), "ActualValue": told(actual),
             "DifferenceType": "ADD" if expected is None else "REMOVE" if actual is None else "NOT_EQUAL"}]


def told(value):
    return value if isinstance(value, str) else json.dumps(value)  # AWS says "null", too


class Drift:
    """A part of stack.Stack."""

    def changed(self):
        """By resource, the properties that are others now, or None where it is gone."""
        seen = {name: self.world.resources.difference(self, made) for name, made in self.made.items()}
        return {**{name: properties for name, properties in seen.items() if properties != {}}, **of_all().get(self.name, {})}

    def revert(self):
        if FILE.exists():
            rest = of_all()
            stays = {name: {key: value for key, value in properties.items() if key == "Immutable"}
                     for name, properties in rest.pop(self.name, {}).items() if properties}
            FILE.write_text(json.dumps({**rest, self.name: {name: left for name, left in stays.items() if left}}))

    def drifts(self):
        """What changed, as DescribeStackResourceDrifts has it."""
        changed = self.changed()
        for name, (kind, expected) in self.now.resources().items():
            drift = {"StackId": self.id, "LogicalResourceId": name, "PhysicalResourceId": self.physical(name), "ResourceType": kind,
                     "StackResourceDriftStatus": "IN_SYNC", "Timestamp": self.world.time()}
            if name in changed and changed[name] is None:
                drift["StackResourceDriftStatus"] = "DELETED"
            elif name in changed:
                drift["StackResourceDriftStatus"] = "MODIFIED"
                drift["PropertyDifferences"] = [one for key, value in changed[name].items()
                                                for one in differences(f"/{key}", expected.get(key), value)]
            yield drift
