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
from model import faults_of, model_of  # noqa: E402
from signature import Refused  # noqa: E402

PLACE = ("111111111111", "eu-central-1")
TOPIC = {"Type": "AWS::SNS::Topic"}


class StandIn(unittest.TestCase):
    def setUp(self):
        self.objects = s3.World()
        self.world = cloudformation.World(resources.Named(self.objects))

    def deploy(self, name, template, **parameters):
        """Status, reason and outputs of the stack in the end."""
        kind = "UPDATE" if self.world.find(*PLACE, name) else "CREATE"
        change = self.world.create_change_set(*PLACE, {
            "StackName": name, "ChangeSetName": f"set-{len(self.world.sets)}", "ChangeSetType": kind, "TemplateBody": json.dumps(template),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]})["Id"]
        self.world.execute_change_set(*PLACE, {"ChangeSetName": change, "DisableRollback": "false"})
        return self.end(name)

    def end(self, name):
        for _ in range(20):
            stack = self.world.describe_stacks(*PLACE, {"StackName": name})["Stacks"][0]
        return stack["StackStatus"], stack["StackStatusReason"], {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def reasons(self, name):
        return [event["ResourceStatusReason"] for event in self.world.require(*PLACE, name).events]

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

    def test_templates_that_are_wrong(self):
        self.assert_refused({"Resources": {"T": {**TOPIC, "Properties": {"A": {"Ref": "Nobody"}}}}}, "dependencies [Nobody] in the Resources")
        self.assert_refused({"Resources": {"T": {"Properties": {}}}}, "must contain a Type")
        self.assert_refused({"Resources": {"T": {**TOPIC, "DependsOn": "U"}, "U": {**TOPIC, "DependsOn": "T"}}}, "Circular dependency")
        self.assert_refused({"Resources": {"T": {**TOPIC, "Condition": "Nothing"}}}, "condition dependency Nothing")
        self.assert_refused({"Conditions": {"No": {"Fn::Equals": [1, 2]}}, "Resources": {"T": {**TOPIC, "Condition": "No"}, "U": TOPIC},
                             "Outputs": {"O": {"Value": {"Ref": "T"}}}}, "dependencies [T] in the Outputs")
        self.assert_refused({"Resources": {"Fn::ForEach::X": ["A", ["b"], {"T${A}": TOPIC}]}}, "needs the transform")
        self.assert_refused({"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::X": ["A", "b"]}}, "layout is incorrect")

    def test_exports_in_use_stay(self):
        def exporter(*outputs):
            return {"Resources": {"T": TOPIC}, "Outputs": {name: {"Value": {"Ref": "T"}, "Export": {"Name": name}} for name in outputs}}

        self.deploy("a", exporter("x", "y"))
        self.deploy("b", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": {"Fn::Join": ["", ["x"]]}}, "Export": {"Name": "z"}}}})
        self.assertEqual(self.deploy("c", {"Resources": {"T": TOPIC}, "Outputs": {"O": {"Value": {"Fn::ImportValue": "z"}}}})[2], {"O": "a-t"})
        self.assertEqual(self.deploy("a", exporter("x"))[0], "UPDATE_COMPLETE")
        self.assertEqual(self.deploy("a", exporter())[0], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("Export x cannot be deleted as it is in use by b. Rollback requested by user.", self.reasons("a"))
        self.world.delete_stack(*PLACE, {"StackName": "a"})
        self.assertEqual(self.end("a")[0], "DELETE_FAILED")

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
class AsAws(unittest.TestCase):
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


if __name__ == "__main__":
    unittest.main()
@unittest.skipUnless(model_of("cloudformation"), "botocore is missing")
class AsMoto(unittest.TestCase):
    def test_what_is_written_in_many_ways(self):
        from moto_drift import settled

        self.assertEqual(settled('{"a": 1}'), settled({"a": "1"}))
        self.assertEqual(settled("%7B"), "%7B")
        for text in ("{{resolve:ssm:/a}}", "{ no JSON", "{"):
            self.assertEqual(settled(text), text)


