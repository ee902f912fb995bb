# SPDX-License-Identifier: Apache-2.0
"""The life of a stack: the steps of its operations, one of which each look at it brings about."""
import hashlib
import json
import time

from drift import Drift
from functions import as_text
from signature import Refused, invalid
from wanted import Wanted

STACK = "AWS::CloudFormation::Stack"
MADE = "2026-01-01T00:00:00Z"  # of all of them
UNDELETED = "Update successful. One or more resources could not be deleted."


def uuid(*parts):
    text = hashlib.sha256("/".join(parts).encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


class Operation:
    """A create or an update that is under way."""

    def __init__(self, stack, wanted, disable_rollback, drifted, deletes):
        before = stack.now.resources() if stack.now else {}
        self.wanted, self.disable_rollback, self.deletes = wanted, disable_rollback, deletes  # the stack, when it fails
        self.verb = "CREATE" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        self.after = wanted.resources()
        self.touched = [name for name in self.after if name in drifted or before.get(name) != self.after[name]]
        self.words = {name: "UPDATE" if name in before else "CREATE" for name in self.touched}
        self.removed = [name for name in before if name not in self.after]
        self.exported = stack.now.exported() if stack.now else {}
        self.waiting = [name for name in wanted.in_order() if self.kind(name) == STACK and name in self.touched]  # to begin
        self.running = []  # nested stacks at work
        for name in self.touched:
            if name in before and stack.denies(name):
                self.after[name][1]["FailWith"] = "Action denied by stack policy"

    def kind(self, name):
        return self.after[name][0]

    def said(self, name):
        """What the touched resources' properties say to this stand-in."""
        return [float(self.after[one][1][name]) for one in self.touched if name in self.after[one][1]]


class Stack(Drift):
    def __init__(self, world, account, region, name):
        self.world, self.account, self.region, self.name = world, account, region, name
        world.count += 1
        self.id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid(account, region, name, str(world.count))}"
        self.status, self.reason = "REVIEW_IN_PROGRESS", "User Initiated"
        self.change_set = None  # that was carried out last
        self.failure = ""
        self.now = None  # what is there
        self.before = self.last = None  # what was there before the operation of now, or the last one, and what that is to make
        self.tags = []
        self.role = None
        self.topics = []
        self.policy = None
        self.protected = False
        self.children = {}  # nested stacks, by logical id
        self.begun = set()  # those at which this operation, or the last, has begun
        self.undeleted = set()  # resources that the last deletion left
        self.made = {}  # resources that were made, by logical id, as the world's `resources` has them
        self.replaced = []  # by this operation: logical id, and the resource of before
        self.events = []
        self.steps = []  # what the next looks bring about, one each
        self.due = None  # when all of them are, instead
        self.ends = None  # when the last of those was
        self.names = {}  # of resources that are given one
        self.token = None
        self.asked = {}  # the token of the last CreateStack or UpdateStack
        self.event(STACK, name, "REVIEW_IN_PROGRESS", "User Initiated")

    def is_there(self):
        return self.now is not None and self.status != "DELETE_COMPLETE"

    def is_busy(self):
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def is_already(self, wanted):
        """But for its resources."""
        return (self.now is not None and self.now.outputs() == wanted.outputs() and wanted.tags in (None, self.tags) and
                wanted.topics in (None, self.topics))

    def was_asked(self, verb, token):
        """With this token, so that to be asked again means nothing."""
        return token is not None and self.asked.get(verb) == token

    def physical(self, logical):
        """The id of a resource, or what it is likely to be."""
        if logical in self.made:
            return self.made[logical].id
        return self.children[logical].id if logical in self.children else self.names.get(logical, f"{self.name}-{logical.lower()}")

    def attribute(self, logical, attribute):
        if logical in self.made and attribute in self.made[logical].attributes:
            return self.made[logical].attributes[attribute]
        if logical in self.children and self.children[logical].now:
            for output in self.children[logical].now.outputs():
                if f"Outputs.{output['OutputKey']}" == attribute:
                    return output["OutputValue"]
        return f"{self.physical(logical)}.{attribute}"

    def event(self, kind, logical, status, reason=None, physical=None):
        self.events.insert(0, {
            "StackId": self.id, "EventId": f"{logical}-{len(self.events)}", "StackName": self.name, "LogicalResourceId": logical,
            "PhysicalResourceId": physical or (self.id if kind == STACK and logical == self.name else self.physical(logical)), "ResourceType": kind,
            "Timestamp": self.world.time(), "ResourceStatus": status, "ResourceStatusReason": reason, "ClientRequestToken": self.token})

    def become(self, status, reason=None):
        self.status, self.reason = status, reason
        self.event(STACK, self.name, status, reason)

    def later(self, *calls):
        self.steps += calls

    def look(self):
        if self.due is not None and time.time() < self.due:
            return
        all_at_once, self.due = self.due is not None, None
        while self.steps:
            self.steps.pop(0)()
            if not all_at_once:
                break

    def to_the_end(self):
        """All that is still to come of it, now."""
        self.due = None
        while self.steps:
            self.look()

    def begin_import(self, wanted, token, imports):
        self.token = token
        self.become("IMPORT_IN_PROGRESS", "User Initiated")
        resources = wanted.resources()
        absent = next((one["LogicalResourceId"] for one in imports
                       if any(value.startswith("absent") for value in one["ResourceIdentifier"].values())), None)
        self.later(lambda: [self.event(resources[one["LogicalResourceId"]][0], one["LogicalResourceId"], "IMPORT_IN_PROGRESS")
                            for one in imports])
        if absent is not None:
            self.later(lambda: (self.event(resources[absent][0], absent, "IMPORT_FAILED", "Resource does not exist"),
                                self.become("IMPORT_ROLLBACK_IN_PROGRESS", f"The following resource(s) failed to import: [{absent}].")),
                       lambda: self.become("IMPORT_ROLLBACK_COMPLETE"))
            return
        self.later(lambda: self.end_import(wanted, imports))

    def end_import(self, wanted, imports):
        for one in imports:
            name = one["LogicalResourceId"]
            self.world.resources.take(self, wanted, name, next(iter(one["ResourceIdentifier"].values())))
            self.event(wanted.known[name]["Type"], name, "IMPORT_COMPLETE")
        self.end(wanted, "IMPORT_COMPLETE")

    def begin(self, wanted, token, disable_rollback, express=False, drifted=(), deletes=False):
        """Makes it so: the steps of a create or an update."""
        self.token, self.before, self.last, self.begun = token, self.now, wanted, set()
        one = Operation(self, wanted, disable_rollback, drifted, deletes)
        self.become(f"{one.verb}_IN_PROGRESS", "User Initiated")
        for name in drifted:
            self.world.resources.see(self, name)
        if one.said("Seconds"):
            self.due = self.ends = time.time() + max(one.said("Seconds"))
        if one.waiting:
            self.later(lambda: self.begin_nested(one))
        looks = 1 if express else int(max(one.said("Looks"), default=1))
        self.later(*[lambda: self.all_become("IN_PROGRESS", one)] * (looks if one.touched else 0))
        if one.waiting:
            self.later(lambda: self.follow_nested(one))
        self.later(lambda: self.finish(one))

    def all_become(self, ending, one):
        for name in one.touched:
            self.event(one.kind(name), name, f"{one.words[name]}_{ending}")

    def begin_nested(self, one):
        """Those of which all is there that they need. Whether they could be."""
        for name in list(one.waiting):
            needed = one.wanted.in_order([name])[:-1]
            if set(needed) & set(one.waiting + one.running):
                continue
            one.waiting.remove(name)
            try:
                for each in needed:
                    self.make(each, one)
                self.begin_child(name, one)
            except Refused as refused:
                self.steps.clear()
                self.fail(name, refused.args[1], one)
                return False
            one.running.append(name)
        return True

    def begin_child(self, name, one):
        properties = one.wanted.resource(name)[1]
        child = self.children.get(name) or Stack(self.world, self.account, self.region, f"{self.name}-{name}-{self.world.count}")
        given = [{"ParameterKey": key, "ParameterValue": ",".join(map(str, map(as_text, value if isinstance(value, list) else [value])))}
                 for key, value in properties.get("Parameters", {}).items()]
        form = {"TemplateURL": properties["TemplateURL"], "Parameters": given, "Capabilities": one.wanted.capabilities}
        wanted = Wanted(child, form)
        if name not in self.children:
            self.children[name] = child
            self.world.stacks.append(child)
        self.begun.add(name)
        child.begin(wanted, None, one.disable_rollback)

    def follow_nested(self, one):
        for name in list(one.running):
            child = self.children[name]
            child.look()
            if not child.steps:
                one.running.remove(name)
                if child.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                    self.steps.clear()
                    return self.fail(name, f"Embedded stack {child.id} was not successfully {one.verb.lower()}d: {child.failure}", one)
        if self.begin_nested(one) and one.running:
            self.steps.insert(0, lambda: self.follow_nested(one))

    def make(self, name, one):
        """Unless it says that it fails. Raises Refused."""
        kind, properties = one.after[name]
        if name in one.touched and "FailWith" in properties:
            raise invalid(properties["FailWith"])
        if kind != STACK:
            self.world.resources.make(self, one.wanted, name)

    def finish(self, one):
        for name in one.wanted.in_order():
            try:
                self.make(name, one)
            except Refused as refused:
                return self.fail(name, refused.args[1], one)
        self.all_become("COMPLETE", one)
        wrong = self.world.wrong_export(self, one.exported, one.wanted.exported())
        if wrong:
            return self.begin_rollback(wrong, one)
        if one.verb == "CREATE":
            return self.end(one.wanted, "CREATE_COMPLETE")
        self.end(one.wanted, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        looks = int(max(one.said("CleanupLooks"), default=1))
        self.later(*[lambda: None] * (looks - 1), lambda: self.clean_up(one))

    def clean_up(self, one):
        """What the template has no more goes, and what was replaced. That it does not is no failure of the update."""
        left = [name for name in self.in_reverse(one.removed) if not self.before.retains(name) and not self.delete_resource(name)]
        for name, made in reversed(self.replaced):
            if one.wanted.is_kept_when_replaced(name):
                self.event(made.kind, name, "DELETE_SKIPPED", physical=made.id)
            elif self.delete_made(name, made):
                self.event(made.kind, name, "DELETE_COMPLETE", physical=made.id)
            else:
                left.append(name)
        self.replaced.clear()
        self.forget(one.removed)
        self.end(one.wanted, "UPDATE_COMPLETE", UNDELETED if left else None)

    def forget(self, names):
        """What is still there of these belongs to nobody from now on."""
        for name in names:
            self.made.pop(name, None)
            self.children.pop(name, None)

    def in_reverse(self, names):
        """What needs others comes before them."""
        known = dict.fromkeys(name for one in (self.now, self.before, self.last) if one for name in one.in_order())
        return [name for name in reversed(known) if name in names]

    def denies(self, name):
        """Of a policy this knows what it says of one resource."""
        statements = json.loads(self.policy or "{}").get("Statement", [])
        return any(one["Effect"] == "Deny" and one["Resource"] == f"LogicalResourceId/{name}" for one in statements)

    def end(self, wanted, status, reason=None):
        self.now = wanted
        self.tags = wanted.tags if wanted.tags is not None else self.tags
        self.role = wanted.role or self.role
        self.topics = wanted.topics if wanted.topics is not None else self.topics
        self.become(status, reason)

    def fail(self, failed, reason, one):
        self.event(one.kind(failed), failed, f"{one.verb}_FAILED", reason)
        for name in one.touched:
            if name != failed:
                self.event(one.kind(name), name, f"{one.verb}_FAILED", "Resource creation cancelled")
        self.begin_rollback(f"The following resource(s) failed to {one.verb.lower()}: [{failed}]. ", one, failed)

    def begin_rollback(self, reason, one, failed=None):
        """Of a resource that failed, or without one."""
        self.failure = reason
        if one.disable_rollback:
            return self.become(f"{one.verb}_FAILED", self.failure)
        if one.deletes:
            return self.begin_deletion(self.token, reason=self.failure + ("Delete requested by user." if failed else ""))
        rolling = "ROLLBACK" if one.verb == "CREATE" else "UPDATE_ROLLBACK"
        self.become(f"{rolling}_IN_PROGRESS", self.failure + ("Rollback requested by user." if failed else ""))
        kind, properties = one.after.get(failed, ("", {}))
        if "FailOnRollback" in properties:
            return self.later(lambda: self.event(kind, failed, "UPDATE_FAILED", properties["FailOnRollback"]),
                              lambda: self.become(f"{rolling}_FAILED", f"The following resource(s) failed to update: [{failed}]. "))
        if one.verb == "UPDATE":
            self.later(lambda: self.become("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"))
        self.later(lambda: self.roll_back(rolling))

    def continue_rollback(self, token):
        self.token = token
        self.become("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
        self.later(lambda: self.roll_back("UPDATE_ROLLBACK"))

    def roll_back(self, rolling):
        """Resources and nested stacks become what they were before."""
        kept = self.before.in_order() if self.before else []
        new = [name for name in self.in_reverse({*self.made, *self.begun}) if name not in kept]
        gone = [name for name in new if not self.last.outlives_rollback(name)]
        left = [name for name in gone if not self.delete_resource(name)]
        while self.replaced:
            name, made = self.replaced.pop()
            if name in self.made and not self.delete_made(name, self.made[name]):
                left.append(name)
            self.made[name] = made
        for name in kept:
            try:
                if name in self.begun:
                    self.children[name].go_back()
                elif name not in self.children:
                    self.world.resources.make(self, self.before, name)
            except Refused as refused:
                self.event(self.before.known[name]["Type"], name, "UPDATE_FAILED", refused.args[1])
                left.append(name)
        self.forget(set(new) - set(gone))
        if left:
            return self.become(f"{rolling}_FAILED", f"The following resource(s) failed to roll back: [{', '.join(left)}]. ")
        self.become(f"{rolling}_COMPLETE")

    def go_back(self):
        """Of a nested stack that was updated, or has failed to be."""
        self.to_the_end()
        if self.now is not self.before:
            self.now = self.before
            self.roll_back("UPDATE_ROLLBACK")

    def vanish(self):
        """Of a nested stack: it is deleted at once. Whether all of it is gone."""
        self.to_the_end()
        if self.status != "DELETE_COMPLETE":
            self.begin_deletion(None)
            self.to_the_end()
        return self.status == "DELETE_COMPLETE"

    def begin_deletion(self, token, retained=(), reason="User Initiated"):
        self.token, rests = token, self.status
        self.become("DELETE_IN_PROGRESS", reason)
        self.later(lambda: self.delete_resources(retained, rests))

    def delete_resources(self, retained, rests):
        """Where an export of it is in use, its status is that of before again."""
        self.failure = self.world.wrong_export(self, self.now.exported() if self.now else {}, {})
        if self.failure:
            return self.become(rests, self.failure)
        there = self.now.known if self.now else {}
        failed = []
        for name in self.in_reverse({**there, **self.made, **self.children}):
            physical = self.physical(name)
            if name in there and (self.now.retains(name) or name in retained):
                self.event(there[name]["Type"], name, "DELETE_SKIPPED")
            elif not self.delete_resource(name):
                failed.append(name)
            elif name in there:
                self.event(there[name]["Type"], name, "DELETE_COMPLETE", physical=physical)
        self.undeleted = set(failed)
        if failed:
            self.failure = f"The following resource(s) failed to delete: [{', '.join(failed)}]. "
            return self.later(lambda: self.become("DELETE_FAILED", self.failure))
        self.later(lambda: self.become("DELETE_COMPLETE"))

    def delete_resource(self, name):
        """Whether it could be."""
        wanted = next(one for one in (self.now, self.before, self.last) if one and name in one.known)
        kind, properties = wanted.resource(name)
        try:
            if "FailOnDelete" in properties:
                raise invalid(properties["FailOnDelete"])
            if name in self.children and not self.children[name].vanish():
                raise invalid(f"Embedded stack {self.children[name].id} was not successfully deleted: {self.children[name].failure}")
        except Refused as refused:
            self.event(kind, name, "DELETE_FAILED", refused.args[1])
            return False
        self.children.pop(name, None)
        if name in self.made:
            return self.delete_made(name, self.made[name])
        return self.is_emptied(kind, name, self.physical(name))

    def delete_made(self, name, made):
        """A resource that was made, or one that it replaced. Whether it could be."""
        if not self.is_emptied(made.kind, name, made.id):
            return False
        try:
            self.world.resources.unmake(self, made)
        except Refused as refused:
            self.event(made.kind, name, "DELETE_FAILED", refused.args[1], made.id)
            return False
        if self.made.get(name) is made:
            del self.made[name]
        return True

    def is_emptied(self, kind, name, physical):
        if kind != "AWS::S3::Bucket" or not self.world.resources.holds_objects(self, physical):
            return True
        self.event(kind, name, "DELETE_FAILED", "The bucket you tried to delete is not empty", physical)
        return False

    def rows(self, when="LastUpdatedTimestamp"):
        """Of its resources; what tells when they were changed has different names with AWS."""
        return [{"LogicalResourceId": name, "PhysicalResourceId": self.physical(name), "ResourceType": kind["Type"],
                 "ResourceStatus": "DELETE_FAILED" if name in self.undeleted else "CREATE_COMPLETE", when: self.events[0]["Timestamp"]}
                for name, kind in (self.now.known.items() if self.now else [])]

    def description(self):
        return {"StackId": self.id, "StackName": self.name, "StackStatus": self.status, "StackStatusReason": self.reason,
                "CreationTime": MADE, "RoleARN": self.role, "ChangeSetId": self.change_set,
                "Parameters": [{"ParameterKey": key, "ParameterValue": "****" if self.now.hides(key) else value,
                                "ResolvedValue": self.now.looked_up.get(key)}
                               for key, value in (self.now.parameters.items() if self.now else [])],
                "Tags": self.tags or [], "NotificationARNs": self.topics or [], "EnableTerminationProtection": self.protected,
                "Outputs": self.now.outputs() if self.now else []}
