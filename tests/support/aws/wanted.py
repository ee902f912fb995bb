# SPDX-License-Identifier: Apache-2.0
"""A template with its parameters, as they are asked for."""
import functions
import serverless
import templates
from functions import as_text, evaluated
from serverless import SERVERLESS
from signature import Refused, invalid

TEMPLATE_LIMIT = 51200  # bytes of one that is sent along
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
LOOKED_UP = "AWS::SSM::Parameter::Value<"  # the type of what names a parameter of Systems Manager, and stands for its value


def as_number(text):
    """Where that is written in the same way."""
    for kind in (int, float):
        try:
            if str(kind(text)) == text:
                return kind(text)
        except ValueError:
            pass
    return text


class Unprocessed(Refused):
    """A template that was taken, and then its transforms, or what they made of it, turned out to be wrong."""


class Wanted:
    """What a stack is to be, and the scope of the functions in it."""

    def __init__(self, stack, form):
        self.stack = stack
        self.body = self.said(form)
        if len(form.get("TemplateBody", "").encode()) > TEMPLATE_LIMIT:
            raise invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint")
        self.template = templates.read(self.body)
        transforms = self.template.get("Transform", [])
        self.transforms = transforms if isinstance(transforms, list) else [transforms]
        self.tags = (form["Tags"] or []) if "Tags" in form else None  # an empty list takes all away
        self.topics = (form["NotificationARNs"] or []) if "NotificationARNs" in form else None
        self.capabilities = form.get("Capabilities", [])
        self.role = form.get("RoleARN")
        self.parameters = self.chosen(form.get("Parameters") or [])
        self.looked_up = {key: self.value_of(name) for key, name in self.parameters.items() if self.type_of(key).startswith(LOOKED_UP)}
        try:
            self.process()
        except Refused as refused:
            if self.transforms:
                raise Unprocessed(*refused.args) from None
            raise

    def process(self):
        """What follows once the template is taken."""
        self.template = self.processed()
        self.known = {name: one for name, one in self.template["Resources"].items() if self.applies(one)}
        self.require_references()
        self.in_order()
        self.require_capabilities()
        self.stack.names = {name: evaluated(one["Properties"]["BucketName"], self)
                            for name, one in self.known.items() if "BucketName" in one.get("Properties", {})}

    def said(self, form):
        """The template's text."""
        if form.get("UsePreviousTemplate") == "true" and self.stack.now:
            return self.stack.now.body
        return form["TemplateBody"] if "TemplateBody" in form else self.stack.world.text_at(
            self.stack.account, self.stack.region, form["TemplateURL"])

    def type_of(self, parameter):
        return self.template["Parameters"][parameter].get("Type", "String")

    def value_of(self, name):
        """In Systems Manager."""
        value = self.stack.world.resources.parameter(self.stack, name)
        if value is None:
            raise invalid(f"Unable to fetch parameters [{name}] from parameter store for this account.")
        return value

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
                said[key] = str(as_text(parameter["Default"]))
        missing = sorted(set(declared) - set(said))
        if missing:
            raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
        for key, value in said.items():
            allowed = declared[key].get("AllowedValues")
            if allowed and value not in [str(as_text(one)) for one in allowed]:
                raise invalid(f"Parameter '{key}' must be one of AllowedValues")
        return dict(sorted(said.items()))

    def hides(self, parameter):
        return str(self.template["Parameters"][parameter].get("NoEcho", False)).lower() == "true"

    @staticmethod
    def transformed(name, transform, *what):
        try:
            return transform(*what)
        except Refused as refused:
            raise invalid(f"Transform {name} failed with: {refused.args[1]}") from None

    def processed(self):
        """The template after its transforms."""
        template = self.template
        if LANGUAGE_EXTENSIONS in self.transforms:
            template = self.transformed(LANGUAGE_EXTENSIONS, functions.expanded, template, self)
        elif any(name.startswith(functions.FOR_EACH) for name in template["Resources"]):
            raise invalid(f"Template format error: Fn::ForEach needs the transform {LANGUAGE_EXTENSIONS}")
        if SERVERLESS in self.transforms:
            template = self.transformed(SERVERLESS, serverless.expanded, template, self.parameters, self.stack.region)
        for name, resource in template["Resources"].items():
            if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
                raise invalid(f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.")
        return template

    def applies(self, part):
        """Whether a resource or an output is there: by its condition, if it has one."""
        return "Condition" not in part or self.holds(part["Condition"])

    def is_half_known(self):
        """There are types of SAM, and nobody here who knows what the transform makes of them."""
        return SERVERLESS in self.transforms and not serverless.can_expand()

    def require_references(self):
        if self.is_half_known():
            return
        for where in ("Resources", "Outputs"):
            parts = [part for part in self.template.get(where, {}).values() if self.applies(part)]
            missing = {name for part in parts for name, _ in self.needed_by(part)
                       if name not in self.known and name not in self.parameters and not name.startswith("AWS::")}
            if missing:
                raise invalid(f"Template format error: Unresolved resource dependencies [{', '.join(sorted(missing))}] in the {where} block of the template")

    def needed_by(self, part):
        """What it names, with the branches of Fn::If that are not taken left out."""
        return functions.named_in(self.taken(part))

    def taken(self, value):
        if isinstance(value, list):
            return [self.taken(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Fn::If"}:
            condition, then, otherwise = value["Fn::If"]
            return self.taken(then if self.holds(condition) else otherwise)
        return {key: self.taken(item) for key, item in value.items()}

    def require_capabilities(self):
        resources = self.known.values()
        if any(resource["Type"].startswith("AWS::IAM::") for resource in resources):
            named = any("RoleName" in resource.get("Properties", {}) for resource in resources)
            enough = {"CAPABILITY_NAMED_IAM"} if named else {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}
            if not enough & set(self.capabilities):
                raise Refused("InsufficientCapabilitiesException", f"Requires capabilities : [{min(enough)}]")

    # The scope of functions.

    def reference(self, name):
        if name in self.parameters:
            kind = self.type_of(name).removeprefix(LOOKED_UP)
            value = self.looked_up.get(name, self.parameters[name])
            one = as_number if "Number" in kind else str
            return [one(item.strip()) for item in value.split(",")] if kind.startswith(("List<", "CommaDelimitedList")) else one(value)
        stack = self.stack
        known = {"AWS::Region": stack.region, "AWS::AccountId": stack.account, "AWS::StackName": stack.name, "AWS::StackId": stack.id,
                 "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::NotificationARNs": stack.topics,
                 "AWS::NoValue": functions.NO_VALUE}
        return known[name] if name in known else stack.physical(name)

    def attribute(self, name, attribute):
        return self.stack.attribute(name, attribute)

    def holds(self, condition):
        try:
            return evaluated(self.template["Conditions"][condition], self)
        except KeyError:
            raise invalid(f"Template error: unresolved condition dependency {condition}") from None

    def mapping(self, name):
        return self.template.get("Mappings", {})[name]

    def imported(self, name):
        return self.stack.world.imported(self.stack, name)

    # What is to be there.

    def resource(self, name):
        """Type and properties, evaluated."""
        return self.known[name]["Type"], evaluated(self.known[name].get("Properties", {}), self)

    def resources(self):
        """By logical id."""
        return {name: self.resource(name) for name in self.known}

    def policy(self, name, kind="DeletionPolicy"):
        """AWS::LanguageExtensions lets functions say it."""
        return evaluated(self.known[name].get(kind), self)

    def retains(self, name):
        return self.policy(name) in ("Retain", "RetainExceptOnCreate")

    def outlives_rollback(self, name):
        return self.policy(name) == "Retain"

    def is_kept_when_replaced(self, name):
        return self.policy(name, "UpdateReplacePolicy") in ("Retain", "RetainExceptOnCreate")

    def needs(self, name):
        """The resources that one needs."""
        resource = self.known[name]
        depends = resource.get("DependsOn", [])
        named = {needed for needed, _ in self.needed_by(serverless.own(resource))}
        return (named - set(self.parameters) | set([depends] if isinstance(depends, str) else depends)) & set(self.known)

    def in_order(self, names=None):
        """These resources, or all, and what they need before them."""
        order = []

        def add(name, above):
            if name in above:
                raise invalid(f"Circular dependency between resources: [{', '.join(sorted(above))}]")
            if name not in order:
                for needed in sorted(self.needs(name)):
                    add(needed, above | {name})
                order.append(name)

        for name in self.known if names is None else names:
            add(name, frozenset())
        return order

    def attributes_of(self, name):
        """The attributes that are named anywhere in it."""
        return sorted({attribute for of, attribute in self.needed_by([self.known, self.template.get("Outputs", {})])
                       if of == name and attribute})

    def imports(self):
        """The names of the exports of others that it uses."""
        used = [resource.get("Properties", {}) for resource in self.known.values()]
        used += [output for output in self.template.get("Outputs", {}).values() if self.applies(output)]
        return {evaluated(name, self) for name in functions.arguments_of("Fn::ImportValue", self.taken(used))}

    def exported(self):
        """Name to value of its exports."""
        return {one["ExportName"]: one["OutputValue"] for one in self.outputs() if one["ExportName"] is not None}

    def exports(self):
        """Name to output, whose value is not looked at: it may be imported itself."""
        return {evaluated(output["Export"]["Name"], self): output for output in self.template.get("Outputs", {}).values()
                if "Export" in output and self.applies(output)}

    def outputs(self):
        return [{"OutputKey": key, "OutputValue": functions.as_text(evaluated(output["Value"], self)),
                 "Description": output.get("Description"),
                 "ExportName": evaluated(output["Export"]["Name"], self) if "Export" in output else None}
                for key, output in self.template.get("Outputs", {}).items() if self.applies(output)]
