# SPDX-License-Identifier: Apache-2.0
"""What resources are in moto, to be compared with what they were made."""
import json
import urllib.parse

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

GONE = ("NoSuch", "NotFound", "NonExistent", "DoesNotExist", "404")
ERRORS = (ClientError, ResponseParserError)  # what CloudFormation passes on may be an error in another service's form


def is_gone(error):
    said = error.response["Error"]["Code"] if isinstance(error, ClientError) else str(error)
    return any(word in said for word in GONE)


def reason(error):
    if not isinstance(error, ClientError):
        return str(error)
    said = error.response["Error"]
    return f"{said.get('Message') or 'Internal failure'} (Service: moto, Error Code: {said['Code']})"


def or_nothing(call, name, **what):
    """What an answer has of that name; None where there is nothing of it."""
    try:
        return call(**what).get(name)
    except ClientError as error:
        if not is_gone(error):
            raise
        return None


# By type: the properties as they are, None for what is not set; or all of it None, when it is gone. Raises ClientError.


def bucket(client, name):
    s3 = client("s3")
    s3.head_bucket(Bucket=name)
    index, error = (or_nothing(s3.get_bucket_website, part, Bucket=name) for part in ("IndexDocument", "ErrorDocument"))
    return {"VersioningConfiguration": {"Status": s3.get_bucket_versioning(Bucket=name).get("Status", "Suspended")},
            "PublicAccessBlockConfiguration": or_nothing(s3.get_public_access_block, "PublicAccessBlockConfiguration", Bucket=name),
            "WebsiteConfiguration": {"IndexDocument": index["Suffix"], **({"ErrorDocument": error["Key"]} if error else {})} if index else None,
            "Tags": or_nothing(s3.get_bucket_tagging, "TagSet", Bucket=name)}


def queue(client, url):
    said = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {name: said.get(name) for name in ("DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "RedrivePolicy",
                                              "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout")}


def topic(client, arn):
    return {"DisplayName": client("sns").get_topic_attributes(TopicArn=arn)["Attributes"].get("DisplayName")}


def parameter(client, name):
    said = client("ssm").get_parameter(Name=name)["Parameter"]
    return {"Type": said["Type"], "Value": said["Value"]}


def table(client, name):
    said = client("dynamodb").describe_table(TableName=name)["Table"]
    throughput = said.get("ProvisionedThroughput", {})
    return {"ProvisionedThroughput": {unit: throughput.get(unit) for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}}


def role(client, name):
    iam = client("iam")
    said = iam.get_role(RoleName=name)["Role"]
    policies = [{"PolicyName": policy, "PolicyDocument": iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]}
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {"AssumeRolePolicyDocument": said["AssumeRolePolicyDocument"], "Description": said.get("Description"), "Policies": policies,
            "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached]}


def log_group(client, name):
    there = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next(({"RetentionInDays": one.get("retentionInDays")} for one in there if one["logGroupName"] == name), None)


def secret(client, arn):
    said = client("secretsmanager").describe_secret(SecretId=arn)
    return None if "DeletedDate" in said else {"Description": said.get("Description")}


def bucket_policy(client, name):
    said = client("s3").get_bucket_policy(Bucket=name.removesuffix("-policy"))
    return {"PolicyDocument": said["Policy"]}


def function(client, name):
    said = client("lambda").get_function_configuration(FunctionName=name)
    return {**{key: said.get(key) for key in ("Description", "Handler", "MemorySize", "Runtime", "Timeout")},
            "Environment": {"Variables": said.get("Environment", {}).get("Variables", {})}}


READ = {"AWS::DynamoDB::Table": table, "AWS::IAM::Role": role, "AWS::Lambda::Function": function, "AWS::Logs::LogGroup": log_group,
        "AWS::S3::Bucket": bucket, "AWS::S3::BucketPolicy": bucket_policy, "AWS::SNS::Topic": topic, "AWS::SQS::Queue": queue,
        "AWS::SSM::Parameter": parameter, "AWS::SecretsManager::Secret": secret}


def document(text):
    """What JSON says, with the signs of URLs or without; other text as it is."""
    try:
        return json.loads(urllib.parse.unquote(text))
    except ValueError:
        return text


def settled(value):
    """One of the many ways to write it."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = document(value)
    if isinstance(value, dict):
        value = {"Version": "2012-10-17", **value} if "Statement" in value else value  # see moto_settings.as_json()
        return {key: settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((settled(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return str(value).lower() if isinstance(value, bool) else value if value is None else str(value)


def difference(client, made):
    """Of what the template says of it, that which is otherwise; None where it is gone."""
    try:
        there = READ[made.kind](client, made.id) if made.kind in READ else {}
    except ERRORS as error:
        if not is_gone(error):
            raise
        there = None
    return there if there is None else {name: there[name] for name, value in made.properties.items()
                                        if name in there and settled(there[name]) != settled(value)}
