#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Templates in the manner of public samples (aws_templates), deployed into moto through the stand-in for CloudFormation, and
looked at with boto3: after the first deployment and one without a change, after an update, after an update that fails, and
after all is deleted.

usage: aws_resources.py VERBA

A case is a template at one of these moments. Prints 'N passed, N failed, N skipped'; skips loudly where moto is not installed.
"""

import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from seeds import Checked, check

HERE = pathlib.Path(__file__).resolve().parent
NEEDED = ("moto", "boto3", "yaml")
REGION = "eu-central-1"
KEY = {"AWS_ACCESS_KEY_ID": "AKIDDEPLOYER", "AWS_SECRET_ACCESS_KEY": "deployer-secret"}


def with_moto():
    """Goes on in the Python that has moto, where that is another one. Whether there is one."""
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return True
    server = shutil.which("moto_server")
    if server and "/shims/" in server:
        server = subprocess.run(["pyenv", "which", "moto_server"], capture_output=True, text=True, check=False).stdout.strip()
    if not server or "AWS_RESOURCES_AGAIN" in os.environ:
        return False
    python = pathlib.Path(server).read_text().partition("\n")[0].removeprefix("#!")
    os.execve(python, [python, *sys.argv], {**os.environ, "AWS_RESOURCES_AGAIN": "1"})


class Aws:
    """What is in moto, as boto3 sees it."""

    def __init__(self, address, secret=KEY["AWS_SECRET_ACCESS_KEY"]):
        import boto3
        import botocore.config

        def client(service):
            return boto3.client(service, endpoint_url=address, region_name=REGION, aws_access_key_id=KEY["AWS_ACCESS_KEY_ID"],
                                aws_secret_access_key=secret, config=botocore.config.Config(retries={"total_max_attempts": 1}))

        self.s3, self.sns, self.sqs, self.ssm, self.iam = map(client, ("s3", "sns", "sqs", "ssm", "iam"))
        self.dynamodb, self.secrets, self.logs, self.functions = map(client, ("dynamodb", "secretsmanager", "logs", "lambda"))
        self.stacks, self.ec2, self.ecs, self.events = map(client, ("cloudformation", "ec2", "ecs", "events"))

    def queues(self):
        return sorted(url.rsplit("/", 1)[1] for url in self.sqs.list_queues().get("QueueUrls", []))

    def queue(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def parameter(self, name):
        return self.ssm.get_parameter(Name=name)["Parameter"]["Value"]

    def topic(self, arn):
        return self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]

    def everything(self):
        """By kind, the names of all that stacks may have made."""
        return {"buckets": [one["Name"] for one in self.s3.list_buckets()["Buckets"]], "queues": self.queues(),
                "topics": [one["TopicArn"] for one in self.sns.list_topics()["Topics"]],
                "subscriptions": self.sns.list_subscriptions()["Subscriptions"],
                "parameters": [one["Name"] for one in self.ssm.describe_parameters()["Parameters"]],
                "roles": [one["RoleName"] for one in self.iam.list_roles()["Roles"]],
                "tables": self.dynamodb.list_tables()["TableNames"],
                "secrets": [one["Name"] for one in self.secrets.list_secrets()["SecretList"]],
                "logs": [one["logGroupName"] for one in self.logs.describe_log_groups()["logGroups"]],
                "functions": [one["FunctionName"] for one in self.functions.list_functions()["Functions"]],
                "networks": [one["VpcId"] for one in self.ec2.describe_vpcs()["Vpcs"]],
                "clusters": [one["clusterArn"] for one in self.ecs.describe_clusters(clusters=self.ecs.list_clusters()["clusterArns"])["clusters"]
                             if one["status"] == "ACTIVE"],
                "policies": self.iam.list_policies(Scope="Local")["Policies"]}


# How each template's resources have to be: by its outputs, in the versions 1 and 2.


def site(aws, out, version):
    check(out["Arn"] == f"arn:aws:s3:::{out['Bucket']}", "the ARN", out)
    check(aws.s3.get_object(Bucket=out["Bucket"], Key="index.html")["Body"].read() == b"hello\n", "the page")
    check(aws.s3.get_bucket_website(Bucket=out["Bucket"])["IndexDocument"] == {"Suffix": "index.html"}, "the website")
    policy = json.loads(aws.s3.get_bucket_policy(Bucket=out["Bucket"])["Policy"])
    check(policy["Statement"][0]["Resource"] == out["Arn"] + "/*", "the policy", policy)
    check(aws.s3.get_bucket_tagging(Bucket=out["Bucket"])["TagSet"] == [{"Key": "version", "Value": str(version)}], "the tags")
    versioning = aws.s3.get_bucket_versioning(Bucket=out["Bucket"]).get("Status")
    check(versioning == (None if version == 1 else "Enabled"), "versioning", versioning)


def queue(aws, out, version):
    attributes = aws.queue(out["Url"])
    check(json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"] == out["Dead"], "the dead letters", attributes)
    check(attributes["VisibilityTimeout"] == str({1: 30, 2: 90}[version]), "the timeout", attributes)
    if version == 1:
        aws.sqs.send_message(QueueUrl=out["Url"], MessageBody="stays")
    check(aws.queue(out["Url"])["ApproximateNumberOfMessages"] != "0", "the messages are gone")


def table(aws, out, version):
    said = aws.dynamodb.describe_table(TableName=out["Table"])["Table"]
    check(said["TableArn"] == out["Arn"], "the ARN", said)
    check(said["ProvisionedThroughput"]["ReadCapacityUnits"] == {1: 5, 2: 10}[version], "the throughput", said)
    if version == 1:
        aws.dynamodb.put_item(TableName=out["Table"], Item={"id": {"S": "stays"}})
    check(aws.dynamodb.scan(TableName=out["Table"])["Count"] == 1, "the items")


def topic(aws, out, version):
    check(aws.topic(out["Topic"])["DisplayName"] == f"news {version}", "the name", aws.topic(out["Topic"]))
    check("sqs:SendMessage" in aws.queue(out["Queue"])["Policy"], "the policy")
    aws.sns.publish(TopicArn=out["Topic"], Message=f"in {version}")
    bodies = [one["Body"] for one in aws.sqs.receive_message(QueueUrl=out["Queue"], MaxNumberOfMessages=10)["Messages"]]
    check(f"in {version}" in bodies, "the message did not arrive", bodies)


def role(aws, out, version):
    check(aws.iam.get_role(RoleName=out["Role"])["Role"]["Arn"] == out["Arn"], "the ARN")
    check(aws.iam.list_role_policies(RoleName=out["Role"])["PolicyNames"] == [{1: "read", 2: "write"}[version]], "its policies")
    attached = aws.iam.list_attached_role_policies(RoleName=out["Role"])["AttachedPolicies"]
    check([one["PolicyName"] for one in attached] == ["AWSLambdaBasicExecutionRole"], "AWS's policies", attached)


def parameter(aws, out, version):
    check(aws.parameter(out["Name"]) == f"b-{version}-{REGION}", "the value", aws.parameter(out["Name"]))
    described = json.dumps(aws.stacks.describe_stacks(StackName="parameter")["Stacks"][0]["Parameters"])
    check("pa55" not in described and "****" in described, "NoEcho", described)


def nested(aws, out, version):
    check(aws.topic(out["Front"])["DisplayName"] == f"{version} of nobody", "the first topic")
    check(aws.topic(out["Topic"])["DisplayName"] == f"{version} of {out['Front']}", "the second topic", aws.topic(out["Topic"]))
    check(aws.parameter("/nested/pair") == out["Topic"], "the parameter")


def conditions(aws, out, version):
    there = [name for name in aws.queues() if name.startswith("conditions-")]
    check(there == [{1: "conditions-old", 2: "conditions-new"}[version]], "the queues", there)
    check(out["Queue"].endswith(there[0]) and ("New" in out) == (version == 2), "the outputs", out)


def exports(aws, out, version):
    listed = {one["Name"]: one["Value"] for one in aws.stacks.list_exports()["Exports"]}
    check(listed["exports-topic"] == out["Topic"] and aws.topic(out["Topic"]), "the export", listed)


def imports(aws, out, version):
    check(aws.parameter(out["Name"]) == aws.stacks.list_exports()["Exports"][0]["Value"], "what is imported")


def each(aws, out, version):
    there = [name for name in aws.queues() if name.startswith("each-")]
    check(there == ["each-bills", "each-orders", "each-returns"][:version + 1], "the queues", there)
    check(out["Orders"].endswith(":each-orders"), "the output", out)


def secret(aws, out, version):
    value = json.loads(aws.secrets.get_secret_value(SecretId=out["Secret"])["SecretString"])
    check(value["user"] == "admin" and len(value["password"]) == 20, "the value")
    check(aws.secrets.describe_secret(SecretId=out["Secret"])["Description"] == f"version {version}", "what describes it")
    groups = aws.logs.describe_log_groups(logGroupNamePrefix="/logs/secret")["logGroups"]
    check([one["retentionInDays"] for one in groups] == [{1: 7, 2: 14}[version]], "the logs", groups)


def imported(aws, out, version):
    check(out["Bucket"] == "of-last-year" and aws.s3.get_object(Bucket="of-last-year", Key="old")["Body"].read() == b"old", "the object")
    if version == 2:
        check(aws.s3.get_bucket_tagging(Bucket=out["Bucket"])["TagSet"] == [{"Key": "version", "Value": "2"}], "the tags")


def function(aws, out, version):
    said = aws.functions.get_function(FunctionName=out["Function"])["Configuration"]
    check(said["Environment"]["Variables"] == {"VERSION": str(version)}, "the environment", said)
    check(said["CodeSize"] > 0 and said["Handler"] == "app.handler" and "/" in said["Role"], "the function", said)
    if "Arn" in out:
        check(said["FunctionArn"] == out["Arn"], "the ARN", said, out)


def replaced(aws, out, version):
    keys = aws.dynamodb.describe_table(TableName=out["Table"])["Table"]["KeySchema"]
    check(keys == [{"AttributeName": f"key{version}", "KeyType": "HASH"}], "the key", keys)
    check(aws.parameter("/replaced/table") == out["Table"], "who needs it")
    tables = [name for name in aws.dynamodb.list_tables()["TableNames"] if name.startswith("replaced-")]
    check(tables == [out["Table"]], "the tables", tables)
    there = [name for name in aws.queues() if name.startswith("replaced-")]
    check(there == ["replaced-orders", "replaced-orders-of-2"][:version], "what is replaced is retained", there)
    if version == 2:  # once more after a rollback, with the item that the first look put there
        pages = aws.stacks.get_paginator("describe_stack_events").paginate(StackName="replaced")
        events = [one["ResourceStatus"] for page in pages for one in page["StackEvents"] if one["LogicalResourceId"] == "Items"]
        check("DELETE_COMPLETE" in events, "the events", events)
        check(aws.dynamodb.scan(TableName=out["Table"])["Count"] == ("UPDATE_FAILED" in events), "the items", events)
        aws.dynamodb.put_item(TableName=out["Table"], Item={"key2": {"S": "stays"}})


def network(aws, out, version):
    table = aws.ec2.describe_route_tables(RouteTableIds=[out["Routes"]])["RouteTables"][0]
    check([one["DestinationCidrBlock"] for one in table["Routes"]] == ["10.0.0.0/16", "0.0.0.0/0"], "the routes", table)
    check(aws.ec2.describe_subnets(SubnetIds=[out["Subnet"]])["Subnets"][0]["CidrBlock"] == "10.0.1.0/24", "the subnet")
    service = aws.ecs.describe_services(cluster=out["Cluster"], services=["network"])["services"][0]
    check(service["desiredCount"] == 2 and service["taskDefinition"] == out["Task"], "the service", service)
    task = aws.ecs.describe_task_definition(taskDefinition=out["Task"])["taskDefinition"]
    check(task["containerDefinitions"][0]["image"] == f"nginx:{version}", "the task", task)
    policy = aws.iam.get_policy(PolicyArn=out["Logs"])["Policy"]
    document = aws.iam.get_policy_version(PolicyArn=out["Logs"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
    check(document["Statement"][0]["Action"] == {1: "logs:PutLogEvents", 2: "logs:*"}[version], "the policy", document)
    rule = aws.events.list_rules(EventBusName="network-bus")["Rules"][0]
    check(rule["Description"] == str(version), "the rule", rule)


CASES = {"site": site, "queue": queue, "table": table, "topic": topic, "role": role, "parameter": parameter, "nested": nested,
         "conditions": conditions, "exports": exports, "imports": imports, "each": each, "secret": secret, "function": function,
         "serverless": function, "imported": imported, "replaced": replaced, "network": network}


# What somebody changes about those of version 2, by their outputs, and what is told of it.


def meddle(aws, out):
    aws.s3.put_bucket_versioning(Bucket=out["site"]["Bucket"], VersioningConfiguration={"Status": "Suspended"})
    aws.s3.delete_bucket_policy(Bucket=out["site"]["Bucket"])
    aws.sqs.set_queue_attributes(QueueUrl=out["queue"]["Url"], Attributes={"VisibilityTimeout": "5"})
    aws.sqs.delete_queue(QueueUrl=aws.sqs.get_queue_url(QueueName="each-bills")["QueueUrl"])
    aws.sns.set_topic_attributes(TopicArn=out["topic"]["Topic"], AttributeName="DisplayName", AttributeValue="olds")
    aws.ssm.put_parameter(Name=out["parameter"]["Name"], Value="mine", Type="String", Overwrite=True)
    aws.dynamodb.delete_table(TableName=out["replaced"]["Table"])
    aws.logs.put_retention_policy(logGroupName=out["secret"]["Logs"], retentionInDays=1)
    aws.iam.detach_role_policy(RoleName=out["role"]["Role"], PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")


MEDDLED = {
    "site": "Bucket (AWS::S3::Bucket): /VersioningConfiguration/Status is 'Suspended', not 'Enabled'; Policy (AWS::S3::BucketPolicy) is gone",
    "queue": "/VisibilityTimeout is '5', not '90'", "each": "Queuebills (AWS::SQS::Queue) is gone", "topic": "/DisplayName is 'olds', not 'news 2'",
    "parameter": "/Value is 'mine', not 'b-2-eu-central-1'", "replaced": "Items (AWS::DynamoDB::Table) is gone",
    "secret": "/RetentionInDays is '1', not '14'", "role": "/ManagedPolicyArns"}


class World:
    def __init__(self, verba):
        self.verba = verba
        self.directory = tempfile.mkdtemp(prefix="verba-aws-")
        shutil.copytree(HERE.parent / "support/aws", self.directory, dirs_exist_ok=True)
        shutil.copytree(HERE / "aws_templates", self.directory, dirs_exist_ok=True)
        pathlib.Path(self.directory, "pages").mkdir()
        pathlib.Path(self.directory, "pages/index.html").write_text("hello\n")
        self.cases = dict(CASES)
        self.results = []
        self.skipped = 0
        if not importlib.util.find_spec("samtranslator"):
            print("SKIPPED serverless: aws-sam-translator is not installed (pip install aws-sam-translator)", flush=True)
            del self.cases["serverless"]
            self.skipped = 1
        self.write()

    def write(self, *more):
        """A deployment for each template, so that none is in the way of another."""
        documents = [{"kind": "AwsInfrastructureAccount", "metadata": {"name": "aws"}, "spec": {"region": REGION, "accountId": "111111111111"}},
                     {"kind": "Variables", "metadata": {"name": "all"}, "spec": {"values": {"version": "1"}}}]
        for name in self.cases:
            parameters = {"Version": "${{ vars.version }}"}
            if name == "each":
                parameters["Names"] = "${{ vars.version == '1' ? 'orders,bills' : 'orders,bills,returns' }}"
            if name == "imports":
                parameters["From"] = "exports"
            tasks = [self.stack(name, parameters=parameters, capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])]
            if name == "imported":
                tasks[0]["with"]["import"] = {"Bucket": "of-last-year"}
            if name == "site":
                tasks[0]["with"]["emptyBuckets"] = True  # of the versions of what was there
                tasks.append({"name": "pages", "type": "S3Upload", "dependsOn": ["stack"],
                              "with": {"bucket": "${{ tasks.stack.outputs.Bucket }}", "source": "pages"}})
            documents.append(self.deployment(name, tasks, ["exports"] if name == "imports" else []))
        documents += [self.deployment(name, [self.stack(name)], []) for name in more]
        self.file("verba.yaml").write_text("---\n".join(json.dumps({"apiVersion": "verbacratis/v1", **one}) + "\n" for one in documents))

    @staticmethod
    def stack(name, **inputs):
        return {"name": "stack", "type": "CloudFormation", "with": {"stack": name, "template": f"{name}.yaml", **inputs}}

    @staticmethod
    def deployment(name, tasks, needed):
        return {"kind": "Deployment", "metadata": {"name": name},
                "spec": {"account": "aws", "onFailure": "stop", "tasks": tasks, **({"dependsOn": needed} if needed else {})}}

    def file(self, name):
        return pathlib.Path(self.directory, name)

    def run(self, *words, code=0):
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory, "AWS_ENDPOINT_URL": self.file("aws").read_text(), **KEY}
        done = subprocess.run([self.verba, *words], cwd=self.directory, env=environment, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=120, check=False)
        check(done.returncode == code, *words, "ended with", done.returncode, done.stdout[-8000:], done.stderr[-4000:])
        return done.stdout

    def case(self, moment, name, look, *words):
        try:
            look(*words)
            self.results.append({"name": f"{name}.{moment}", "classname": "aws_resources", "status": "RUN", "result": "COMPLETED"})
        except Exception as problem:  # what boto3 raises is a finding, too
            print(f"FAILED {name}, {moment}: {type(problem).__name__} {problem}", flush=True)
            self.results.append({"name": f"{name}.{moment}", "classname": "aws_resources", "status": "RUN", "result": "COMPLETED",
                                 "failures": [{"failure": str(problem)}]})

    def look(self, aws, moment, version):
        for name, look in self.cases.items():
            self.case(moment, name, self.look_at, aws, name, look, version)

    def look_at(self, aws, name, look, version):
        recorded = json.loads(self.run("output", f"{name}.stack", "-o", "json"))["outputs"][f"{name}.stack"]
        told = self.outputs(aws, name)
        check(recorded == told, "recorded is", recorded, "and there is", told)
        look(aws, told, version)

    @staticmethod
    def outputs(aws, name):
        stack = aws.stacks.describe_stacks(StackName=name)["Stacks"][0]
        return {**{one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}, "stackId": stack["StackId"]}

    def is_strict(self, address, aws):
        """Signatures and faults count for what moto answers, too."""
        stranger = Aws(address, "not-the-secret")
        for call in (stranger.s3.list_buckets, stranger.sns.list_topics, stranger.ssm.describe_parameters, stranger.functions.list_functions):
            self.case("strict", call.__name__, self.refuses, call, "SignatureDoesNotMatch")
        self.file("faults").write_text("ListTopics throttle\nAmazonSSM.DescribeParameters ParameterNotFound\n")
        self.case("faults", "sns", self.refuses, aws.sns.list_topics, "Throttling")
        self.case("faults", "ssm", self.refuses, aws.ssm.describe_parameters, "ParameterNotFound")
        self.case("faults", "after", aws.everything)

    @staticmethod
    def refuses(call, told):
        """With that code, or those words in the message."""
        from botocore.exceptions import ClientError

        try:
            call()
        except ClientError as error:
            return check(error.response["Error"]["Code"] == told or told in str(error), "it says", error)
        raise Checked("it does not fail")

    def directly(self, aws):
        """Without change sets, as other clients may; with a parameter that Systems Manager knows."""
        aws.ssm.put_parameter(Name="/direct/sizes", Value="1,2", Type="StringList")
        template = json.dumps({
            "Parameters": {"Sizes": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/direct/sizes"}},
            "Resources": {"Size": {"Type": "AWS::SSM::Parameter", "Properties": {
                "Name": "/direct/size", "Type": "String", "Value": {"Fn::Select": [1, {"Ref": "Sizes"}]}}}}})

        def wait(what):
            aws.stacks.get_waiter(f"stack_{what}_complete").wait(StackName="direct", WaiterConfig={"Delay": 0})

        aws.stacks.create_stack(StackName="direct", TemplateBody=template)
        wait("create")
        check(aws.stacks.describe_stacks(StackName="direct")["Stacks"][0]["Parameters"] == [
            {"ParameterKey": "Sizes", "ParameterValue": "/direct/sizes", "ResolvedValue": "1,2"}], "what is looked up")
        check(aws.parameter("/direct/size") == "2", "the value")
        row = aws.stacks.describe_stack_resource(StackName="direct", LogicalResourceId="Size")["StackResourceDetail"]
        check(row["PhysicalResourceId"] == "/direct/size", "the resource", row)
        for said in (aws.stacks.get_template_summary(StackName="direct"), aws.stacks.validate_template(TemplateBody=template)):
            check([(one["ParameterKey"], one["DefaultValue"]) for one in said["Parameters"]] == [("Sizes", "/direct/sizes")], "the parameters", said)
        again = {"StackName": "direct", "UsePreviousTemplate": True, "Parameters": [{"ParameterKey": "Sizes", "UsePreviousValue": True}]}
        self.refuses(lambda: aws.stacks.update_stack(**again), "No updates are to be performed.")
        aws.ssm.put_parameter(Name="/direct/sizes", Value="1,3", Type="StringList", Overwrite=True)
        aws.stacks.update_stack(**again)
        wait("update")
        check(aws.parameter("/direct/size") == "3", "the new value")
        aws.ssm.delete_parameter(Name="/direct/sizes")
        self.refuses(lambda: aws.stacks.update_stack(**again), "Unable to fetch parameters [/direct/sizes]")
        aws.stacks.delete_stack(StackName="direct")
        wait("delete")

    def drift(self, aws):
        """What others change is found, and put right."""
        def found(code):
            tasks = json.loads(self.run("drift", "-o", "json", code=code))["tasks"]
            return {task["address"].removesuffix(".stack"): task.get("detail", "") for task in tasks if task["state"] not in ("in-sync", "unchecked")}

        self.case("drift", "before", lambda: check(found(0) == {}, "something drifted"))
        meddle(aws, {name: self.outputs(aws, name) for name in self.cases})
        drifted = found(3)
        for name in sorted({*MEDDLED, *drifted}):
            self.case("drift", name, lambda: check(MEDDLED.get(name, "nothing") in drifted.get(name, ""), "it says", drifted.get(name)))
        self.run("apply", "--yes", "--refresh", "--var", "version=2")
        self.case("repaired", "drift", lambda: check(found(0) == {}, "something drifts still"))
        self.look(aws, "repaired", 2)

    def live(self, aws):
        for bucket in ("taken-by-somebody", "of-last-year"):
            aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        aws.s3.put_object(Bucket="of-last-year", Key="old", Body=b"old")
        before = aws.everything()
        self.run("apply", "--yes")
        self.look(aws, "made", 1)
        self.case("unchanged", "all", lambda: check(" 0 to create, 0 to update, 0 to delete" in self.run("apply", "--yes"), "something changes"))
        self.run("apply", "--yes", "--var", "version=2")
        self.look(aws, "updated", 2)
        self.drift(aws)
        there = aws.everything()
        self.write("fresh")
        said = self.run("apply", "--yes", "--var", "version=3", code=1)
        for name in [name for name in self.cases if name != "exports"] + ["fresh"]:
            reason = {"parameter": "taken-by-somebody", "replaced": "replaced-news already exists in stack arn:", "nested": "Back/Broken (AWS::SQS::Queue): UPDATE_FAILED: deep inside"}.get(
                name, "as the test has it")
            line = next((line for line in said.splitlines() if line.startswith(f"{name}.stack: ") and " failed after " in line), "")
            self.case("fails", name, lambda: check(reason in line or name == "parameter" and "bucket name" in line, "it says", line or said))
            self.case("status", name, lambda: check(
                aws.stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"].endswith("ROLLBACK_COMPLETE"), "no rollback"))
        self.look(aws, "rolled back", 2)
        self.case("rolled back", "all", lambda: check(aws.everything() == there, aws.everything(), "and before", there))
        self.run("destroy", "--yes")
        left = aws.everything()
        left["buckets"].remove(f"verba-111111111111-{REGION}")  # what is sent stays
        left["queues"].remove("replaced-orders")
        self.case("deleted", "all", lambda: check(left == before, "left are", left))

    def go(self):
        server = subprocess.Popen([sys.executable, "stand_in.py", "--moto", "yes", "--seconds", "300"], cwd=self.directory)
        try:
            while not self.file("aws").exists():
                check(server.poll() is None, "the stand-in has ended")
                time.sleep(0.05)
            address = self.file("aws").read_text()
            aws = Aws(address)
            self.is_strict(address, aws)
            self.case("directly", "direct", self.directly, aws)
            self.live(aws)
        except (Checked, subprocess.TimeoutExpired) as problem:
            print(f"FAILED {problem}", flush=True)
            self.results.append({"name": "run", "classname": "aws_resources", "status": "RUN", "result": "COMPLETED",
                                 "failures": [{"failure": str(problem)}]})
        finally:
            server.kill()
            server.wait()


def main():
    if not with_moto():
        print("SKIPPED aws_resources: moto is not installed (pip install 'moto[server]' boto3 aws-sam-translator)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    world = World(os.path.abspath(sys.argv[1]))
    world.go()
    output = os.environ.get("GTEST_OUTPUT", "")
    if output.startswith("json:"):
        path = pathlib.Path(output[5:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"testsuites": [{"name": "aws_resources", "testsuite": world.results}]}))
    failed = sum("failures" in result for result in world.results)
    if failed:
        print(f"kept: {world.directory}")
    else:
        shutil.rmtree(world.directory)
    print(f"{len(world.results) - failed} passed, {failed} failed, {world.skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
