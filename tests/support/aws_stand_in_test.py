#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stand-in for CloudFormation must know templates as AWS does, or tests that pass with it say nothing."""
import json
import pathlib
import re
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).with_name("aws")))
import cloudformation  # noqa: E402
import resources  # noqa: E402
import s3  # noqa: E402
import serverless  # noqa: E402
import templates  # noqa: E402
from model import faults_of, model_of  # noqa: E402
from signature import Refused  # noqa: E402

PLACE = ("111111111111", "eu-central-1")
TOPIC = {"Type": "AWS::SNS::Topic"}


class WithStacks(unittest.TestCase):
    def setUp(self):
        self.objects = s3.World()
        self.world = cloudformation.World(resources.Named(self.objects))

    def propose(self, name, template, parameters=(), **form):
        """The change set: its id, its status and the reason for it."""
        stack = self.world.find(*PLACE, name)
        kind = "UPDATE" if stack and stack.now else "CREATE"
        change = self.world.create_change_set(*PLACE, {
            "StackName": name, "ChangeSetName": f"set-{len(self.world.sets)}", "ChangeSetType": kind,
            "TemplateBody": template if isinstance(template, str) else json.dumps(template),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in dict(parameters).items()], **form})["Id"]
        said = [self.world.describe_change_set(*PLACE, {"ChangeSetName": change}) for _ in range(2)][-1]
        return change, said["Status"], said["StatusReason"]

    def deploy(self, name, template, **parameters):
        """Status, reason and outputs of the stack in the end."""
        self.world.execute_change_set(*PLACE, {"ChangeSetName": self.propose(name, template, parameters)[0], "DisableRollback": "false"})
        return self.end(name)

    def delete(self, name):
        """Its status in the end."""
        stack = self.world.find(*PLACE, name).id
        self.world.delete_stack(*PLACE, {"StackName": name})
        return self.end(stack)[0]

    def end(self, name):
        for _ in range(20):
            stack = self.world.describe_stacks(*PLACE, {"StackName": name})["Stacks"][0]
        return stack["StackStatus"], stack["StackStatusReason"], {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def reasons(self, name):
        return [event["ResourceStatusReason"] for event in self.world.require(*PLACE, name).events]


class StandIn(WithStacks):
    def assert_refused(self, template, message):
        with self.assertRaises(Refused) as refused:
            self.deploy("refused", template)
        self.assertIn(message, refused.exception.args[1])

    def test_functions(self):
        values = {"All": {"Fn::Join": ["+", {"Ref": "List"}]},
                  "Sub": {"Fn::Sub": ["${A}/${AWS::Region}/${!A}/${T}", {"A": {"Ref": "AWS::AccountId"}}]},
                  "Map": {"Fn::FindInMap": ["M", "a", "b"]}, "Select": {"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]},
                  "Cidr": {"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", 2, 8]}]}, "Base64": {"Fn::Base64": "a"},
                  "If": {"Fn::If": ["Both", "yes", {"Ref": "Absent"}]}}
        outputs = {name: {"Value": value} for name, value in values.items()}
        template = {"Parameters": {"List": {"Type": "CommaDelimitedList"}, "One": {"Type": "Number", "Default": 1},
                                   "Version": {"Type": "Number", "Default": "1.10"}}, "Mappings": {"M": {"a": {"b": "c"}}},
                    "Conditions": {"One": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]}, "Other": {"Fn::Not": [{"Condition": "Both"}]},
                                   "Both": {"Fn::And": [{"Condition": "One"}, {"Fn::Equals": ["a", "a"]}]}},
                    "Resources": {"T": {**TOPIC, "Properties": {"A": {"Fn::If": ["Both", {"Ref": "AWS::NoValue"}, 1]},
                                                                "B": [{"Ref": "AWS::NoValue"}, {"Ref": "One"}, {"Ref": "Version"}]}},
                                  "U": {**TOPIC, "Condition": "Other"}},
                    "Outputs": {**outputs, "None": {"Condition": "Other", "Value": {"Ref": "U"}}}}
        self.assertEqual(self.deploy("f", template, List="a, b")[2], {
            "All": "a+b", "Sub": "111111111111/eu-central-1/${A}/f-t", "Map": "c", "Select": "b", "Cidr": "10.0.1.0/24",
            "Base64": "YQ==", "If": "yes"})
        self.assertEqual(self.world.require(*PLACE, "f").now.resources(), {"T": ("AWS::SNS::Topic", {"B": [1, "1.10"]})})

    def test_for_each(self):
        inner = {"Fn::ForEach::Y": ["B", ["d-1", "e"], {"T${A}&{B}": {**TOPIC, "Properties": {"N": {"Fn::Sub": "${A}-${B}"}}}}]}
        template = {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", ["b", "c"], inner]}}
        self.deploy("e", template)
        self.assertEqual({name: properties["N"] for name, (_, properties) in self.world.require(*PLACE, "e").now.resources().items()},
                         {"Tbd1": "b-d-1", "Tbe": "b-e", "Tcd1": "c-d-1", "Tce": "c-e"})

    def test_for_each_names_by_functions(self):
        value = {"Fn::GetAtt": [{"Fn::Sub": "T${A}"}, {"Ref": "B"}]}
        template = {"Transform": "AWS::LanguageExtensions",
                    "Resources": {"Fn::ForEach::X": ["A", ["b"], {"T${A}": {**TOPIC, "DeletionPolicy": {"Fn::Sub": "Retain"}}}]},
                    "Outputs": {"Fn::ForEach::X": ["A", ["b"], {"Fn::ForEach::Y": ["B", ["Arn"], {"O${A}${B}": {"Value": value}}]}],
                                "R": {"Value": {"Ref": {"Fn::Sub": "Tb"}}}}}
        self.assertEqual(self.deploy("e", template)[2], {"ObArn": "e-tb.Arn", "R": "e-tb"})
        self.assertTrue(self.world.require(*PLACE, "e").now.retains("Tb"))

    def test_templates_of_sam(self):
        function = {"Type": "AWS::Serverless::Function", "Properties": {
            "InlineCode": "x", "Handler": "i.h", "Runtime": "python3.12", "Events": {"Get": {"Type": "Api", "Properties": {
                "RestApiId": {"Ref": "Api"}, "Path": "/", "Method": "get"}}}}}
        api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "p", "Variables": {"F": {"Ref": "F"}}}}
        template = {"Transform": serverless.SERVERLESS, "Resources": {"F": function, "Api": api},
                    "Outputs": {"Role": {"Value": {"Fn::GetAtt": ["FRole", "Arn"]}}}}

        def propose():
            return self.propose("sam", template, Capabilities=["CAPABILITY_IAM"])[1:]

        module = serverless.MODULE
        self.addCleanup(setattr, serverless, "MODULE", module)
        for name in (module, ""):  # whatever knows what SAM stands for, or nothing
            serverless.MODULE = name
            self.world.sets.clear()
            self.assertEqual(propose(), ("CREATE_COMPLETE", None))
            self.assertEqual(any("FRole" in one["wanted"].known for one in self.world.sets.values()), serverless.can_expand())
        serverless.MODULE = module
        self.world.execute_change_set(*PLACE, {"ChangeSetName": next(iter(self.world.sets)), "DisableRollback": "false"})
        self.end("sam")
        self.assertEqual(propose()[0], "CREATE_COMPLETE" if serverless.can_expand() else "FAILED")  # that was made as it is written
        if serverless.can_expand():
            template["Outputs"]["Role"]["Value"] = {"Ref": "Nobody"}
            self.assertIn("dependencies [Nobody] in the Outputs", propose()[1])
            del function["Properties"]["Handler"]
            status, reason = propose()
            self.assertEqual(status, "FAILED")
            self.assertIn(f"Transform {serverless.SERVERLESS} failed with: Invalid Serverless Application Specification document. ", reason)
            self.assertIn("Resource with id [F] is invalid", reason)

    def test_templates_that_are_wrong(self):
        self.assert_refused({"Resources": {"T": {**TOPIC, "Properties": {"A": {"Ref": "Nobody"}}}}}, "dependencies [Nobody] in the Resources")
        self.assert_refused({"Resources": {"T": {"Properties": {}}}}, "must contain a Type")
        self.assert_refused({"Resources": {"T": {**TOPIC, "DependsOn": "U"}, "U": {**TOPIC, "DependsOn": "T"}}}, "Circular dependency")
        self.assert_refused({"Resources": {"T": {**TOPIC, "Condition": "Nothing"}}}, "condition dependency Nothing")
        self.assert_refused({"Conditions": {"No": {"Fn::Equals": [1, 2]}}, "Resources": {"T": {**TOPIC, "Condition": "No"}, "U": TOPIC},
                             "Outputs": {"O": {"Value": {"Ref": "T"}}}}, "dependencies [T] in the Outputs")
        self.assert_refused({"Resources": {"Fn::ForEach::X": ["A", ["b"], {"T${A}": TOPIC}]}}, "needs the transform")
        for value, message in (({"Fn::GetAtt": [{"Fn::Sub": "T"}, "Arn"]}, "every Fn::GetAtt object"), ({"Ref": {"Fn::Sub": "T"}}, "Every Ref object")):
            self.assert_refused({"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": value}}}, message)

    def test_what_a_transform_cannot_do_fails_the_change_set(self):
        change, *said = self.propose("t", {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", "b"]}})
        self.assertEqual(said, ["FAILED", "Transform AWS::LanguageExtensions failed with: Template error: Fn::ForEach::X layout is incorrect"])
        with self.assertRaisesRegex(Refused, "cannot be executed in its current status of .FAILED"):
            self.world.execute_change_set(*PLACE, {"ChangeSetName": change, "DisableRollback": "false"})
        unresolved = {"Transform": "AWS::LanguageExtensions", "Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Ref": "Nobody"}}}}
        self.assertIn("dependencies [Nobody] in the Outputs", self.propose("t", unresolved)[2])
        good = {"Transform": "AWS::LanguageExtensions", "Resources": {"T": TOPIC}}
        self.deploy("g", good)
        self.assertEqual(self.propose("g", good)[1:], ("FAILED", "No updates are to be performed."))

    def test_booleans_are_true_and_false(self):
        template = """
            Parameters: {On: {Type: String, AllowedValues: [true, false], Default: true}, Yes: {Type: String, Default: no}}
            Resources: {T: {Type: AWS::SNS::Topic}}
            Outputs: {On: {Value: !Ref On}, Yes: {Value: !Ref Yes}}"""
        self.assertEqual(self.deploy("b", template)[2], {"On": "true", "Yes": "false"})
        self.assertEqual(self.deploy("b", template, On="false")[2], {"On": "false", "Yes": "false"})
        with self.assertRaisesRegex(Refused, "'On' must be one of AllowedValues"):
            self.propose("b", template, {"On": "False"})

    def test_of_two_keys_that_are_one_the_last_counts(self):
        for text in ("Resources: {T: {Type: A}, T: {Type: B}}", '{"Resources": {"T": {"Type": "A"}, "T": {"Type": "B"}}}'):
            self.assertEqual(templates.read(text)["Resources"], {"T": {"Type": "B"}})
        self.assertEqual(list(templates.read("Resources: {yes: 1, 200: 2, 2012-10-17: 3}")["Resources"]), ["yes", "200", "2012-10-17"])

    def test_exports_in_use_stay(self):
        def exporter(*outputs):
            return {"Resources": {"T": TOPIC}, "Outputs": {name: {"Value": {"Ref": "T"}, "Export": {"Name": name}} for name in outputs}}

        self.deploy("a", exporter("x", "y"))
        self.deploy("b", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": {"Fn::Join": ["", ["x"]]}}, "Export": {"Name": "z"}}}})
        self.assertEqual(self.deploy("c", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": "z"}}}})[2], {"O": "a-t"})
        self.assertEqual(self.deploy("a", exporter("x"))[0], "UPDATE_COMPLETE")
        self.assertEqual(self.deploy("a", exporter())[0], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("Export x cannot be deleted as it is in use by b", self.reasons("a"))
        self.assertEqual(self.delete("a"), "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.reasons("a")[0], "Export x cannot be deleted as it is in use by b")
        self.assertEqual(self.deploy("d", exporter("x"))[0], "ROLLBACK_COMPLETE")
        self.assertIn("Export with name x is already exported by stack a", self.reasons("d"))
        self.delete("c"), self.delete("b")
        self.assertEqual(self.delete("a"), "DELETE_COMPLETE")

    def test_an_export_that_changes_by_a_parameter(self):
        export = {"Condition": "On", "Value": {"Ref": "Value"}, "Export": {"Name": {"Fn::Sub": "x-${Name}"}}}
        template = {"Parameters": {name: {"Type": "String", "Default": "a"} for name in ("Name", "Value", "On")},
                    "Conditions": {"On": {"Fn::Equals": [{"Ref": "On"}, "a"]}}, "Resources": {"T": TOPIC}, "Outputs": {"O": export}}
        self.deploy("a", template)
        self.deploy("b", {"Resources": {"T": {**TOPIC, "Properties": {"DisplayName": {"Fn::ImportValue": "x-a"}}}}})
        for change, what in (("Name", "deleted"), ("On", "deleted"), ("Value", "updated")):
            self.world.require(*PLACE, "a").events.clear()
            self.assertEqual(self.deploy("a", template, **{change: "b"})[0], "UPDATE_ROLLBACK_COMPLETE")
            events = self.world.require(*PLACE, "a").events
            self.assertEqual([event["ResourceStatus"] for event in events if event["ResourceStatusReason"] not in (None, "User Initiated")],
                             ["UPDATE_ROLLBACK_IN_PROGRESS"])
            self.assertIn(f"Export x-a cannot be {what} as it is in use by b", self.reasons("a"))
            self.assertEqual(self.world.list_exports(*PLACE, {})["Exports"][0]["Value"], "a")

    def test_topics_and_role_alone(self):
        template = {"Resources": {"T": TOPIC}}
        topics, role = ["arn:aws:sns:eu-central-1:111111111111:t"], "arn:aws:iam::111111111111:role/r"
        self.deploy("s", template)
        change, status, _ = self.propose("s", template, NotificationARNs=topics)
        self.assertEqual(status, "CREATE_COMPLETE")
        self.world.execute_change_set(*PLACE, {"ChangeSetName": change, "DisableRollback": "false"})
        self.assertEqual(self.end("s")[0], "UPDATE_COMPLETE")
        self.assertEqual(self.propose("s", template, NotificationARNs=topics)[1], "FAILED")
        self.assertIn("didn't contain changes", self.propose("s", template, RoleARN=role)[2])
        for form in ({"NotificationARNs": []}, {"RoleARN": role}):
            form = {"StackName": "s", "UsePreviousTemplate": "true", **form}
            self.world.update_stack(*PLACE, form)
            self.assertEqual(self.end("s")[0], "UPDATE_COMPLETE")
            with self.assertRaisesRegex(Refused, "No updates are to be performed."):
                self.world.update_stack(*PLACE, form)
        stack = self.world.require(*PLACE, "s").description()
        self.assertEqual((stack["NotificationARNs"], stack["RoleARN"]), ([], role))

    def test_nested_stacks(self):
        self.objects.all["/t/in"] = s3.Object(json.dumps({
            "Parameters": {"P": {"Type": "String"}}, "Resources": {"T": TOPIC},
            "Outputs": {"O": {"Value": {"Fn::Sub": "${P}-${T}"}}}}).encode(), {})

        def child(url, **parameters):
            return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": f"https://s3/t/{url}", "Parameters": parameters}}

        template = {"Resources": {"B": child("in", P={"Fn::GetAtt": ["A", "Outputs.O"]}), "A": child("in", P="p")},
                    "Outputs": {"O": {"Value": {"Fn::GetAtt": "B.Outputs.O"}}}}
        status, _, outputs = self.deploy("n", template)
        self.assertEqual(status, "CREATE_COMPLETE")
        self.assertRegex(outputs["O"], r"^p-n-A-\d+-t-n-B-\d+-t$")
        template["Resources"]["C"] = child("absent", P="q")
        self.assertEqual(self.deploy("n", template)[0], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("S3 error: The specified key does not exist.", self.reasons("n"))
        template["Resources"]["C"] = child("in")
        self.assertEqual(self.deploy("n", template)[0], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("Parameters: [P] must have values", self.reasons("n"))

    def test_nested_stacks_go_before_what_they_need(self):
        for name, template in {"out": {"Resources": {"T": TOPIC}, "Outputs": {"N": {"Value": {"Ref": "AWS::StackName"}}, "O": {
                "Value": {"Ref": "T"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-x"}}}}}, "in": {
                    "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String", "AllowedValues": ["true"]}},
                    "Resources": {"T": {**TOPIC, "Properties": {"A": {"Fn::ImportValue": {"Fn::Sub": "${P}-x"}}}}}}}.items():
            self.objects.all[f"/t/{name}"] = s3.Object(json.dumps(template).encode(), {})
        stack = {"Type": "AWS::CloudFormation::Stack"}
        parameters = {"P": {"Fn::GetAtt": ["Out", "Outputs.N"]}, "Q": True}
        self.assertEqual(self.deploy("n", {"Resources": {
            "Out": {**stack, "Properties": {"TemplateURL": "https://s3/t/out"}},
            "In": {**stack, "Properties": {"TemplateURL": "https://s3/t/in", "Parameters": parameters}}}})[0], "CREATE_COMPLETE")
        self.deploy("user", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": next(
            one["Name"] for one in self.world.list_exports(*PLACE, {})["Exports"])}}}})
        self.assertEqual(self.delete("n"), "DELETE_FAILED")
        self.assertRegex(str(self.reasons("n")), "Embedded stack .* was not successfully deleted: Export .* in use by user")
        self.delete("user")
        self.assertEqual(self.delete("n"), "DELETE_COMPLETE")

    def test_without_change_sets(self):
        def template(**properties):
            return json.dumps({"Resources": {"T": {**TOPIC, "Properties": properties}}})

        def ask(action, **form):
            return getattr(self.world, action)(*PLACE, {"StackName": "s", "TemplateBody": template(A=1), **form})["StackId"]

        made = ask("create_stack", ClientRequestToken="one")
        self.assertEqual(ask("create_stack", ClientRequestToken="one"), made)
        for action, message in (("create_stack", "Stack [s] already exists"), ("update_stack", "CREATE_IN_PROGRESS state")):
            with self.assertRaisesRegex(Refused, re.escape(message)):
                ask(action, ClientRequestToken="two")
        self.assertEqual(self.end("s")[0], "CREATE_COMPLETE")
        self.assertNotIn("REVIEW_IN_PROGRESS", [event["ResourceStatus"] for event in self.world.require(*PLACE, "s").events])
        for form in ({}, {"UsePreviousTemplate": "true"}):
            with self.assertRaisesRegex(Refused, "No updates are to be performed."):
                ask("update_stack", **form)
        self.assertEqual(ask("update_stack", TemplateBody=template(A=2)), made)
        self.assertEqual(self.end("s")[0], "UPDATE_COMPLETE")
        ask("update_stack", TemplateBody=template(FailWith="no"), DisableRollback="true")
        self.assertEqual(self.end("s")[0], "UPDATE_FAILED")
        for how, status in (("ROLLBACK", "ROLLBACK_COMPLETE"), ("DO_NOTHING", "CREATE_FAILED"), ("DELETE", "DELETE_COMPLETE")):
            gone = ask("create_stack", StackName=how, OnFailure=how, TemplateBody=template(FailWith="no"))
            self.assertEqual(self.end(gone)[0], status)

    def test_a_cleanup_that_lasts(self):
        self.deploy("s", {"Resources": {"T": TOPIC}})
        status, _, _ = self.deploy("s", {"Resources": {"T": {**TOPIC, "Properties": {"CleanupLooks": 1000}}}})
        self.assertEqual(status, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")

    def test_what_an_update_leaves_is_forgotten(self):
        made = {"Kept": {**TOPIC, "DeletionPolicy": "Retain"}, "Stuck": {**TOPIC, "Properties": {"FailOnDelete": "in use"}}, "T": TOPIC}
        self.deploy("s", {"Resources": made})
        stack = self.world.require(*PLACE, "s")
        stack.made = {name: types.SimpleNamespace(id=name, attributes={}) for name in made}  # as with moto
        status, reason, _ = self.deploy("s", {"Resources": {"T": TOPIC}})
        self.assertEqual((status, reason), ("UPDATE_COMPLETE", "Update successful. One or more resources could not be deleted."))
        self.assertEqual(list(stack.made), ["T"])


@unittest.skipUnless(model_of("cloudformation"), "the models of AWS are missing: pip install botocore")
class AsAws(WithStacks):
    def test_what_nothing_here_asks_for_is_answered_in_order(self):
        output = {"O": {"Value": {"Ref": "P"}, "Export": {"Name": "x"}}}
        template = {"Description": "d", "Parameters": {"P": {"Type": "String", "NoEcho": True, "Default": 1}}, "Resources": {"T": TOPIC},
                    "Outputs": output}
        self.deploy("s", template)
        self.deploy("user", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": "x"}}}})
        change = self.propose("s", template)[0]
        asked = {"describe_stacks": {}, "list_stacks": {}, "list_exports": {}, "list_imports": {"ExportName": "x"},
                 "describe_change_set": {"ChangeSetName": change}, "describe_stack_resource": {"LogicalResourceId": "T"},
                 "validate_template": {"TemplateBody": json.dumps(template)}, "get_template_summary": {}, "get_template": {},
                 "describe_stack_resources": {}, "list_stack_resources": {}, "describe_stack_events": {}, "list_change_sets": {},
                 "get_stack_policy": {}, "describe_stack_resource_drifts": {}, "detect_stack_drift": {},
                 "update_termination_protection": {"EnableTerminationProtection": "true"}}
        for name, form in asked.items():
            answer = getattr(self.world, name)(*PLACE, form if "TemplateBody" in form else {"StackName": "s", **form})
            self.assertEqual(self.faults(name.title().replace("_", ""), "output", **answer), "", name)

    def faults(self, action, side="input", **value):
        return "; ".join(faults_of(side, "cloudformation", action, value))

    def test_calls_and_answers_that_are_in_order(self):
        self.assertEqual("", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", ChangeSetType="UPDATE", Capabilities="",
                                         Tags=[{"Key": "k", "Value": "v"}], IncludeNestedStacks="true"))
        self.assertEqual("", self.faults("DescribeStacks", "output", Stacks=[], NextToken=None))

    def test_what_is_wrong_is_told(self):
        self.assertIn("it has no ChangeSetName", self.faults("CreateChangeSet", StackName="a"))
        self.assertIn("it has a Stack, which there is not", self.faults("DescribeStacks", Stack="a"))
        self.assertIn("Tags[] has no Value", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", Tags=[{"Key": "k"}]))
        self.assertIn("ChangeSetType is 'REMOVE', none of", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", ChangeSetType="REMOVE"))
        self.assertIn("ChangeSetName is '1b', not as", self.faults("CreateChangeSet", StackName="a", ChangeSetName="1b"))
        self.assertIn("ClientToken has 0, not 1 to 128", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", ClientToken=""))
        self.assertIn("IncludeNestedStacks is 'yes', no boolean", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", IncludeNestedStacks="yes"))
        self.assertIn("Tags is no list", self.faults("CreateChangeSet", StackName="a", ChangeSetName="b", Tags="k"))
        self.assertIn("cloudformation has no MakeStack", self.faults("MakeStack"))
        self.assertIn("Stacks[] has no StackName", self.faults("DescribeStacks", "output", Stacks=[{"StackStatus": "CREATE_COMPLETE"}]))


@unittest.skipUnless(model_of("cloudformation"), "botocore is missing")
class AsMoto(unittest.TestCase):
    def test_what_is_written_in_many_ways(self):
        from moto_drift import settled

        self.assertEqual(settled('{"a": 1}'), settled({"a": "1"}))
        self.assertEqual(settled("%7B"), "%7B")
        for text in ("{{resolve:ssm:/a}}", "{ no JSON", "{"):
            self.assertEqual(settled(text), text)


if __name__ == "__main__":
    unittest.main()
