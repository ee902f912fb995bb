# SPDX-License-Identifier: Apache-2.0
"""Stacks' resources made in moto, and moto itself, which answers for all services but STS and CloudFormation.

Each resource is a stack of moto's with nothing else in it: its functions are evaluated before, so that it can be made, changed
and deleted alone. moto's CloudFormation makes it and tells its attributes; what moto leaves out (SETTINGS) is set by the calls of
the service, in place, so that what is in a bucket or a queue outlives an update. What it does not know at all (OWN) is made by such
calls, too, or by being named. What cannot be changed in place is made anew, beside the one that it replaces: that goes when the
update has succeeded, and two of one name are one too many.
"""
import dataclasses
import hashlib
import http.client
import itertools
import json
import logging
import os
import urllib.parse
import warnings

os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
import boto3
import botocore.config
from botocore.exceptions import ClientError
from moto.cloudformation.parsing import get_model_map
from moto.server import ThreadedMotoServer

import moto_drift
from moto_settings import FREE, OWN, SETTINGS
from signature import invalid

NAMES = {"AWS::DynamoDB::Table": "TableName", "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name",
         "AWS::IAM::ManagedPolicy": "ManagedPolicyName", "AWS::IAM::Role": "RoleName", "AWS::Lambda::Function": "FunctionName",
         "AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName",
         "AWS::SSM::Parameter": "Name", "AWS::SecretsManager::Secret": "Name"}
FIXED = {"AWS::DynamoDB::Table": ("KeySchema",), "AWS::SQS::Queue": ("FifoQueue",), "AWS::SNS::Topic": ("FifoTopic",),
         "AWS::SNS::Subscription": ("TopicArn", "Protocol", "Endpoint")}  # what cannot be changed in place
BY_MOTO = {f"AWS::{kind}" for kind in (  # it updates them
    "AutoScaling::AutoScalingGroup", "CloudWatch::Dashboard", "EC2::LaunchTemplate", "EC2::SecurityGroup", "ECR::Repository",
    "ECS::Cluster", "ECS::Service", "ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule",
    "Events::EventBus", "Events::Rule", "IAM::Policy", "IAM::User", "KMS::Alias", "Kinesis::Stream", "Lambda::EventSourceMapping",
    "Lambda::Function", "Route53::RecordSet", "SSM::Document", "StepFunctions::StateMachine")}
FOR_THE_STAND_IN = {"FailWith", "FailOnRollback", "FailOnDelete", "Invalid", "Looks", "CleanupLooks", "Seconds"}


@dataclasses.dataclass
class Made:
    kind: str
    properties: dict  # as the template has them
    id: str
    given: dict = dataclasses.field(default_factory=dict)  # the name that it got, where the template has none
    stack: str = ""  # moto's; "": there is none
    template: dict = None  # of that stack
    attributes: dict = dataclasses.field(default_factory=dict)

    def all(self, properties=None):
        """The properties, or these, with its name."""
        properties = self.properties if properties is None else properties
        return {**self.given, **properties} if properties else {}

    def name(self):
        return self.all().get(NAMES.get(self.kind))


class InMoto:
    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        self.port = server.get_host_and_port()[1]
        self.clients = {}
        self.numbers = itertools.count(1)

    def client(self, account, region, service):
        key = (account, region, service)
        if key not in self.clients:
            made = boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.port}", region_name=region, aws_access_key_id="stand-in",
                                aws_secret_access_key="stand-in", config=botocore.config.Config(retries={"total_max_attempts": 1}))
            made.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account))
            self.clients[key] = made
        return self.clients[key]

    def of(self, stack):
        return lambda service: self.client(stack.account, stack.region, service)

    def make(self, stack, wanted, name):
        """Makes it what `wanted` says, or leaves it where it is that. What it replaces is kept: see Stack.replaced. Raises Refused."""
        kind, properties = self.to_make(wanted, name)
        made = stack.made.get(name)
        try:
            if made and not self.stays(made.kind, made.properties, kind, properties):
                stack.replaced.append((name, stack.made.pop(name)))
                made = None
            if made is None:
                self.require_free(stack, kind, properties)
                self.create(stack, name, kind, properties)
            elif made.properties != properties:
                self.update(stack, made, name, properties)
            self.learn(stack, stack.made[name], wanted.attributes_of(name))
        except moto_drift.ERRORS as error:
            raise invalid(moto_drift.reason(error)) from None

    @staticmethod
    def to_make(wanted, name):
        kind, properties = wanted.resource(name)
        return kind, {key: value for key, value in properties.items() if key not in FOR_THE_STAND_IN}

    @staticmethod
    def require_free(stack, kind, properties):
        """No stack of the same place has one of that name."""
        name = properties.get(NAMES.get(kind))
        for other in stack.world.stacks if name else ():
            held = [*other.made.values(), *(made for _, made in other.replaced)]
            if (other.account, other.region) == (stack.account, stack.region) and any(
                    made.kind == kind and made.name() == name for made in held):
                raise invalid(f"{name} already exists in stack {other.id}")

    def take(self, stack, wanted, name, identifier):
        """What was there before belongs to the stack from now on. When the stack forgets it, it is still there."""
        stack.made[name] = Made(*self.to_make(wanted, name), identifier)
        self.learn(stack, stack.made[name], wanted.attributes_of(name))

    def generated(self, stack, logical, kind):
        chance = hashlib.sha256(f"{stack.id}/{logical}/{next(self.numbers)}".encode()).hexdigest()[:12].upper()
        name = f"{stack.name}-{logical}-{chance}"
        return name.lower()[-63:] if kind == "AWS::S3::Bucket" else name[-64:]

    @staticmethod
    def stays(kind_before, before, kind, after):
        """Whether the one becomes the other in place."""
        fixed = (*FIXED.get(kind, ()), NAMES.get(kind))
        in_place = kind in SETTINGS or kind in OWN or kind in BY_MOTO
        return kind_before == kind and (before == after or in_place and all(before.get(key) == after.get(key) for key in fixed))

    def create(self, stack, name, kind, properties):
        given = {NAMES[kind]: self.generated(stack, name, kind)} if kind in NAMES and NAMES[kind] not in properties else {}
        named = {**given, **properties}
        made = Made(kind, {}, named.get(NAMES.get(kind), f"{stack.name}-{name.lower()}"), given)
        if kind in OWN:
            made.id = OWN[kind][0](self.of(stack), "", {}, named)
        elif kind in get_model_map():
            moto = self.of(stack)("cloudformation")
            made.stack = self.generated(stack, name, kind)
            made.template = {"Resources": {name: {"Type": kind, "Properties": named}}}
            try:
                moto.create_stack(StackName=made.stack, TemplateBody=json.dumps(made.template))
            except moto_drift.ERRORS:
                moto.delete_stack(StackName=made.stack)  # it would stay, in CREATE_IN_PROGRESS
                raise
            made.id = self.id_of(moto, made)
        stack.made[name] = made
        if kind in SETTINGS:
            SETTINGS[kind](self.of(stack), made.id, {}, named)
        made.properties = properties

    @staticmethod
    def id_of(moto, made):
        """As moto tells it, if it does."""
        return moto.describe_stack_resources(StackName=made.stack)["StackResources"][0].get("PhysicalResourceId", made.id)

    def update(self, stack, made, name, properties):
        before, after = made.all(), made.all(properties)
        if made.kind in OWN:
            made.id = OWN[made.kind][0](self.of(stack), made.id, before, after)
        elif made.kind in SETTINGS:
            SETTINGS[made.kind](self.of(stack), made.id, before, after)
        else:
            moto = self.of(stack)("cloudformation")
            made.template = {**made.template, "Resources": {name: {"Type": made.kind, "Properties": after}}}
            moto.update_stack(StackName=made.stack, TemplateBody=json.dumps(made.template))
            made.id = self.id_of(moto, made)
            made.attributes.clear()
        made.properties = properties

    def learn(self, stack, made, attributes):
        """What these attributes of it are; of those that moto does not know, a name."""
        missing = [attribute for attribute in attributes if attribute not in made.attributes]
        known = [attribute for attribute in missing if made.stack and get_model_map()[made.kind].has_cfn_attr(attribute)]
        made.attributes.update({attribute: made.id if attribute in ("Arn", "Id") else f"{made.id}.{attribute}" for attribute in missing})
        if known:
            logical = next(iter(made.template["Resources"]))
            made.template = {**made.template, "Outputs": {f"At{number}": {"Value": {"Fn::GetAtt": [logical, attribute]}}
                                                          for number, attribute in enumerate(known)}}
            moto = self.of(stack)("cloudformation")
            moto.update_stack(StackName=made.stack, TemplateBody=json.dumps(made.template))
            outputs = moto.describe_stacks(StackName=made.stack)["Stacks"][0].get("Outputs", [])
            said = {one["OutputKey"]: one["OutputValue"] for one in outputs}
            made.attributes.update({attribute: said[f"At{number}"] for number, attribute in enumerate(known) if f"At{number}" in said})

    def difference(self, stack, made):
        """The properties that others have changed since, or None where it is gone."""
        return moto_drift.difference(self.of(stack), made)

    def see(self, stack, name):
        """That it is no more what it was made, so that to make it makes it so again."""
        made = stack.made.get(name)
        changed = self.difference(stack, made) if made else {}
        if changed is None:
            self.unmake(stack, made)
            del stack.made[name]
        elif changed:
            made.properties = {key: value for key, value in {**made.properties, **changed}.items() if value is not None}

    def unmake(self, stack, made):
        """Takes it away. Raises Refused."""
        try:
            if made.kind in OWN:
                OWN[made.kind][1](self.of(stack), made.id, made.all())
            elif made.stack:
                if made.kind in FREE:
                    FREE[made.kind](self.of(stack), made.id, made.properties)
                self.of(stack)("cloudformation").delete_stack(StackName=made.stack)
        except moto_drift.ERRORS as error:
            if not moto_drift.is_gone(error):
                raise invalid(moto_drift.reason(error)) from None

    def object_at(self, account, region, path):
        """The text at a path "/bucket/key", or None."""
        _, bucket, key = urllib.parse.unquote(path).split("/", 2)
        try:
            return self.client(account, region, "s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        except ClientError:
            return None

    def parameter(self, stack, name):
        """The value of a parameter in Systems Manager, or None."""
        try:
            found = self.client(stack.account, stack.region, "ssm").get_parameter(Name=name)["Parameter"]
        except ClientError:
            return None
        if found["Type"] == "SecureString":
            raise invalid(f"Parameters [{name}] referenced by template have types not supported by CloudFormation.")
        return found["Value"]

    def holds_objects(self, stack, bucket):
        try:
            listed = self.client(stack.account, stack.region, "s3").list_object_versions(Bucket=bucket, MaxKeys=1)
            return "Versions" in listed or "DeleteMarkers" in listed
        except ClientError:
            return False

    def forward(self, method, target, headers, body, account):
        """Status, headers and body of moto's answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            said = {name: value for name, value in headers.items() if name not in ("host", "connection", "expect", "content-length")}
            connection.request(method, target, body, {**said, "Host": f"localhost:{self.port}", "x-moto-account-id": account,
                                                      "Content-Length": str(len(body))})
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders()
                    if name.lower() not in ("connection", "transfer-encoding", "server", "date", "content-length")}
            if method == "HEAD":
                kept["Content-Length"] = answer.getheader("Content-Length", "0")
            return answer.status, kept, answer.read()
        finally:
            connection.close()
