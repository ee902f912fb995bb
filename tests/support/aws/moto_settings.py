# SPDX-License-Identifier: Apache-2.0
"""How resources in moto become what they should be, by the calls of their services."""
import json

QUEUE_DEFAULTS = {"DelaySeconds": 0, "MaximumMessageSize": 262144, "MessageRetentionPeriod": 345600, "ReceiveMessageWaitTimeSeconds": 0,
                  "VisibilityTimeout": 30, "RedrivePolicy": "", "KmsMasterKeyId": ""}


def as_json(value):
    """moto insists on the version of a policy."""
    value = {"Version": "2012-10-17", **value} if isinstance(value, dict) and "Statement" in value else value
    return value if isinstance(value, str) else json.dumps(value)


def tags_of(properties):
    return [{"Key": tag["Key"], "Value": str(tag["Value"])} for tag in properties.get("Tags", [])]


# How what is there becomes what it should be: client of its account and service, id, properties before and after.


def set_bucket(client, bucket, before, after):
    s3 = client("s3")
    for name, put, delete, content in (
            ("VersioningConfiguration", s3.put_bucket_versioning, None, lambda said: {"VersioningConfiguration": said}),
            ("WebsiteConfiguration", s3.put_bucket_website, s3.delete_bucket_website, lambda said: {"WebsiteConfiguration": website_of(said)}),
            ("PublicAccessBlockConfiguration", s3.put_public_access_block, s3.delete_public_access_block,
             lambda said: {"PublicAccessBlockConfiguration": said}),
            ("Tags", s3.put_bucket_tagging, s3.delete_bucket_tagging, lambda said: {"Tagging": {"TagSet": tags_of(after)}})):
        if name in after:
            put(Bucket=bucket, **content(after[name]))
        elif name in before and delete:
            delete(Bucket=bucket)
        elif name in before:
            put(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def website_of(said):
    return {"IndexDocument": {"Suffix": said["IndexDocument"]},
            **({"ErrorDocument": {"Key": said["ErrorDocument"]}} if "ErrorDocument" in said else {})}


def set_queue(client, queue, before, after):
    said = {name: after.get(name, default) for name, default in QUEUE_DEFAULTS.items() if name in after or name in before}
    if said:
        client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={
            name: as_json(value) if value != "" else "" for name, value in said.items()})


def set_topic(client, topic, before, after):
    sns = client("sns")
    if before or "DisplayName" in after:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=after.get("DisplayName", ""))
    wanted = [(one["Protocol"], one["Endpoint"]) for one in after.get("Subscription", [])]
    known = [(one["Protocol"], one["Endpoint"]) for one in before.get("Subscription", [])]
    for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        if (one["Protocol"], one["Endpoint"]) in known and (one["Protocol"], one["Endpoint"]) not in wanted:
            sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    for protocol, endpoint in wanted if before else []:
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


def set_parameter(client, name, before, after):
    if before:
        client("ssm").put_parameter(Name=name, Value=str(after["Value"]), Type=after["Type"], Description=after.get("Description", ""),
                                    Overwrite=True)


def set_table(client, table, before, after):
    dynamo = client("dynamodb")
    throughput = after.get("ProvisionedThroughput")
    if before and throughput != before.get("ProvisionedThroughput"):
        mode = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {name: int(count) for name, count in throughput.items()}} \
            if throughput else {"BillingMode": "PAY_PER_REQUEST"}
        dynamo.update_table(TableName=table, **mode)
    if after.get("TimeToLiveSpecification") != before.get("TimeToLiveSpecification"):
        dynamo.update_time_to_live(TableName=table, TimeToLiveSpecification=after.get("TimeToLiveSpecification") or {
            **before["TimeToLiveSpecification"], "Enabled": False})


def set_role(client, role, before, after):
    iam = client("iam")
    if before and after:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=as_json(after["AssumeRolePolicyDocument"]))
        iam.update_role(RoleName=role, Description=after.get("Description", ""))
    names = {policy["PolicyName"] for policy in after.get("Policies", [])}
    for policy in before.get("Policies", []):
        if policy["PolicyName"] not in names:
            iam.delete_role_policy(RoleName=role, PolicyName=policy["PolicyName"])
    for policy in after.get("Policies", []):
        iam.put_role_policy(RoleName=role, PolicyName=policy["PolicyName"], PolicyDocument=as_json(policy["PolicyDocument"]))
    for arn in set(before.get("ManagedPolicyArns", [])) - set(after.get("ManagedPolicyArns", [])):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in after.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)


def set_managed_policy(client, arn, before, after):
    if before and before["PolicyDocument"] != after["PolicyDocument"]:
        iam = client("iam")
        former = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=as_json(after["PolicyDocument"]), SetAsDefault=True)
        iam.delete_policy_version(PolicyArn=arn, VersionId=former)


def set_log_group(client, name, before, after):
    if "RetentionInDays" in after:
        client("logs").put_retention_policy(logGroupName=name, retentionInDays=int(after["RetentionInDays"]))
    elif "RetentionInDays" in before:
        client("logs").delete_retention_policy(logGroupName=name)


def set_bucket_policy(client, _, before, after):
    client("s3").put_bucket_policy(Bucket=after["Bucket"], Policy=as_json(after["PolicyDocument"]))
    return f"{after['Bucket']}-policy"


def delete_bucket_policy(client, _, properties):
    client("s3").delete_bucket_policy(Bucket=properties["Bucket"])


def set_subscription(client, arn, before, after):
    sns = client("sns")
    arn = arn or sns.subscribe(TopicArn=after["TopicArn"], Protocol=after["Protocol"], Endpoint=after["Endpoint"], ReturnSubscriptionArn=True)["SubscriptionArn"]
    for name in ("FilterPolicy", "RawMessageDelivery"):
        if name in after:
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=as_json(after[name]))
    return arn


def delete_subscription(client, arn, properties):
    client("sns").unsubscribe(SubscriptionArn=arn)


def set_queue_policy(client, _, before, after):
    for queue in after["Queues"]:
        client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": as_json(after["PolicyDocument"])})
    return "queue-policy"


def delete_queue_policy(client, _, properties):
    for queue in properties["Queues"]:
        client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})


def set_secret(client, arn, before, after):
    manager = client("secretsmanager")
    text = after.get("SecretString")
    if text is None and not before:
        generated = after.get("GenerateSecretString", {})
        password = manager.get_random_password(PasswordLength=int(generated.get("PasswordLength", 32)))["RandomPassword"]
        text = json.dumps({**json.loads(generated["SecretStringTemplate"]), generated["GenerateStringKey"]: password}) \
            if "SecretStringTemplate" in generated else password
    if arn:
        manager.update_secret(SecretId=arn, Description=after.get("Description", ""), **({"SecretString": text} if text is not None else {}))
        return arn
    return manager.create_secret(Name=after["Name"], Description=after.get("Description", ""), SecretString=text)["ARN"]


def delete_secret(client, arn, properties):
    client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


# What moto leaves undone when it deletes a thing: client, id, properties.


def free_role(client, role, properties):
    set_role(client, role, properties, {})


def free_managed_policy(client, arn, properties):
    iam = client("iam")
    for role in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def free_cluster(client, cluster, properties):
    client("ecs").delete_cluster(cluster=cluster)


def free_route_table(client, table, properties):
    ec2 = client("ec2")
    for association in ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Associations"]:
        ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    ec2.delete_route_table(RouteTableId=table)


FREE = {"AWS::EC2::RouteTable": free_route_table, "AWS::ECS::Cluster": free_cluster, "AWS::IAM::ManagedPolicy": free_managed_policy,
        "AWS::IAM::Role": free_role}
SETTINGS = {"AWS::DynamoDB::Table": set_table, "AWS::IAM::ManagedPolicy": set_managed_policy, "AWS::IAM::Role": set_role,
            "AWS::Logs::LogGroup": set_log_group, "AWS::S3::Bucket": set_bucket, "AWS::SNS::Topic": set_topic, "AWS::SQS::Queue": set_queue,
            "AWS::SSM::Parameter": set_parameter}
OWN = {"AWS::S3::BucketPolicy": (set_bucket_policy, delete_bucket_policy), "AWS::SNS::Subscription": (set_subscription, delete_subscription),
       "AWS::SQS::QueuePolicy": (set_queue_policy, delete_queue_policy), "AWS::SecretsManager::Secret": (set_secret, delete_secret)}
