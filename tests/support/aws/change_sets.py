# SPDX-License-Identifier: Apache-2.0
"""Change sets: what they say would change, and how they are carried out."""
from signature import Refused, invalid
from stack import Stack, uuid
from wanted import Unprocessed, Wanted

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
NO_CHANGES_BY_TRANSFORMS = "No updates are to be performed."
INVALID = ("The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation "
           "errors, use the DescribeEvents API for detailed failure information.")
IDENTIFIERS = {"AWS::S3::Bucket": ["BucketName"], "AWS::SNS::Topic": ["TopicArn"], "AWS::ApiGateway::Resource": ["RestApiId", "ResourceId"]}


def changes_between(before, after, stays):
    """`stays` says whether one becomes the other in place: see resources.py."""
    changes = []
    for name in sorted(set(before) | set(after)):
        if name not in before:
            action, kind = "Add", after[name][0]
        elif name not in after:
            action, kind = "Remove", before[name][0]
        elif before[name] != after[name]:
            action, kind = "Modify", after[name][0]
        else:
            continue
        replacement = None if action != "Modify" else "False" if stays(*before[name], *after[name]) else "True"
        changes.append({"Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": name, "ResourceType": kind, "Replacement": replacement,
            "PhysicalResourceId": None if action == "Add" else f"{name.lower()}-physical"}})
    return changes


class ChangeSets:
    """A part of cloudformation.World."""

    def __init__(self):
        self.sets = {}  # by ARN

    def create_change_set(self, account, region, form):
        name, kind = form["StackName"], form.get("ChangeSetType", "UPDATE")
        stack = self.find(account, region, name)
        for arn, known in self.sets.items():
            if known["token"] == form.get("ClientToken") and known["token"] and known["stack"].name == name:
                return {"Id": arn, "StackId": known["stack"].id}
        if kind == "CREATE" and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists and cannot be created again with the changeSet")
        if kind == "UPDATE":
            self.require_updatable(stack, name)
        elif stack is not None and stack.is_busy():
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        reverts = form.get("DeploymentMode") == "REVERT_DRIFT"
        if reverts and (kind != "UPDATE" or form.get("IncludeNestedStacks") == "true"):
            raise invalid("DeploymentMode REVERT_DRIFT is not supported with this ChangeSetType or with IncludeNestedStacks")
        config = form.get("DeploymentConfig", {})
        if config.get("Mode") == "EXPRESS" and "DisableRollback" not in config:
            raise invalid("this test wants to be told whether an express operation is rolled back")
        fresh = stack is None
        stack = stack or Stack(self, account, region, name)
        content = self.content(stack, form, kind, reverts)
        if fresh:
            self.stacks.append(stack)
        arn = f"arn:aws:cloudformation:{region}:{account}:changeSet/{form['ChangeSetName']}/{uuid(stack.id, form['ChangeSetName'])}"
        self.sets[arn] = {**content, "kind": kind, "imports": form.get("ResourcesToImport"), "express": config.get("Mode") == "EXPRESS",
                          "reverts": reverts, "stack": stack, "name": form["ChangeSetName"], "looks": 1, "executed": None,
                          "token": form.get("ClientToken")}
        return {"Id": arn, "StackId": stack.id}

    def content(self, stack, form, kind, reverts):
        """What is to be, what changes for that, and why it fails, if it does."""
        try:
            wanted = Wanted(stack, form)
        except Unprocessed as failed:
            return {"wanted": None, "changes": [], "drifted": [], "mistakes": [], "failure": failed.args[1]}
        before = stack.now.resources() if stack.now else {}
        if kind == "IMPORT":
            self.judge_import(stack, wanted, form)
        changes = changes_between(before, wanted.resources(), self.resources.stays)
        if kind == "IMPORT":
            for change in changes:
                change["ResourceChange"]["Action"] = "Import"
        drifted = self.drift_to_revert(stack, wanted, changes) if reverts else []
        mistakes = [(name, made, properties["Invalid"]) for name, (made, properties) in wanted.resources().items()
                    if properties.get("Invalid")]
        nothing = NO_CHANGES_BY_TRANSFORMS if wanted.transforms else NO_CHANGES
        failure = INVALID if mistakes else nothing if not changes and stack.is_already(wanted) else ""
        return {"wanted": wanted, "changes": changes, "drifted": drifted, "mistakes": mistakes, "failure": failure}

    @staticmethod
    def judge_import(stack, wanted, form):
        """Nothing else may change, and what is imported is retained."""
        names = {one["LogicalResourceId"] for one in form["ResourcesToImport"]}
        before = stack.now.resources() if stack.now else {}
        if {name: resource for name, resource in wanted.resources().items() if name not in names} != before:
            raise invalid("As part of the import operation, you cannot modify or add [Resources]")
        if (wanted.outputs() or []) != (stack.now.outputs() if stack.now else []):
            raise invalid("As part of the import operation, you cannot modify or add [Outputs]")
        for one in form["ResourcesToImport"]:
            resource = wanted.template["Resources"][one["LogicalResourceId"]]
            told = sorted(one["ResourceIdentifier"])
            if "DeletionPolicy" not in resource:
                raise invalid(f"Resources [{one['LogicalResourceId']}] is missing DeletionPolicy attribute in template")
            if told != sorted(IDENTIFIERS[resource["Type"]]) or one["ResourceType"] != resource["Type"]:
                raise invalid("Invalid resource identifiers")

    @staticmethod
    def drift_to_revert(stack, wanted, changes):
        """Adds what drifted to the changes; the names of the resources."""
        changed = stack.changed()
        reverted = [name for name, properties in changed.items()
                    if name in wanted.resources() and (properties is None or set(properties) - {"Immutable"})]
        known = {change["ResourceChange"]["LogicalResourceId"] for change in changes}
        for name in sorted(set(reverted) - known):
            changes.append({"Type": "Resource", "ResourceChange": {
                "Action": "Modify" if changed[name] else "Add", "LogicalResourceId": name,
                "ResourceType": wanted.resources()[name][0], "ResourceDriftStatus": "MODIFIED" if changed[name] else "DELETED"}})
        return reverted

    def change_set(self, form):
        return self.sets[self.change_set_id(form)]

    def change_set_id(self, form):
        """By its ARN, or by its name and that of its stack."""
        told, stack = form["ChangeSetName"], form.get("StackName")
        for arn, one in self.sets.items():
            if told == arn or (told == one["name"] and stack in (one["stack"].id, one["stack"].name)):
                return arn
        raise Refused("ChangeSetNotFound", f"ChangeSet [{told}] does not exist")

    def describe_change_set(self, account, region, form):
        one = self.change_set(form)
        busy = one["looks"] > 0
        one["looks"] -= 1
        status = "CREATE_IN_PROGRESS" if busy else "FAILED" if one["failure"] else "CREATE_COMPLETE"
        return {"ChangeSetName": one["name"], "ChangeSetId": self.change_set_id(form), "StackId": one["stack"].id,
                "StackName": one["stack"].name, "Status": status,
                "StatusReason": one["failure"] if status == "FAILED" else None,
                "ExecutionStatus": "AVAILABLE" if status == "CREATE_COMPLETE" and not one["executed"] else "UNAVAILABLE",
                "Changes": [] if busy else one["changes"]}

    def describe_events(self, account, region, form):
        """Of a change set only, and only what failed."""
        if form.get("Filters", {}).get("FailedEvents") != "true":
            raise invalid("this test wants to hear of failures only")
        return {"OperationEvents": [
            {"EventType": "VALIDATION_ERROR", "LogicalResourceId": name, "ResourceType": kind, "ValidationFailureMode": "FAIL",
             "ValidationName": "AWS::EarlyValidation::PropertyValidation", "ValidationStatus": "FAILED",
             "ValidationStatusReason": reason, "ValidationPath": f"/Resources/{name}/Properties/Invalid"}
            for name, kind, reason in self.change_set(form)["mistakes"]]}

    def execute_change_set(self, account, region, form):
        one = self.change_set(form)
        token = form.get("ClientRequestToken")
        if one["executed"]:
            if one["executed"] == token:
                return {}
            raise Refused("InvalidChangeSetStatus", "ChangeSet cannot be executed in its current status")
        if one["failure"]:
            raise Refused("InvalidChangeSetStatus", f"ChangeSet [{one['name']}] cannot be executed in its current status of [FAILED]")
        if "DisableRollback" not in form:
            raise invalid("DisableRollback has to be said")
        if one["stack"].is_busy():
            raise invalid(f"Stack:{one['stack'].id} is in {one['stack'].status} state and can not be updated.")
        one["executed"] = token or "nobody"
        one["stack"].change_set = self.change_set_id(form)
        if one["kind"] == "IMPORT":
            one["stack"].begin_import(one["wanted"], token, one["imports"])
            return {}
        one["stack"].begin(one["wanted"], token, form["DisableRollback"] == "true", one["express"], one["drifted"])
        if one["reverts"]:
            one["stack"].revert()
        return {}

    def list_change_sets(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        return {"Summaries": [{"ChangeSetId": arn, "ChangeSetName": one["name"]} for arn, one in self.sets.items()
                              if one["stack"] is stack]}

    def delete_change_set(self, account, region, form):
        self.sets.pop(form["ChangeSetName"], None)
        return {}
