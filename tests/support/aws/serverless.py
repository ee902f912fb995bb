# SPDX-License-Identifier: Apache-2.0
"""What AWS::Serverless-2016-10-31 makes of a template: aws-sam-translator does it, where this Python has it."""
import importlib.util
import json
import logging
import os

from signature import invalid

SERVERLESS = "AWS::Serverless-2016-10-31"
MODULE = "samtranslator"  # a test that has to be the same with it and without it takes the name away: see stand_in.py


def can_expand():
    return bool(MODULE) and importlib.util.find_spec(MODULE) is not None


def own(resource):
    """Its properties. Of the events of one of SAM's types the transform makes other resources, which need it."""
    properties = resource.get("Properties", {})
    is_ours = resource["Type"].startswith("AWS::Serverless::")
    return {name: value for name, value in properties.items() if not (is_ours and name == "Events")}


class NoPolicies:
    @staticmethod
    def load():
        return {}


def expanded(template, parameters, region):
    """With what its types stand for; as it is, where nobody can tell. Raises Refused."""
    if not can_expand():
        return template
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.arn_generator import ArnGenerator
    from samtranslator.translator.transform import transform  # takes a second

    logging.getLogger(MODULE).setLevel(logging.ERROR)
    os.environ["AWS_DEFAULT_REGION"] = ArnGenerator.BOTO_SESSION_REGION_NAME = region
    try:
        return transform(json.loads(json.dumps(template)), dict(parameters), NoPolicies)
    except InvalidDocumentException as wrong:
        raise invalid(" ".join([wrong.message, *(cause.message for cause in wrong.causes)])) from None
