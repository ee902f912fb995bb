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
fails. CreateStack and UpdateStack do without a change set. What somebody has changed behind a stack's back is seen in moto, for the
common types (moto_drift.py); besides, the file `drift` says it, as JSON: {STACK: {RESOURCE: {PROPERTY: VALUE}}}, or
{STACK: {RESOURCE: null}} where it is gone.

Of what AWS does, and its manual does not tell:
    An export that others import can neither go nor get another value: an update fails with all its resources done, and what the
    stack itself says as it is rolled back is all that tells why. A deletion ends at once, in the status of before.
    A template with a transform is taken before it is transformed. What is wrong with it then fails the change set; here the calls
    that do without one are refused, where AWS rolls back.
    Other topics for notifications are a change, though a change set lists none. Another role is one for UpdateStack alone: nobody
    is known to have seen a change set of it.
"""
import json
from datetime import datetime, timedelta, timezone

import templates
from change_sets import IDENTIFIERS, ChangeSets
from functions import as_text, evaluated
from signature import Refused, invalid
from stack import MADE, Stack, uuid
from wanted import Wanted

PAGE = 5  # events on a page
STACKS_PAGE = 100


class World(ChangeSets):
    def __init__(self, resources):
        super().__init__()
        self.stacks = []
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

    def wrong_export(self, stack, before, after):
        """Why the exports of a stack, names to values, cannot become others: somebody imports one, or has one of that name already."""
        for name in sorted({*before, *after}):
            users = self.importers(stack.account, stack.region, name) if name in before else ()
            if users and before[name] != after.get(name):
                return f"Export {name} cannot be {'updated' if name in after else 'deleted'} as it is in use by {', '.join(users)}"
            others = [one.name for one in self.living(stack.account, stack.region) if one is not stack and name in one.now.exports()]
            if others and name not in before:
                return f"Export with name {name} is already exported by stack {others[0]}"
        return ""

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
        return {"StackSummaries": [{"StackId": stack.id, "StackName": stack.name, "StackStatus": stack.status, "CreationTime": MADE}
                                   for stack in wanted[begin:begin + STACKS_PAGE]],
                "NextToken": str(begin + STACKS_PAGE) if more else None}

    def list_stack_resources(self, account, region, form):
        return {"StackResourceSummaries": self.require(account, region, form["StackName"]).rows()}

    def describe_stack_resources(self, account, region, form):
        return {"StackResources": self.require(account, region, form["StackName"]).rows("Timestamp")}

    def get_template(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        body = "" if not stack.now else json.dumps(stack.now.template) if form.get("TemplateStage") == "Processed" else stack.now.body
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    def described(self, account, region, form):
        """A template that is sent, or that of a stack."""
        if "StackName" in form:
            return templates.read(self.require(account, region, form["StackName"]).now.body)
        return templates.read(form["TemplateBody"] if "TemplateBody" in form else self.text_at(account, region, form["TemplateURL"]))

    @staticmethod
    def declared(template):
        return [{"ParameterKey": key, "DefaultValue": one.get("Default"), "NoEcho": str(one.get("NoEcho", False)).lower() == "true"} for key, one in template.get("Parameters", {}).items()]

    def get_template_summary(self, account, region, form):
        template = self.described(account, region, form)
        resources = {}
        for name, resource in template["Resources"].items():
            if "Type" in resource:
                resources.setdefault(resource["Type"], []).append(name)
        kinds = [{**one, "ParameterType": template["Parameters"][one["ParameterKey"]].get("Type", "String")} for one in self.declared(template)]
        return {"Parameters": kinds, "Description": template.get("Description"), "ResourceTypes": list(resources),
                "ResourceIdentifierSummaries": [
                    {"ResourceType": kind, "LogicalResourceIds": names, "ResourceIdentifiers": IDENTIFIERS[kind]}
                    for kind, names in resources.items() if kind in IDENTIFIERS]}

    def validate_template(self, account, region, form):
        template = self.described(account, region, form)
        return {"Parameters": self.declared(template), "Description": template.get("Description")}

    def describe_stack_resource(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        for row in stack.rows():
            if row["LogicalResourceId"] == form["LogicalResourceId"]:
                return {"StackResourceDetail": {**row, "StackId": stack.id, "StackName": stack.name}}
        raise invalid(f"Resource {form['LogicalResourceId']} does not exist for stack {stack.name}")

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
        return {"StackDriftDetectionId": form["StackDriftDetectionId"], "StackId": detection[0].id, "Timestamp": self.time(),
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

    def create_stack(self, account, region, form):
        name, token = form["StackName"], form.get("ClientRequestToken")
        stack = self.find(account, region, name)
        if stack is not None and not stack.was_asked("create", token):
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
        if stack is None:
            if "OnFailure" in form and "DisableRollback" in form:
                raise invalid("You cannot specify both OnFailure and DisableRollback.")
            stack = Stack(self, account, region, name)
            wanted = Wanted(stack, form)
            self.stacks.append(stack)
            stack.events.clear()  # it was never under review
            stack.policy, stack.protected = form.get("StackPolicyBody"), form.get("EnableTerminationProtection") == "true"
            on_failure = form.get("OnFailure", "DO_NOTHING" if form.get("DisableRollback") == "true" else "ROLLBACK")
            stack.asked["create"] = token
            stack.begin(wanted, token, on_failure == "DO_NOTHING", deletes=on_failure == "DELETE")
        return {"StackId": stack.id}

    def update_stack(self, account, region, form):
        name, token = form["StackName"], form.get("ClientRequestToken")
        stack = self.find(account, region, name)
        if stack is None or not stack.was_asked("update", token):
            self.require_updatable(stack, name)
            wanted = Wanted(stack, form)
            same = wanted.resources() == stack.now.resources() and stack.is_already(wanted)
            if same and wanted.role in (None, stack.role):
                raise invalid("No updates are to be performed.")
            stack.policy = form.get("StackPolicyBody", stack.policy)
            stack.asked["update"] = token
            stack.begin(wanted, token, form.get("DisableRollback") == "true")
        return {"StackId": stack.id}

    @staticmethod
    def require_updatable(stack, name):
        if stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        if stack.is_busy() or stack.status in ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED", "DELETE_FAILED",
                                               "UPDATE_ROLLBACK_FAILED"):
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def delete_stack(self, account, region, form):
        stack = self.find(account, region, form["StackName"])
        if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
            return {}
        if stack.is_busy():
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        stack.begin_deletion(form.get("ClientRequestToken"), self.retained(stack, form.get("RetainResources", [])))
        return {}

    @staticmethod
    def retained(stack, names):
        """Only what could not be deleted may be left out."""
        if names and stack.status != "DELETE_FAILED":
            raise invalid(f"Invalid operation on stack [{stack.id}]. RetainResources can be specified only for stacks in the DELETE_FAILED state")
        wrong = [name for name in names if name not in stack.undeleted]
        if wrong:
            raise invalid(f"The specified resources to retain must be in a valid state: [{', '.join(wrong)}]")
        return names
