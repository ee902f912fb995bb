# SPDX-License-Identifier: Apache-2.0
"""A strict check of AWS's Signature Version 4, from the bytes of a request as they came (IAM User Guide, "Signing AWS
API requests"). It shares no code with what it checks."""
import datetime
import hashlib
import hmac
import re
import urllib.parse

SKEW = datetime.timedelta(minutes=5)


class Refused(Exception):
    """code, message"""


def invalid(message):
    return Refused("ValidationError", message)


def canonical(text):
    return urllib.parse.quote(text, safe="-_.~")


def canonical_query(query):
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    return "&".join(f"{canonical(urllib.parse.unquote(name))}={canonical(urllib.parse.unquote(value))}"
                    for name, value in sorted(pairs))


def canonical_path(path, service):
    if service == "s3":
        return path
    return "/".join(canonical(part) for part in re.sub("/{2,}", "/", path).split("/"))


def check(method, target, headers, body, secret_of, now):
    """The id of the key that signed, and the scope's region and service. `headers`: names in lower case to values;
    `secret_of(id, token)` gives the secret key, or raises Refused."""
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
                         r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})", headers.get("authorization", ""))
    if not match:
        raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token")
    key, day, region, service, names, signature = match.groups()
    secret = secret_of(key, headers.get("x-amz-security-token", ""))
    stamp = headers.get("x-amz-date", "")
    at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    if abs(at - now) > SKEW or not stamp.startswith(day):
        raise Refused("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
    signed = names.split(";")
    must = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    if signed != sorted(set(signed)) or not must <= set(signed) or not set(signed) <= set(headers):
        raise Refused("SignatureDoesNotMatch", f"the signed headers are {names}")
    payload = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", payload) != payload:
        raise Refused("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    path, _, query = target.partition("?")
    request = "\n".join([method, canonical_path(path, service), canonical_query(query),
                         *(f"{name}:{' '.join(headers[name].split())}" for name in signed), "", names, payload])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    sealed = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request"):
        sealed = hmac.digest(sealed, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.new(sealed, text.encode(), "sha256").hexdigest(), signature):
        raise Refused("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
    return key, region, service
