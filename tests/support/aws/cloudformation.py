# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's stacks and change sets: each look at a stack moves its operation on by one step (stack.py).

Parameters, conditions, mappings, functions and Fn::ForEach are evaluated as AWS does it (wanted.py, functions.py). Of what a
resource is made, resources.py says; without moto it is made by being named. Properties tell this stand-in more of it:
    FailWith: TEXT       making or updating it fails with that reason
    FailOnRollback: TEXT and rolling that back fails, until it is continued
    FailOnDelete: TEXT   deleting it fails; with an update that is left without it, the update succeeds
    Invalid: TEXT        a change set with it fails, for that reason (which DescribeEvents tells)
    Looks: N             making it takes N looks (1)
    CleanupLooks: N      after an update with it UPDATE_COMPLETE_CLEANUP_IN_PROGRESS lasts N looks (1): many are a stuck cleanup
    Seconds: N           making it takes that long, however often one looks
Things of a few types (IDENTIFIERS) can be imported; those whose identifier begins with "absent" are not there. With
DeploymentConfig.Mode EXPRESS an operation takes one look, whatever Looks says. A change set of the mode REVERT_DRIFT sees the file
`drift`, and once it is carried out that says nothing of the stack any more, but for properties named Immutable.
A stack in a stack is made of its TemplateURL, by the looks at the outer one; where that cannot be begun, or fails, the outer one
fails. An export that others import can neither be deleted nor left out. The file `drift` says what somebody has
changed behind a stack's back, as JSON: {STACK: {RESOURCE: {PROPERTY: VALUE}}}, or {STACK: {RESOURCE: null}} where it is gone.
"""
import json
from datetime import datetime, timedelta, timezone

import templates
from functions import as_text, evaluated
from signature import Refused, invalid
from stack import Stack, uuid
from wanted import Wanted

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
INVALID = ("The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation "
           "errors, use the DescribeEvents API for detailed failure information.")
IDENTIFIERS = {"AWS::S3::Bucket": ["BucketName"], "AWS::SNS::Topic": ["TopicArn"], "AWS::ApiGateway::Resource": ["RestApiId", "ResourceId"]}
PAGE = 5  # events on a page
STACKS_PAGE = 100


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


class World:
    def __init__(self, resources):
        self.stacks = []
        self.sets = {}  # by ARN
        self.resources = resources
        self.count = 0
        self.now = datetime.now(timezone.utc)
        self.detections = {}  # by id: the stack, and how many looks are left

    def time(self):
        """No two things happen at once."""
        self.now = max(datetime.now(timezone.utc), self.now + timedelta(milliseconds=1))
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def history(self):
        """By name: how many stacks were made, how many are there, how many operations they saw but their deletion."""
        all_of = {}
        for stack in self.stacks:
            entry = all_of.setdefault(stack.name, {"made": 0, "living": 0, "operations": 0, "id": "", "places": []})
            entry["made"] += 1
            entry["id"] = stack.id
            entry["ends"] = stack.ends
            entry["places"] += [f"{stack.account} {stack.region}"] if stack.status != "DELETE_COMPLETE" else []
            entry["sent"] = [stack.now.parameters, stack.now.template, stack.tags] if stack.now else []
            entry["living"] += stack.status != "DELETE_COMPLETE"
            entry["operations"] += sum(event["ResourceType"] == "AWS::CloudFormation::Stack" and
                                       event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
                                       for event in stack.events)
        return all_of

    def text_at(self, account, region, url):
        text = self.resources.object_at(account, region, "/" + url.split("/", 3)[3])
        if text is None:
            raise invalid("S3 error: The specified key does not exist.")
        return text

    def living(self, account, region):
        """The stacks that have something in them."""
        return [stack for stack in self.stacks if (stack.account, stack.region) == (account, region) and stack.is_there()]

    def imported(self, stack, name):
        for one in self.living(stack.account, stack.region):
            exports = one.now.exports()
            if name in exports:
                return as_text(evaluated(exports[name]["Value"], one.now))
        raise invalid(f"No export named {name} found")

    def importers(self, account, region, name):
        """The names of the stacks that import it."""
        return [stack.name for stack in self.living(account, region) if name in stack.now.imports()]

    def find(self, account, region, name):
        """By id, or the living one of that name."""
        for stack in reversed(self.stacks):
            if (stack.account, stack.region) == (account, region) and (
                    stack.id == name or (stack.name == name and stack.status != "DELETE_COMPLETE")):
                return stack
        return None

    def require(self, account, region, name):
        stack = self.find(account, region, name)
        if stack is None:
            raise invalid(f"Stack with id {name} does not exist")
        return stack

    def describe_stacks(self, account, region, form):
        if "StackName" in form:
            looked_at = [self.require(account, region, form["StackName"])]
        else:
            looked_at = [stack for stack in self.stacks
                         if (stack.account, stack.region) == (account, region) and stack.status != "DELETE_COMPLETE"]
        begin = int(form.get("NextToken", 0))
        page = looked_at[begin:begin + STACKS_PAGE]
        for stack in page:
            stack.look()
        more = begin + STACKS_PAGE < len(looked_at)
        return {"Stacks": [stack.description() for stack in page], "NextToken": str(begin + STACKS_PAGE) if more else None}

    def list_stacks(self, account, region, form):
        """As DescribeStacks, of some statuses."""
        all_of = [stack for stack in self.stacks if (stack.account, stack.region) == (account, region)]
        for stack in all_of:
            stack.look()
        wanted = [stack for stack in all_of if stack.status in form.get("StackStatusFilter", [stack.status])]
        begin = int(form.get("NextToken", 0))
        more = begin + STACKS_PAGE < len(wanted)
        return {"StackSummaries": [{"StackId": stack.id, "StackName": stack.name, "StackStatus": stack.status}
                                   for stack in wanted[begin:begin + STACKS_PAGE]],
                "NextToken": str(begin + STACKS_PAGE) if more else None}

    def list_stack_resources(self, account, region, form):
        return {"StackResourceSummaries": self.require(account, region, form["StackName"]).rows()}

    def describe_stack_resources(self, account, region, form):
        return {"StackResources": self.require(account, region, form["StackName"]).rows()}

    def get_template(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        body = "" if not stack.now else json.dumps(stack.now.template) if form.get("TemplateStage") == "Processed" else stack.now.body
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, account, region, form):
        template = templates.read(form["TemplateBody"] if "TemplateBody" in form else self.text_at(account, region, form["TemplateURL"]))
        resources = {}
        for name, resource in template["Resources"].items():
            if "Type" in resource:
                resources.setdefault(resource["Type"], []).append(name)
        return {"ResourceIdentifierSummaries": [
            {"ResourceType": kind, "LogicalResourceIds": names, "ResourceIdentifiers": IDENTIFIERS[kind]}
            for kind, names in resources.items() if kind in IDENTIFIERS]}

    def list_exports(self, account, region, form):
        return {"Exports": [{"ExportingStackId": stack.id, "Name": output["ExportName"], "Value": output["OutputValue"]}
                            for stack in self.living(account, region) for output in stack.now.outputs() if output["ExportName"]]}

    def list_imports(self, account, region, form):
        name = form["ExportName"]
        users = self.importers(account, region, name)
        if not users:
            raise invalid(f"Export '{name}' is not imported by any stack.")
        return {"Imports": users}

    def set_stack_policy(self, account, region, form):
        json.loads(form["StackPolicyBody"])
        self.require(account, region, form["StackName"]).policy = form["StackPolicyBody"]
        return {}

    def get_stack_policy(self, account, region, form):
        return {"StackPolicyBody": self.require(account, region, form["StackName"]).policy}

    def update_termination_protection(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        stack.protected = form["EnableTerminationProtection"] == "true"
        return {"StackId": stack.id}

    def detect_stack_drift(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        if stack.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"):
            raise invalid(f"Drift detection cannot be performed on stack [{stack.id}] while in stack state {stack.status}.")
        detection = uuid(stack.id, str(len(self.detections)))
        self.detections[detection] = [stack, 2]
        return {"StackDriftDetectionId": detection}

    def describe_stack_drift_detection_status(self, account, region, form):
        detection = self.detections[form["StackDriftDetectionId"]]
        detection[1] -= 1
        return {"StackDriftDetectionId": form["StackDriftDetectionId"], "StackId": detection[0].id,
                "DetectionStatus": "DETECTION_IN_PROGRESS" if detection[1] > 0 else "DETECTION_COMPLETE"}

    def describe_stack_resource_drifts(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        wanted = form.get("StackResourceDriftStatusFilters", [])
        drifts = [drift for drift in stack.drifts() if not wanted or drift["StackResourceDriftStatus"] in wanted]
        begin = int(form.get("NextToken", 0))
        return {"StackResourceDrifts": drifts[begin:begin + 1], "NextToken": str(begin + 1) if begin + 1 < len(drifts) else None}

    def continue_update_rollback(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be continued.")
        stack.continue_rollback(form.get("ClientRequestToken"))
        return {}

    def describe_stack_events(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        begin = int(form.get("NextToken", 0))
        end = begin + PAGE
        return {"StackEvents": stack.events[begin:end], "NextToken": str(end) if end < len(stack.events) else None}

    def create_change_set(self, account, region, form):
        name, kind = form["StackName"], form.get("ChangeSetType", "UPDATE")
        stack = self.find(account, region, name)
        for arn, known in self.sets.items():
            if known["token"] == form.get("ClientToken") and known["token"] and known["stack"].name == name:
                return {"Id": arn, "StackId": known["stack"].id}
        if kind == "CREATE" and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists and cannot be created again with the changeSet")
        if kind == "UPDATE" and stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        if kind == "UPDATE" and stack.status in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED", "DELETE_FAILED"):
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        if stack is not None and stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        reverts = form.get("DeploymentMode") == "REVERT_DRIFT"
        if reverts and (kind != "UPDATE" or form.get("IncludeNestedStacks") == "true"):
            raise invalid("DeploymentMode REVERT_DRIFT is not supported with this ChangeSetType or with IncludeNestedStacks")
        config = form.get("DeploymentConfig", {})
        if config.get("Mode") == "EXPRESS" and "DisableRollback" not in config:
            raise invalid("this test wants to be told whether an express operation is rolled back")
        fresh = stack is None
        stack = stack or Stack(self, account, region, name)
        wanted = Wanted(stack, form)
        if fresh:
            self.stacks.append(stack)
        arn = f"arn:aws:cloudformation:{region}:{account}:changeSet/{form['ChangeSetName']}/{uuid(stack.id, form['ChangeSetName'])}"
        before = stack.now.resources() if stack.now else {}
        if kind == "IMPORT":
            self.judge_import(stack, wanted, form)
        changes = changes_between(before, wanted.resources(), self.resources.stays)
        if kind == "IMPORT":
            for change in changes:
                change["ResourceChange"]["Action"] = "Import"
        drifted = self.drift_to_revert(stack, wanted, changes) if reverts else []
        same = not changes and stack.now is not None and stack.now.outputs() == wanted.outputs() and (
            wanted.tags is None or wanted.tags == stack.tags)
        self.sets[arn] = {"kind": kind, "imports": form.get("ResourcesToImport"), "express": config.get("Mode") == "EXPRESS",
                          "reverts": reverts, "drifted": drifted, "stack": stack, "name": form["ChangeSetName"], "wanted": wanted, "changes": changes, "same": same,
                          "looks": 1, "executed": None, "token": form.get("ClientToken")}
        return {"Id": arn, "StackId": stack.id}

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
            told = sorted(entry["key"] for entry in one["ResourceIdentifier"]["entry"].values())
            one["ResourceIdentifier"] = one["ResourceIdentifier"]["entry"]
            if "DeletionPolicy" not in resource:
                raise invalid(f"Resources [{one['LogicalResourceId']}] is missing DeletionPolicy attribute in template")
            if told != sorted(IDENTIFIERS[resource["Type"]]) or one["ResourceType"] != resource["Type"]:
                raise invalid("Invalid resource identifiers")

    @staticmethod
    def drift_to_revert(stack, wanted, changes):
        """Adds what drifted to the changes; the names of the resources."""
        reverted = [name for name, properties in stack.changed().items()
                    if name in wanted.resources() and (properties is None or set(properties) - {"Immutable"})]
        known = {change["ResourceChange"]["LogicalResourceId"] for change in changes}
        for name in sorted(set(reverted) - known):
            changes.append({"Type": "Resource", "ResourceChange": {
                "Action": "Modify" if stack.changed()[name] else "Add", "LogicalResourceId": name,
                "ResourceType": wanted.resources()[name][0], "ResourceDriftStatus": "MODIFIED" if stack.changed()[name] else "DELETED"}})
        return reverted

    def change_set(self, form):
        if form["ChangeSetName"] not in self.sets:
            raise Refused("ChangeSetNotFound", f"ChangeSet [{form['ChangeSetName']}] does not exist")
        return self.sets[form["ChangeSetName"]]

    def describe_change_set(self, account, region, form):
        one = self.change_set(form)
        busy = one["looks"] > 0
        one["looks"] -= 1
        invalid = self.invalid(one)
        status = "CREATE_IN_PROGRESS" if busy else "FAILED" if one["same"] or invalid else "CREATE_COMPLETE"
        return {"ChangeSetName": one["name"], "ChangeSetId": form["ChangeSetName"], "StackId": one["stack"].id,
                "StackName": one["stack"].name, "Status": status,
                "StatusReason": None if status != "FAILED" else INVALID if invalid else NO_CHANGES,
                "ExecutionStatus": "AVAILABLE" if status == "CREATE_COMPLETE" and not one["executed"] else "UNAVAILABLE",
                "Changes": [] if busy else one["changes"]}

    @staticmethod
    def invalid(one):
        """The mistakes of its resources: logical id, type, reason."""
        return [(name, kind, properties["Invalid"]) for name, (kind, properties) in one["wanted"].resources().items()
                if properties.get("Invalid")]

    def describe_events(self, account, region, form):
        """Of a change set only, and only what failed."""
        if form.get("Filters", {}).get("FailedEvents") != "true":
            raise invalid("this test wants to hear of failures only")
        return {"OperationEvents": [
            {"EventType": "VALIDATION_ERROR", "LogicalResourceId": name, "ResourceType": kind, "ValidationFailureMode": "FAIL",
             "ValidationName": "AWS::EarlyValidation::PropertyValidation", "ValidationStatus": "FAILED",
             "ValidationStatusReason": reason, "ValidationPath": f"/Resources/{name}/Properties/Invalid"}
            for name, kind, reason in self.invalid(self.change_set(form))]}

    def execute_change_set(self, account, region, form):
        one = self.change_set(form)
        token = form.get("ClientRequestToken")
        if one["executed"]:
            if one["executed"] == token:
                return {}
            raise Refused("InvalidChangeSetStatus", "ChangeSet cannot be executed in its current status")
        if "DisableRollback" not in form:
            raise invalid("DisableRollback has to be said")
        status = one["stack"].status
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack:{one['stack'].id} is in {status} state and can not be updated.")
        one["executed"] = token or "nobody"
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

    def delete_stack(self, account, region, form):
        stack = self.find(account, region, form["StackName"])
        if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
            return {}
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        stack.begin_deletion(form.get("ClientRequestToken"))
        return {}
