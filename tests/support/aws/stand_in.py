#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for AWS in tests: STS, CloudFormation, S3 (s3.py), SNS and reading secrets on a port of this machine, for several
accounts and regions. It makes no resources; what it keeps to are the protocol, the statuses over several looks, the
events, and the mistakes.

    stand_in.py [--seconds N] [--tls CERTIFICATE] [--moto yes] [--sam no]

With moto the resources of stacks are made, in moto (moto_resources.py), and it answers for every service but STS and
CloudFormation: what a stack made is found there by the AWS CLI, at the address of this server (for SQS only with --endpoint-url).
The Python that runs it has to have moto, then (`pip install 'moto[server]'`). Signatures and faults count all the same; what the
buckets' and other names mean to s3.py, and the file `messages`, do not.

Templates of SAM become what the transform makes of them, where the Python has aws-sam-translator and nobody says `--sam no`.

It ends by itself after two minutes, or so many seconds. It writes its address to the file `aws`, and for each call "ACCOUNT
REGION ACTION [DETAIL]" to the file `calls`; the file `stacks` has what became of each stack. Where a file `call-times` is,
each call's time and action are added to it.

The key AKIDDEPLOYER with the secret `deployer-secret` is of account 111111111111. It may take on any role of any account
whose name does not begin with "closed"; one whose name begins with "guarded" asks for the external id `open-sesame`,
one whose name begins with "strong" for the MFA code 123456. With a web identity (AssumeRoleWithWebIdentity, which nobody signs) the
same roles are had for a token that begins with neither "expired" nor "wrong".
Every signature is checked strictly, and every call and answer beside AWS's own models (model.py).

The file `faults` says what goes wrong, a line each: ACTION KIND [TIMES], where KIND is `throttle`, `html` (status 500),
`busy` (status 503, nothing more), `hang` (no answer for a minute), `cut` (the call is carried out, and the connection
cut before the answer), `empty` (status 200, and nothing is done), `bare` (the same, the answer without its content),
`expired` (the token), `skew` (refused for its time), or the code of an error.

The file `rewritten` says what is changed in good answers of the query protocol, a line each: ACTION PATTERN => TEXT.
"""
import datetime
import http.server
import json
import os
import pathlib
import re
import signal
import socketserver
import ssl
import sys
import threading
import time
import traceback
import urllib.parse
import xml.sax.saxutils

import cloudformation
import resources
import s3
import serverless
from model import faults_of
from signature import Refused, check, invalid

DEPLOYER = ("AKIDDEPLOYER", "deployer-secret", "111111111111", "arn:aws:iam::111111111111:user/deployer")
LENGTH = datetime.timedelta(hours=1)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def element(name, value):
    """XML of the query protocol: dicts are structures, lists have members, None is left out."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = "".join(element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(element("member", item) for item in value)
    elif isinstance(value, bool):
        inner = str(value).lower()
    else:
        inner = xml.sax.saxutils.escape(str(value))
    return f"<{name}>{inner}</{name}>"


def lists_of(form):
    """"Tags.member.1.Key" taken apart: dicts and lists; "Names.entry.1.key" (SNS: Name) with its value is of a map."""
    tree = {}
    for name, value in form.items():
        at = tree
        *path, last = name.split(".")
        for part in path:
            at = at.setdefault(part, {})
        at[last] = value

    def settled(value):
        if not isinstance(value, dict):
            return value
        if set(value) == {"member"}:
            return [settled(value["member"][key]) for key in sorted(value["member"], key=int)]
        if set(value) == {"entry"}:
            entries = [settled(one) for one in value["entry"].values()]
            return {one.get("key", one.get("Name")): one.get("value", one.get("Value")) for one in entries}
        return {key: settled(item) for key, item in value.items()}

    return settled(tree)


class Sts:
    def __init__(self):
        self.sessions = {}  # key: (secret, token, account, arn, end)
        self.count = 0

    def secret_of(self, key, token):
        if key == DEPLOYER[0] and not token:
            return DEPLOYER[1]
        if key not in self.sessions or self.sessions[key][1] != token:
            raise Refused("InvalidClientTokenId", "The security token included in the request is invalid.")
        if self.sessions[key][4] < now():
            raise Refused("ExpiredToken", "The security token included in the request is expired")
        return self.sessions[key][0]

    def who(self, key):
        """account, arn"""
        return DEPLOYER[2:4] if key == DEPLOYER[0] else self.sessions[key][2:4]

    def get_caller_identity(self, caller, form):
        account, arn = self.who(caller)
        return {"Arn": arn, "UserId": caller, "Account": account}

    def assume_role(self, caller, form):
        role = form["RoleArn"]
        match = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(.+)", role)
        closed = not match or match[2].startswith("closed")
        closed = closed or (match[2].startswith("guarded") and form.get("ExternalId") != "open-sesame")
        if closed or (match[2].startswith("strong") and form.get("TokenCode") != "123456"):
            raise Refused("AccessDenied", f"User: {self.who(caller)[1]} is not authorized to perform: sts:AssumeRole on "
                                          f"resource: {role}")
        return self.session(match[1], match[2], form)

    def assume_role_with_web_identity(self, caller, form):
        """By a token of somebody else's instead of a key of ours."""
        token, match = form["WebIdentityToken"], re.fullmatch(r"arn:aws:iam::(\d{12}):role/(.+)", form["RoleArn"])
        if token.startswith("expired"):
            raise Refused("ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time")
        if token.startswith("wrong"):
            raise Refused("InvalidIdentityToken", "The web identity token that was passed could not be validated")
        if not match or match[2].startswith("closed"):
            raise Refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return {**self.session(match[1], match[2], form), "SubjectFromWebIdentityToken": "subject", "Provider": "provider", "Audience": "sts"}

    def session(self, account, role, form):
        self.count += 1
        key = f"ASIASESSION{self.count:05}"
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/{form['RoleSessionName']}"
        length = datetime.timedelta(seconds=int(form.get("DurationSeconds", LENGTH.total_seconds())))
        self.sessions[key] = (f"secret-of-session-{self.count}", f"token-of-session-{self.count}", account, arn, now() + length)
        return {"Credentials": {"AccessKeyId": key, "SecretAccessKey": self.sessions[key][0],
                                "SessionToken": self.sessions[key][1],
                                "Expiration": (now() + length).strftime("%Y-%m-%dT%H:%M:%SZ")},
                "AssumedRoleUser": {"Arn": arn, "AssumedRoleId": f"AROA:{form['RoleSessionName']}"}}


class Faults:
    """What is still to go wrong."""

    def __init__(self):
        self.left = {}

    def next(self, action):
        try:
            lines = pathlib.Path("faults").read_text().splitlines()
        except FileNotFoundError:
            return ""
        for number, line in enumerate(lines):
            wanted, kind, *times = line.split()
            key = (number, line)
            left = self.left.setdefault(key, int(times[0]) if times else 1)
            if wanted == action and left > 0:
                self.left[key] = left - 1
                return kind
        return ""


def rewritten(action, answer):
    """As the file of that name has it."""
    if not os.path.exists("rewritten"):
        return answer
    for line in pathlib.Path("rewritten").read_text().splitlines():
        wanted, change = line.split(" ", 1)
        pattern, text = change.split(" => ")
        answer = re.sub(pattern, text, answer) if wanted == action else answer
    return answer


class Aws:
    """All of it. One call at a time, but for those that moto answers."""

    def __init__(self, moto=None):
        self.moto = moto
        self.lock = threading.Lock()
        self.sts = Sts()
        self.faults = Faults()
        self.published = 0
        self.s3 = s3.World()
        self.stacks = cloudformation.World(moto or resources.Named(self.s3))

    def call(self, method, target, headers, body):
        """status, headers, body; a status of 0 cuts the connection, one of -1 leaves it waiting"""
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request", headers.get("authorization", ""))
        service = scope[1] if scope else ""
        if self.moto and service not in ("", "sts", "cloudformation"):
            return self.call_moto(service, method, target, headers, body)
        if service == "s3":
            return self.call_objects(method, target, headers, body)
        status, text = self.call_action(method, target, headers, body)
        return status, {"Content-Type": "text/xml"}, text

    def call_moto(self, service, method, target, headers, body):
        action = self.s3.action(method, target, headers) if service == "s3" else headers.get("x-amz-target") or (
            dict(urllib.parse.parse_qsl(body.decode(errors="replace"))).get("Action") or f"{service}:{method}")
        try:
            with self.lock:
                key, region, _ = check(method, target, headers, body, self.sts.secret_of, now())
                account = self.sts.who(key)[0]
                self.note(account, region, action, target.partition("?")[0] if service == "s3" else "")
                fault = self.faults.next(action)
            if fault and fault != "cut":
                return self.gone_wrong(fault, "SlowDown" if service == "s3" else "Throttling")
            answer = self.moto.forward(method, target, headers, body, account)
            return (0, {}, "") if fault == "cut" else answer
        except Refused as refused:
            if service == "s3":
                return self.refused_object(refused, method)
            by_xml = service == "route53" or "x-www-form-urlencoded" in headers.get("content-type", "")
            status, text = self.refused_action(refused, not by_xml)
            return status, {"Content-Type": "text/xml"}, text

    @staticmethod
    def gone_wrong(fault, throttled="Throttling", bare=""):
        """Status, headers and body, or raises Refused."""
        if fault == "html":
            return 500, {}, "<html><body>Internal Failure</body></html>"
        if fault == "busy":
            return 503, {}, ""
        if fault in ("empty", "bare"):
            return 200, {}, bare if fault == "bare" else ""
        if fault == "hang":
            return -1, {}, ""
        raise Refused({"throttle": throttled, "expired": "ExpiredToken", "skew": "RequestTimeTooSkewed"}.get(fault, fault),
                      "Rate exceeded" if fault == "throttle" else "as the test has it")

    def call_objects(self, method, target, headers, body):
        action = self.s3.action(method, target, headers)
        with self.lock:
            try:
                key, region, _ = check(method, target, headers, body, self.sts.secret_of, now())
                path = target.partition("?")[0]
                self.note(self.sts.who(key)[0], region, action, path)
                fault = self.faults.next(action)
                if fault and fault != "cut":
                    return self.gone_wrong(fault, "SlowDown")
                answer = self.s3.carry_out(action, target, headers, body, self.sts.who(key)[0], region)
                return (0, {}, "") if fault == "cut" else answer
            except Refused as refused:
                return self.refused_object(refused, method)

    @staticmethod
    def refused_object(refused, method):
        status = {"NoSuchKey": 404, "NoSuchBucket": 404, "NoSuchUpload": 404, "PreconditionFailed": 412, "SlowDown": 503,
                  "AccessDenied": 403, "SignatureDoesNotMatch": 403, "BucketAlreadyExists": 409,
                  "BucketAlreadyOwnedByYou": 409, "OperationAborted": 409}.get(refused.args[0], 400)
        error = "" if method == "HEAD" else element("Error", {"Code": refused.args[0], "Message": refused.args[1]})
        return status, {"Content-Type": "application/xml"}, error

    @staticmethod
    def refused_action(refused, by_json):
        if by_json:
            return 400, json.dumps({"__type": refused.args[0], "message": refused.args[1]})
        error = {"Error": {"Type": "Sender", "Code": refused.args[0], "Message": refused.args[1]}, "RequestId": "req-1"}
        status = 403 if refused.args[0] in ("AccessDenied", "SignatureDoesNotMatch", "ExpiredToken",
                                            "InvalidClientTokenId", "RequestTimeTooSkewed") else 400
        return status, element("ErrorResponse", error)

    @staticmethod
    def note(account, region, action, detail):
        with open("calls", "a") as calls:
            calls.write(f"{account} {region} {action} {detail}".rstrip() + "\n")
        if os.path.exists("call-times"):
            with open("call-times", "a") as times:
                times.write(f"{time.time():.3f} {action}\n")

    def call_action(self, method, target, headers, body):
        """status, body"""
        by_json = "x-amz-target" in headers
        form = json.loads(body) if by_json else lists_of(dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)))
        action = headers["x-amz-target"] if by_json else form.get("Action", "")
        with self.lock:
            try:
                key, region, service = self.signer(action, method, target, headers, body)
                account = self.sts.who(key)[0] if key else "-"
                detail = (form.get("Name") or form.get("SecretId") or form.get("StackName") or form.get("RoleArn") or form.get("ChangeSetName") or "")
                self.note(account, region, action, detail)
                fault = self.faults.next(action)
                if fault and fault != "cut":
                    status, _, text = self.gone_wrong(fault, bare="{}" if by_json else f"<{action}Response/>")
                    return status, text
                self.require_as_aws(service, action, form)
                if by_json:
                    return 200, json.dumps(self.secret(action, form))
                result = self.answer(service, action, key, account, region, form)
                faults = faults_of("output", service, action, result)
                assert not faults, f"{action} of AWS does not answer so: {'; '.join(faults)}"
                pathlib.Path("stacks").write_text(json.dumps(self.stacks.history()))
                answer = (f"<{action}Response>{element(action + 'Result', result)}<ResponseMetadata><RequestId>req-1</RequestId>"
                          f"</ResponseMetadata></{action}Response>")
                return (0, "") if fault == "cut" else (200, rewritten(action, answer))
            except Refused as refused:
                return self.refused_action(refused, by_json)

    @staticmethod
    def require_as_aws(service, action, form):
        said = {name: value for name, value in form.items() if name not in ("Action", "Version")}
        faults = faults_of("input", service, action.rpartition(".")[2], said)
        if faults:
            raise invalid(f"{len(faults)} validation errors detected: {'; '.join(faults)}")

    def signer(self, action, method, target, headers, body):
        """Key, region and service; no key for the one call that nobody signs."""
        if action == "AssumeRoleWithWebIdentity":
            return "", "-", "sts"
        return check(method, target, headers, body, self.sts.secret_of, now())

    def secret(self, action, form):
        """Of Systems Manager and Secrets Manager there is one each, in two versions; and the deployer's key."""
        if action == "AmazonSSM.GetParameter" and form.get("WithDecryption"):
            _, is_there, version = form["Name"].partition("/web/password")
            if is_there:
                versions = {"": "pa55-of-ssm", ":2": "pa55-of-ssm", ":1": "pa55-of-ssm-before", ":old": "pa55-of-ssm-before"}
                if version not in versions:
                    raise Refused("ParameterVersionNotFound", "there is no such version")
                return {"Parameter": {"Name": form["Name"], "Type": "SecureString", "Value": versions[version]}}
            if form["Name"] == "/keys/deployer":
                return {"Parameter": {"Name": form["Name"], "Type": "SecureString", "Value": DEPLOYER[1]}}
        if action == "secretsmanager.GetSecretValue" and form["SecretId"] == "web":
            known = {("AWSCURRENT", "v2"): "pa55-of-manager", ("AWSPREVIOUS", "v1"): "pa55-of-manager-before"}
            stage = form.get("VersionStage", "AWSCURRENT" if "VersionId" not in form else None)
            for (named, version), password in known.items():
                if stage in (None, named) and form.get("VersionId", version) == version:
                    return {"Name": "web", "VersionId": version, "SecretString": json.dumps({"password": password, "port": 5432})}
            raise Refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret value")
        code = "ParameterNotFound" if action.startswith("AmazonSSM") else "ResourceNotFoundException"
        raise Refused(code, "there is none of that name")

    def publish(self, account, region, form):
        """Messages go to the file `messages`; every topic is there but those whose name begins with "absent"."""
        if not re.fullmatch(rf"arn:aws:sns:{region}:{account}:(?!absent).+", form["TopicArn"]):
            raise Refused("NotFound", "Topic does not exist")
        if form["TopicArn"].endswith(".fifo") != ("MessageGroupId" in form):
            raise Refused("InvalidParameter", "The MessageGroupId parameter is required for FIFO topics, and for no others")
        said = {name: value for name, value in form.items() if name not in ("Action", "Version", "MessageDeduplicationId")}
        with open("messages", "a") as messages:
            messages.write(json.dumps(said) + "\n")
        self.published += 1
        return {"MessageId": f"message-{self.published}"}

    def answer(self, service, action, key, account, region, form):
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
        if service == "sts" and hasattr(self.sts, snake):
            return getattr(self.sts, snake)(key, form)
        if service == "cloudformation" and hasattr(self.stacks, snake):
            return getattr(self.stacks, snake)(account, region, form)
        if service == "sns" and action == "Publish":
            return self.publish(account, region, form)
        raise Refused("InvalidAction", f"Could not find operation {action} of {service}")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            status, said, content = self.server.aws.call(self.command, self.path, headers, body)
        except Exception:  # a mistake of this stand-in: whoever called is told, and so is whoever looks at the test
            traceback.print_exc()
            status, said, content = 500, {}, traceback.format_exc()
        if status <= 0:
            time.sleep(60 if status < 0 else 0)
            self.close_connection = True
            return
        content = content if isinstance(content, bytes) else content.encode()
        self.send_response(status)
        for name, value in said.items():
            self.send_header(name, value)
        if "Content-Length" not in said:  # the answer to HEAD may name that of what it leaves out
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 256


def with_moto():
    from moto_resources import InMoto  # takes a second

    return InMoto()


def main():
    words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    signal.alarm(int(words.get("--seconds", 120)))
    serverless.MODULE = "" if words.get("--sam") == "no" else serverless.MODULE
    server = Server(("127.0.0.1", 0), Handler)
    server.aws = Aws(with_moto() if words.get("--moto") == "yes" else None)
    if "--tls" in words:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(words["--tls"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    pathlib.Path("aws.new").write_text(f"http{'s' if '--tls' in words else ''}://127.0.0.1:{server.server_port}")
    os.rename("aws.new", "aws")
    server.serve_forever()


if __name__ == "__main__":
    main()
