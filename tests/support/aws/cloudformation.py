# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's stacks and change sets, without resources: each look at a stack moves its operation on by one step.

A resource is made by being named, but for what its properties say to this stand-in:
    FailWith: TEXT       making or updating it fails with that reason
    FailOnRollback: TEXT and rolling that back fails, until it is continued
    FailOnDelete: TEXT   deleting it fails
    Invalid: TEXT        a change set with it fails, for that reason (which DescribeEvents tells)
    Looks: N             making it takes N looks (1)
    Seconds: N           making it takes that long, however often one looks
Things of a few types (IDENTIFIERS) can be imported; those whose identifier begins with "absent" are not there. With
DeploymentConfig.Mode EXPRESS an operation takes one look, whatever Looks says. A change set of the mode REVERT_DRIFT sees the file
`drift`, and once it is carried out that says nothing of the stack any more, but for properties named Immutable.
A stack in a stack is made of its TemplateURL, by the looks at the outer one. The file `drift` says what somebody has
changed behind its back, as JSON: {STACK: {RESOURCE: {PROPERTY: VALUE}}}, or {STACK: {RESOURCE: null}} where it is gone.
"""
import hashlib
import json
import pathlib
import re
import time
from datetime import datetime, timedelta, timezone

import templates
from signature import Refused

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
INVALID = ("The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation "
           "errors, use the DescribeEvents API for detailed failure information.")
IDENTIFIERS = {"AWS::S3::Bucket": ["BucketName"], "AWS::SNS::Topic": ["TopicArn"], "AWS::ApiGateway::Resource": ["RestApiId", "ResourceId"]}
PAGE = 5  # events on a page
STACKS_PAGE = 100


def digest(*parts):
    return hashlib.sha256("/".join(parts).encode()).hexdigest()


def uuid(*parts):
    text = digest(*parts)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def invalid(message):
    return Refused("ValidationError", message)


def evaluated(value, stack, parameters):
    if isinstance(value, list):
        return [evaluated(item, stack, parameters) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), = value.items()
        if name == "Ref":
            return stack.reference(argument, parameters)
        if name == "Fn::GetAtt":
            logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return f"{stack.reference(logical, parameters)}.{attribute}"
        if name == "Fn::Sub":
            if isinstance(argument, list):
                own = evaluated(argument[1], stack, parameters)
                argument = re.sub(r"\$\{(\w+)\}", lambda found: str(own.get(found[1], found[0])), argument[0])
            return re.sub(r"\$\{([A-Za-z0-9:.]+)\}", lambda found: str(
                evaluated({"Fn::GetAtt": found[1]} if "." in found[1] else {"Ref": found[1]}, stack, parameters)), argument)
        if name == "Fn::ImportValue":
            return stack.world.imported(stack, evaluated(argument, stack, parameters))
        if name == "Fn::Join":
            return argument[0].join(str(evaluated(item, stack, parameters)) for item in argument[1])
    return {key: evaluated(item, stack, parameters) for key, item in value.items()}


class Wanted:
    """A template with its parameters, as they are asked for."""

    def __init__(self, stack, form):
        self.stack = stack
        try:
            self.body = form["TemplateBody"] if "TemplateBody" in form else stack.world.object_at(form["TemplateURL"])
            if len(self.body.encode()) > 51200 and "TemplateURL" not in form:
                raise invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint")
            self.template = templates.read(self.body)
        except ValueError:
            raise invalid("Template format error: JSON or YAML not well-formed.") from None
        if not isinstance(self.template.get("Resources"), dict) or not self.template["Resources"]:
            raise invalid("Template format error: At least one Resources member must be defined.")
        self.tags = (form["Tags"] or []) if "Tags" in form else None  # an empty list takes all away
        self.topics = (form["NotificationARNs"] or []) if "NotificationARNs" in form else None
        self.capabilities = form.get("Capabilities", [])
        self.role = form.get("RoleARN")
        self.parameters = self.chosen(form.get("Parameters") or [])
        stack.names = {name: evaluated(one["Properties"]["BucketName"], stack, self.parameters)
                       for name, one in self.template["Resources"].items() if "BucketName" in one.get("Properties", {})}
        self.require_capabilities()

    def chosen(self, given):
        declared = self.template.get("Parameters", {})
        said = {}
        for one in given:
            key = one["ParameterKey"]
            if key not in declared:
                raise invalid(f"Parameters: [{key}] do not exist in the template")
            previous = one.get("UsePreviousValue") == "true"
            before = self.stack.now.parameters if self.stack.now else {}
            if previous and key not in before:
                raise invalid(f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter key not in the previous template")
            said[key] = before[key] if previous else one["ParameterValue"]
        for key, parameter in declared.items():
            if key not in said and "Default" in parameter:
                said[key] = str(parameter["Default"])
        missing = sorted(set(declared) - set(said))
        if missing:
            raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
        for key, value in said.items():
            allowed = declared[key].get("AllowedValues")
            if allowed and value not in map(str, allowed):
                raise invalid(f"Parameter '{key}' must be one of AllowedValues")
        return dict(sorted(said.items()))

    def require_capabilities(self):
        resources = self.template["Resources"].values()
        if any(resource["Type"].startswith("AWS::IAM::") for resource in resources):
            named = any("RoleName" in resource.get("Properties", {}) for resource in resources)
            enough = {"CAPABILITY_NAMED_IAM"} if named else {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}
            if not enough & set(self.capabilities):
                raise Refused("InsufficientCapabilitiesException", f"Requires capabilities : [{min(enough)}]")

    def resources(self):
        """By logical id: type and properties, evaluated."""
        return {name: (resource["Type"], evaluated(resource.get("Properties", {}), self.stack, self.parameters))
                for name, resource in self.template["Resources"].items()}

    def outputs(self):
        return [{"OutputKey": key, "OutputValue": evaluated(output["Value"], self.stack, self.parameters),
                 "Description": output.get("Description"),
                 "ExportName": evaluated(output["Export"]["Name"], self.stack, self.parameters) if "Export" in output else None}
                for key, output in self.template.get("Outputs", {}).items()]


def changes_between(before, after):
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
        replacement = {"Modify": "True" if before.get(name, [""])[0] != kind else "False"}.get(action)
        changes.append({"Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": name, "ResourceType": kind, "Replacement": replacement,
            "PhysicalResourceId": None if action == "Add" else f"{name.lower()}-physical"}})
    return changes


class Stack:
    def __init__(self, world, account, region, name):
        self.world, self.account, self.region, self.name = world, account, region, name
        world.count += 1
        self.id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid(account, region, name, str(world.count))}"
        self.status, self.reason = "REVIEW_IN_PROGRESS", "User Initiated"
        self.now = None  # what is there
        self.tags = []
        self.role = None
        self.topics = []
        self.policy = None
        self.protected = False
        self.children = {}  # nested stacks, by logical id
        self.events = []
        self.steps = []  # what the next looks bring about, one each
        self.due = None  # when all of them are, instead
        self.ends = None  # when the last of those was
        self.names = {}  # of resources that are given one
        self.token = None
        self.tokens = {}
        self.event("AWS::CloudFormation::Stack", name, "REVIEW_IN_PROGRESS", "User Initiated")

    def reference(self, name, parameters):
        known = {"AWS::Region": self.region, "AWS::AccountId": self.account, "AWS::StackName": self.name,
                 "AWS::StackId": self.id, **self.names, **parameters}
        return known.get(name, f"{self.name}-{name.lower()}")

    def physical(self, logical, kind, properties):
        return properties.get("BucketName", f"{self.name}-{logical.lower()}") if kind == "AWS::S3::Bucket" else f"{self.name}-{logical.lower()}"

    def event(self, kind, logical, status, reason=None):
        physical = self.id if logical == self.name else self.children[logical].id if logical in self.children else \
            f"{self.name}-{logical.lower()}"
        self.events.insert(0, {
            "StackId": self.id, "EventId": f"{logical}-{len(self.events)}", "StackName": self.name, "LogicalResourceId": logical,
            "PhysicalResourceId": physical, "ResourceType": kind, "Timestamp": self.world.time(),
            "ResourceStatus": status, "ResourceStatusReason": reason, "ClientRequestToken": self.token})

    def become(self, status, reason=None):
        self.status, self.reason = status, reason
        self.event("AWS::CloudFormation::Stack", self.name, status, reason)

    def later(self, *calls):
        self.steps += calls

    def look(self):
        if self.due is not None and time.time() < self.due:
            return
        for _ in range(len(self.steps) if self.due is not None else min(1, len(self.steps))):
            self.steps.pop(0)()
        self.due = None

    def begin_import(self, wanted, token, imports):
        self.token = token
        self.become("IMPORT_IN_PROGRESS", "User Initiated")
        resources = wanted.resources()
        absent = next((one["LogicalResourceId"] for one in imports
                       if any(entry["value"].startswith("absent") for entry in one["ResourceIdentifier"].values())), None)
        self.later(lambda: [self.event(resources[one["LogicalResourceId"]][0], one["LogicalResourceId"], "IMPORT_IN_PROGRESS")
                            for one in imports])
        if absent is not None:
            self.later(lambda: (self.event(resources[absent][0], absent, "IMPORT_FAILED", "Resource does not exist"),
                                self.become("IMPORT_ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to import: [{absent}].")),
                       lambda: self.become("IMPORT_ROLLBACK_COMPLETE"))
            return
        self.later(lambda: ([self.event(resources[one["LogicalResourceId"]][0], one["LogicalResourceId"], "IMPORT_COMPLETE")
                             for one in imports], self.end(wanted, "IMPORT_COMPLETE")))

    def begin(self, wanted, token, disable_rollback, express=False, drifted=()):
        """Makes it so: the steps of a create or an update."""
        self.token = token
        before = {name: resource for name, resource in (self.now.resources() if self.now else {}).items() if name not in drifted}
        after = wanted.resources()
        verb = "CREATE" if self.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        self.become(f"{verb}_IN_PROGRESS", "User Initiated")
        touched = [name for name in after if before.get(name) != after[name]]
        denied = [name for name in touched if name in before and self.denies(name)]
        for name in denied:
            after[name][1]["FailWith"] = "Action denied by stack policy"
        seconds = [float(after[name][1]["Seconds"]) for name in touched if "Seconds" in after[name][1]]
        if seconds:
            self.due = self.ends = time.time() + max(seconds)
        failed = next((name for name in touched if "FailWith" in after[name][1]), None)
        words = {name: "UPDATE" if name in before or name in drifted else "CREATE" for name in touched}

        def all_become(ending):
            for name in touched:
                if ending == "IN_PROGRESS" or name != failed:
                    self.event(after[name][0], name, f"{words[name]}_{ending}")

        nested = [name for name in touched if after[name][0] == "AWS::CloudFormation::Stack"]
        if nested:
            self.later(lambda: self.begin_nested({name: after[name][1] for name in nested}, disable_rollback))
        looks = max([1 if express else int(after[name][1].get("Looks", 1)) for name in touched] or [0])
        self.later(*[lambda: all_become("IN_PROGRESS")] * looks)
        if nested:
            self.later(lambda: self.follow_nested(nested, verb, touched, after, disable_rollback))
        if failed is not None:
            return self.later(lambda: self.fail(verb, touched, failed, after, disable_rollback))
        if verb == "UPDATE":
            self.later(lambda: (all_become("COMPLETE"), self.become("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")))
            self.later(lambda: self.end(wanted, "UPDATE_COMPLETE"))
        else:
            self.later(lambda: (all_become("COMPLETE"), self.end(wanted, "CREATE_COMPLETE")))

    def begin_nested(self, wanted, disable_rollback):
        for name, properties in wanted.items():
            child = self.children.get(name)
            if child is None:
                child = self.children[name] = Stack(self.world, self.account, self.region, f"{self.name}-{name}-{self.world.count}")
                self.world.stacks.append(child)
            given = [{"ParameterKey": key, "ParameterValue": value} for key, value in properties.get("Parameters", {}).items()]
            child.begin(Wanted(child, {"TemplateURL": properties["TemplateURL"], "Parameters": given}), None, disable_rollback)

    def follow_nested(self, names, verb, touched, after, disable_rollback):
        for name in names:
            self.children[name].look()
        if any(self.children[name].steps for name in names):
            return self.steps.insert(0, lambda: self.follow_nested(names, verb, touched, after, disable_rollback))
        for name in names:
            child = self.children[name]
            if child.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                self.steps.clear()
                after[name][1]["FailWith"] = f"Embedded stack {child.id} was not successfully {verb.lower()}d: {child.failure}"
                return self.fail(verb, touched, name, after, disable_rollback)

    def denies(self, name):
        """Of a policy this knows what it says of one resource."""
        statements = json.loads(self.policy or "{}").get("Statement", [])
        return any(one["Effect"] == "Deny" and one["Resource"] == f"LogicalResourceId/{name}" for one in statements)

    def end(self, wanted, status):
        self.now = wanted
        self.tags = wanted.tags if wanted.tags is not None else self.tags
        self.role = wanted.role or self.role
        self.topics = wanted.topics if wanted.topics is not None else self.topics
        self.become(status)

    def fail(self, verb, touched, failed, after, disable_rollback):
        kind, properties = after[failed]
        self.event(kind, failed, f"{verb}_FAILED", properties["FailWith"])
        for name in touched:
            if name != failed:
                self.event(after[name][0], name, f"{verb}_FAILED", "Resource creation cancelled")
        self.failure = f"The following resource(s) failed to {verb.lower()}: [{failed}]. "
        if disable_rollback:
            return self.become(f"{verb}_FAILED", self.failure)
        rolling = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        self.become(f"{rolling}_IN_PROGRESS", self.failure + "Rollback requested by user.")
        if "FailOnRollback" in properties:
            return self.later(lambda: self.event(kind, failed, "UPDATE_FAILED", properties["FailOnRollback"]),
                              lambda: self.become(f"{rolling}_FAILED", f"The following resource(s) failed to update: [{failed}]. "))
        if verb == "UPDATE":
            self.later(lambda: self.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"))
        self.later(lambda: self.become(f"{rolling}_COMPLETE"))

    def begin_deletion(self, token):
        self.token = token
        self.become("DELETE_IN_PROGRESS", "User Initiated")
        resources = self.now.resources() if self.now else {}
        retained = {name for name in resources if self.now.template["Resources"][name].get("DeletionPolicy") == "Retain"}
        reasons = {name: properties.get("FailOnDelete") for name, (_, properties) in resources.items()}
        for name, (kind, properties) in resources.items():
            if name not in retained and kind == "AWS::S3::Bucket" and self.world.s3.in_bucket(self.physical(name, kind, properties)):
                reasons[name] = "The bucket you tried to delete is not empty"
        failed = next((name for name, reason in reasons.items() if reason), None)

        def all_go():
            for name, (kind, _) in resources.items():
                status = "DELETE_SKIPPED" if name in retained else "DELETE_FAILED" if name == failed else "DELETE_COMPLETE"
                self.event(kind, name, status, reasons[failed] if name == failed else None)

        self.later(all_go)
        if failed is not None:
            return self.later(lambda: self.become("DELETE_FAILED", f"The following resource(s) failed to delete: [{failed}]. "))
        self.later(lambda: ([child.become("DELETE_COMPLETE") for child in self.children.values()], self.become("DELETE_COMPLETE")))

    def changed(self):
        """What the file `drift` says of it: by resource."""
        file = pathlib.Path("drift")
        return json.loads(file.read_text()).get(self.name, {}) if file.exists() else {}

    def revert(self):
        file = pathlib.Path("drift")
        if file.exists():
            of_all = json.loads(file.read_text())
            stays = {name: {key: value for key, value in properties.items() if key == "Immutable"}
                     for name, properties in of_all.pop(self.name, {}).items() if properties}
            file.write_text(json.dumps({**of_all, self.name: {name: left for name, left in stays.items() if left}}))

    def drifts(self):
        """The same, as DescribeStackResourceDrifts has it."""
        changed = self.changed()
        for name, (kind, expected) in self.now.resources().items():
            drift = {"StackId": self.id, "LogicalResourceId": name, "ResourceType": kind, "StackResourceDriftStatus": "IN_SYNC"}
            if name in changed and changed[name] is None:
                drift["StackResourceDriftStatus"] = "DELETED"
            elif name in changed:
                drift["StackResourceDriftStatus"] = "MODIFIED"
                drift["PropertyDifferences"] = [
                    {"PropertyPath": f"/{key}", "ExpectedValue": expected.get(key), "ActualValue": value,
                     "DifferenceType": "ADD" if key not in expected else "REMOVE" if value is None else "NOT_EQUAL"}
                    for key, value in changed[name].items()]
            yield drift

    def description(self):
        complete = self.now is not None
        declared = self.now.template.get("Parameters", {}) if complete else {}
        return {"StackId": self.id, "StackName": self.name, "StackStatus": self.status, "StackStatusReason": self.reason,
                "CreationTime": "2026-01-01T00:00:00Z", "RoleARN": self.role,
                "Parameters": [{"ParameterKey": key, "ParameterValue": "****" if declared[key].get("NoEcho") else value}
                               for key, value in (self.now.parameters.items() if complete else [])],
                "Tags": self.tags or [], "NotificationARNs": self.topics or [], "EnableTerminationProtection": self.protected,
                "Outputs": self.now.outputs() if complete else []}


class World:
    def __init__(self, s3):
        self.stacks = []
        self.sets = {}  # by ARN
        self.s3 = s3
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

    def object_at(self, url):
        path = "/" + url.split("/", 3)[3]
        text = self.s3.text(path)
        if text is None:
            raise invalid("S3 error: The specified key does not exist.")
        return text

    def exports(self, stack):
        """By name: those of the living stacks beside this one."""
        return {output["ExportName"]: output["OutputValue"] for one in self.living(stack) for output in one.now.outputs()
                if output["ExportName"]}

    def living(self, stack):
        return [one for one in self.stacks if (one.account, one.region) == (stack.account, stack.region) and
                one.now and one.status != "DELETE_COMPLETE"]

    def imported(self, stack, name):
        exports = self.exports(stack)
        if name not in exports:
            raise invalid(f"No export named {name} found")
        return exports[name]

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
        stack = self.require(account, region, form["StackName"])
        rows = stack.now.resources().items() if stack.now else []
        return {"StackResourceSummaries": [
            {"LogicalResourceId": name, "ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE",
             "PhysicalResourceId": stack.physical(name, kind, properties)} for name, (kind, properties) in rows]}

    def get_template(self, account, region, form):
        stack = self.require(account, region, form["StackName"])
        return {"TemplateBody": stack.now.body if stack.now else "", "StagesAvailable": ["Original"]}

    def get_template_summary(self, account, region, form):
        template = templates.read(form["TemplateBody"] if "TemplateBody" in form else self.object_at(form["TemplateURL"]))
        resources = {}
        for name, resource in template["Resources"].items():
            resources.setdefault(resource["Type"], []).append(name)
        return {"ResourceIdentifierSummaries": [
            {"ResourceType": kind, "LogicalResourceIds": names, "ResourceIdentifiers": IDENTIFIERS[kind]}
            for kind, names in resources.items() if kind in IDENTIFIERS]}

    def list_imports(self, account, region, form):
        name = form["ExportName"]
        users = [stack.name for stack in self.stacks if (stack.account, stack.region) == (account, region) and stack.now and
                 stack.status != "DELETE_COMPLETE" and f'{{"Fn::ImportValue": "{name}"}}' in json.dumps(stack.now.template)]
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
        stack.token = form.get("ClientRequestToken")
        stack.become("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        stack.later(lambda: stack.become("UPDATE_ROLLBACK_COMPLETE"))
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
        changes = changes_between(before, wanted.resources())
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
