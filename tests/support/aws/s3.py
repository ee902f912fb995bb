# SPDX-License-Identifier: Apache-2.0
"""S3: buckets, and objects whole and in parts, with conditions, checksums, copies, and versions where the bucket's name
begins with "versioned". Objects are files in the folder `s3`, too. All buckets are there, but for those whose name begins
with "absent", or with "verba-": these have to be made, and one in the file `taken` is somebody else's. What is in one whose
name begins with "closed" may neither be seen nor written."""
import base64
import email.utils
import hashlib
import itertools
import pathlib
import re
import time
import urllib.parse
import xml.etree.ElementTree
import xml.sax.saxutils

from signature import Refused

SETTINGS = {"publicAccessBlock": "PutPublicAccessBlock", "encryption": "PutBucketEncryption"}
SMALLEST_PART = 5 << 20  # of all but the last
KEPT = ("content-type", "cache-control", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")


def sha256(content):
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def xml_of(root, pairs):
    inner = "".join(f"<{name}>{xml.sax.saxutils.escape(str(value))}</{name}>" for name, value in pairs)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</{root}>'


class Object:
    def __init__(self, content, headers, etag=None, checksum=None):
        self.content = content
        # With a key of KMS the ETag is no MD5.
        salt = b"kms" if headers.get("x-amz-server-side-encryption", "").startswith("aws:kms") else b""
        self.etag = etag or hashlib.md5(content + salt).hexdigest()
        self.checksum = checksum
        self.headers = {name: value for name, value in headers.items() if name in KEPT or name.startswith("x-amz-meta-")}
        self.version = None
        self.written = int(time.time())

    def said(self):
        headers = {"ETag": f'"{self.etag}"', "Last-Modified": email.utils.formatdate(self.written, usegmt=True), **self.headers}
        if self.version:
            headers["x-amz-version-id"] = self.version
        if self.checksum:
            headers["x-amz-checksum-sha256"] = self.checksum
        return headers


    def row(self):
        """As a list has it."""
        written = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.written))
        return f'<LastModified>{written}</LastModified><ETag>&quot;{self.etag}&quot;</ETag><Size>{len(self.content)}</Size>'


class World:
    def __init__(self):
        self.all = {}  # by "/bucket/key", decoded
        self.versions = {}  # by path and id
        self.owners = {}  # of the buckets that were made here
        self.uploads = {}  # by id: path, headers, parts
        self.numbers = itertools.count(1)

    def in_bucket(self, bucket):
        return [path for path in self.all if path.startswith(f"/{bucket}/")]

    @staticmethod
    def action(method, target, headers):
        path, _, query = target.partition("?")
        asked = urllib.parse.parse_qs(query, keep_blank_values=True)
        if path.count("/") == 1 or path.endswith("/"):
            if method == "POST":
                return "DeleteObjects"
            if method == "GET":
                return "ListMultipartUploads" if "uploads" in asked else "ListObjectVersions" if "versions" in asked else "ListObjectsV2"
            return "HeadBucket" if method == "HEAD" else next(
                (action for name, action in SETTINGS.items() if name in asked), "CreateBucket")
        if "uploadId" in asked:
            return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}[method]
        if method == "POST":
            return "CreateMultipartUpload"
        if method == "PUT" and "x-amz-copy-source" in headers:
            return "CopyObject"
        return f"{method.capitalize()}Object"

    def carry_out(self, action, target, headers, body, account, region):
        """Status, headers, body."""
        path, _, query = target.partition("?")
        path = urllib.parse.unquote(path)
        asked = {name: values[0] for name, values in urllib.parse.parse_qs(query, keep_blank_values=True).items()}
        bucket = path.split("/")[1]
        if action == "CreateBucket":
            return self.create_bucket(bucket, body, account, region)
        owner = self.owner(bucket)
        if owner is None:
            raise Refused("NoSuchBucket", "The specified bucket does not exist")
        if bucket.startswith("closed") or owner and headers.get("x-amz-expected-bucket-owner", owner) != owner:
            raise Refused("AccessDenied", "Access Denied")
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", action.removesuffix("V2")).lower()
        return getattr(self, snake)(path, asked, headers, body)

    def owner(self, bucket):
        """Nobody's: it is not there. "": it was there before, and is whose you like."""
        if pathlib.Path("taken").exists() and bucket in pathlib.Path("taken").read_text().split():
            return "999999999999"
        return self.owners.get(bucket) if bucket.startswith(("verba-", "absent")) else ""

    def create_bucket(self, bucket, body, account, region):
        if self.owner(bucket) == account:
            raise Refused("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded")
        if self.owner(bucket) is not None:
            raise Refused("BucketAlreadyExists", "The requested bucket name is not available")
        if (f"<LocationConstraint>{region}</LocationConstraint>" in body.decode()) != (region != "us-east-1"):
            raise Refused("IllegalLocationConstraintException", "The location constraint is incompatible with the region")
        self.owners[bucket] = account
        return 200, {}, ""

    def head_bucket(self, path, asked, headers, body):
        return 200, {}, ""

    def put_public_access_block(self, path, asked, headers, body):
        if headers.get("x-amz-checksum-sha256") != sha256(body):
            raise Refused("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        return 200, {}, ""

    put_bucket_encryption = put_public_access_block

    def require(self, path):
        if path not in self.all:
            raise Refused("NoSuchKey", "The specified key does not exist.")
        return self.all[path]

    def judge(self, path, headers):
        """The conditions of a write."""
        there = self.all.get(path)
        if headers.get("if-none-match") == "*" and there:
            raise Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        if "if-match" in headers and (not there or headers["if-match"].strip('"') != there.etag):
            raise Refused("PreconditionFailed" if there else "NoSuchKey", "At least one of the pre-conditions you specified did not hold")

    def keep(self, path, new):
        if path.split("/")[1].startswith("versioned"):
            new.version = f"version-{next(self.numbers)}"
            self.versions[path, new.version] = new
        self.all[path] = new
        file = pathlib.Path("s3" + path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(new.content)
        return new

    def put_object(self, path, asked, headers, body):
        self.judge(path, headers)
        checksum = headers.get("x-amz-checksum-sha256")
        if checksum and checksum != sha256(body):
            raise Refused("BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        return 200, self.keep(path, Object(body, headers, checksum=checksum)).said(), ""

    def copy_object(self, path, asked, headers, body):
        of, _, version = headers["x-amz-copy-source"].partition("?versionId=")
        of = urllib.parse.unquote(of)
        if version and (of, version) not in self.versions:
            raise Refused("NoSuchVersion", "The specified version does not exist.")
        source = self.versions[of, version] if version else self.require(of)
        copy = self.keep(path, Object(source.content, source.headers, source.etag, source.checksum))
        return 200, {}, xml_of("CopyObjectResult", [("ETag", f'"{copy.etag}"')])

    def get_object(self, path, asked, headers, body):
        found = self.require(path)
        return 200, found.said(), found.content

    def head_object(self, path, asked, headers, body):
        found = self.require(path)
        said = found.said()
        if headers.get("x-amz-checksum-mode") != "ENABLED":
            said.pop("x-amz-checksum-sha256", None)
        return 200, said, found.content

    def delete_object(self, path, asked, headers, body):
        if self.all.pop(path, None):
            pathlib.Path("s3" + path).unlink()
        return 204, {}, ""

    def list_object_versions(self, path, asked, headers, body):
        """Pages of two, so that a test need not make a thousand."""
        keys = [known.split("/", 2)[2] for known in self.in_bucket(path.strip("/"))][:2]
        rows = "".join(f"<Version><Key>{xml.sax.saxutils.escape(key)}</Key><VersionId>null</VersionId></Version>" for key in keys)
        return 200, {}, f"<ListVersionsResult>{rows}</ListVersionsResult>"

    def delete_objects(self, path, asked, headers, body):
        if headers.get("x-amz-checksum-sha256") != sha256(body):
            raise Refused("InvalidRequest", "Missing required header for this request: Content-MD5")
        for one in xml.etree.ElementTree.fromstring(body).findall("Object"):
            self.delete_object(f"{path.rstrip('/')}/{one.findtext('Key')}", asked, headers, body)
        return 200, {}, "<DeleteResult></DeleteResult>"

    def list_objects(self, path, asked, headers, body):
        begin = path if path.endswith("/") else path + "/"
        keys = sorted(known[len(begin):] for known in self.all if known.startswith(begin + asked.get("prefix", "")))
        keys = [key for key in keys if key > asked.get("continuation-token", asked.get("start-after", ""))]
        more = f"<NextContinuationToken>{keys[999]}</NextContinuationToken>" if len(keys) > 1000 else ""
        rows = "".join(f"<Contents><Key>{xml.sax.saxutils.escape(key)}</Key>{self.all[begin + key].row()}</Contents>" for key in keys[:1000])
        return 200, {}, f"<ListBucketResult><KeyCount>{len(keys[:1000])}</KeyCount>{more}{rows}</ListBucketResult>"

    def create_multipart_upload(self, path, asked, headers, body):
        upload = f"upload-{next(self.numbers)}"
        self.uploads[upload] = (path, headers, {})
        return 200, {}, xml_of("InitiateMultipartUploadResult", [("UploadId", upload)])

    def upload_of(self, path, asked):
        if asked["uploadId"] not in self.uploads or self.uploads[asked["uploadId"]][0] != path:
            raise Refused("NoSuchUpload", "The specified upload does not exist.")
        return self.uploads[asked["uploadId"]]

    def upload_part(self, path, asked, headers, body):
        if headers.get("x-amz-checksum-sha256") != sha256(body):
            raise Refused("BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        self.upload_of(path, asked)[2][int(asked["partNumber"])] = body
        return 200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, ""

    def complete_multipart_upload(self, path, asked, headers, body):
        _, begun, parts = self.upload_of(path, asked)
        self.judge(path, headers)
        named = [(int(part.findtext("PartNumber")), part.findtext("ETag").strip('"'), part.findtext("ChecksumSHA256"))
                 for part in xml.etree.ElementTree.fromstring(body)]
        if named != [(number, hashlib.md5(parts[number]).hexdigest(), sha256(parts[number])) for number in sorted(parts)]:
            raise Refused("InvalidPart", "One or more of the specified parts could not be found.")
        contents = [parts[number] for number in sorted(parts)]
        if any(len(content) < SMALLEST_PART for content in contents[:-1]):
            raise Refused("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        def joined(digest):
            return digest(b"".join(digest(content).digest() for content in contents))
        etag = f"{joined(hashlib.md5).hexdigest()}-{len(contents)}"
        checksum = f"{base64.b64encode(joined(hashlib.sha256).digest()).decode()}-{len(contents)}"
        new = self.keep(path, Object(b"".join(contents), begun, etag, checksum))
        del self.uploads[asked["uploadId"]]
        return 200, {"x-amz-version-id": new.version} if new.version else {}, xml_of("CompleteMultipartUploadResult", [("ETag", f'"{new.etag}"')])

    def abort_multipart_upload(self, path, asked, headers, body):
        self.uploads.pop(asked["uploadId"], None)
        return 204, {}, ""

    def list_multipart_uploads(self, path, asked, headers, body):
        begin = path if path.endswith("/") else path + "/"
        rows = "".join(f"<Upload><Key>{xml.sax.saxutils.escape(of[len(begin):])}</Key><UploadId>{upload}</UploadId></Upload>"
                       for upload, (of, _, _) in self.uploads.items() if of.startswith(begin + asked.get("prefix", "")))
        return 200, {}, f"<ListMultipartUploadsResult>{rows}</ListMultipartUploadsResult>"
