# SPDX-License-Identifier: Apache-2.0
"""S3's buckets, and writing objects into them."""
import base64
import hashlib
import pathlib

from signature import Refused


def action_of(method, target):
    path, _, query = target.partition("?")
    if path.count("/") > 1:
        return "HeadObject" if method == "HEAD" else "PutObject"
    if method == "HEAD":
        return "HeadBucket"
    return {"publicAccessBlock=": "PutPublicAccessBlock", "encryption=": "PutBucketEncryption"}.get(query, "CreateBucket")


class World:
    def __init__(self, objects):
        self.objects = objects  # by path
        self.owners = {}  # of the buckets that were made here

    def owner(self, target):
        """Nobody's: it is not there. "": it was there before, and is whose you like."""
        name = target.split("/")[1].partition("?")[0]
        if pathlib.Path("taken").exists() and name in pathlib.Path("taken").read_text().split():
            return "999999999999"
        return self.owners.get(name) if name.startswith("verba-") else ""

    def require(self, target, headers):
        owner = self.owner(target)
        if owner is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist")
        if owner and headers.get("x-amz-expected-bucket-owner", owner) != owner:
            raise Refused("Forbidden", "Access Denied")

    def HeadBucket(self, target, headers, body, account, region):
        self.require(target, headers)

    def CreateBucket(self, target, headers, body, account, region):
        if self.owner(target) == account:
            raise Refused("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded")
        if self.owner(target) is not None:
            raise Refused("BucketAlreadyExists", "The requested bucket name is not available")
        if (f"<LocationConstraint>{region}</LocationConstraint>" in body.decode()) != (region != "us-east-1"):
            raise Refused("IllegalLocationConstraintException", "The location constraint is incompatible with the region")
        self.owners[target[1:]] = account

    def setting(self, target, headers, body):
        self.require(target, headers)
        if headers.get("x-amz-checksum-sha256") != base64.b64encode(hashlib.sha256(body).digest()).decode():
            raise Refused("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")

    def PutPublicAccessBlock(self, target, headers, body, account, region):
        self.setting(target, headers, body)

    def PutBucketEncryption(self, target, headers, body, account, region):
        self.setting(target, headers, body)

    def HeadObject(self, target, headers, body, account, region):
        self.require(target, headers)
        if target not in self.objects:
            raise Refused("NotFound", "")

    def PutObject(self, target, headers, body, account, region):
        self.require(target, headers)
        if headers.get("if-none-match") == "*" and target in self.objects:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        self.objects[target] = body
        file = pathlib.Path("s3" + target)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
