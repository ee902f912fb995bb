# SPDX-License-Identifier: Apache-2.0
"""The functions of templates, their conditions, and Fn::ForEach of AWS::LanguageExtensions.

A scope says what names stand for: reference(name), attribute(name, attribute), holds(condition), mapping(name) and
imported(name); text that cannot be understood makes it, or what is here, raise Refused.
"""
import base64
import ipaddress
import json
import re

from signature import invalid

NO_VALUE = object()  # what AWS::NoValue stands for: the entry it would be the value of is left out
FOR_EACH = "Fn::ForEach::"
NAMING = ("Ref", "Fn::GetAtt")  # what these name may be said by functions, with AWS::LanguageExtensions


def evaluated(value, scope):
    if isinstance(value, list):
        return [item for item in (evaluated(item, scope) for item in value) if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), = value.items()
        if name in LAZY:
            return LAZY[name](argument, scope)
        if name in FUNCTIONS:
            return FUNCTIONS[name](evaluated(argument, scope), scope)
    items = {key: evaluated(item, scope) for key, item in value.items()}
    return {key: item for key, item in items.items() if item is not NO_VALUE}


def choice(argument, scope):
    condition, then, otherwise = argument
    return evaluated(then if scope.holds(condition) else otherwise, scope)


def attribute(argument, scope):
    logical, name = argument.split(".", 1) if isinstance(argument, str) else argument
    return scope.attribute(logical, evaluated(name, scope))


def substituted(argument, scope):
    text, own = (argument[0], evaluated(argument[1], scope)) if isinstance(argument, list) else (argument, {})

    def named(found):
        name = found[1]
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in own:
            return str(own[name])
        return str(attribute(name, scope) if "." in name else scope.reference(name))

    return re.sub(r"\$\{(!?[A-Za-z0-9:._]+)\}", named, text)


def found_in_map(argument, scope):
    name, first, second, *more = argument
    try:
        return scope.mapping(name)[first][second]
    except KeyError:
        if more:
            return more[0]["DefaultValue"]
        raise invalid(f"Template error: Unable to get mapping for {name}::{first}::{second}") from None


def networks(argument, scope):
    block, count, bits = argument
    try:
        subnets = ipaddress.ip_network(block).subnets(new_prefix=32 - int(bits))
        return [str(subnet) for subnet, _ in zip(subnets, range(int(count)))]
    except ValueError:  # an attribute of which only the name is known
        return [f"{block}[{number}]" for number in range(int(count))]


def selected(argument, scope):
    number, items = int(argument[0]), argument[1]
    # Of a list that is an attribute only the name may be known.
    return items[number] if isinstance(items, list) and number < len(items) else f"{items}[{number}]"


LAZY = {
    "Ref": lambda name, scope: scope.reference(name),
    "Condition": lambda name, scope: scope.holds(name) if isinstance(name, str) else {"Condition": evaluated(name, scope)},
    "Fn::If": choice,
    "Fn::GetAtt": attribute,
    "Fn::Sub": substituted,
}
FUNCTIONS = {
    "Fn::And": lambda sides, scope: all(sides),
    "Fn::Or": lambda sides, scope: any(sides),
    "Fn::Not": lambda sides, scope: not sides[0],
    "Fn::Equals": lambda sides, scope: as_text(sides[0]) == as_text(sides[1]),
    "Fn::Base64": lambda text, scope: base64.b64encode(text.encode()).decode(),
    "Fn::Cidr": networks,
    "Fn::FindInMap": found_in_map,
    "Fn::GetAZs": lambda region, scope: [f"{region or scope.reference('AWS::Region')}{letter}" for letter in "abc"],
    "Fn::ImportValue": lambda name, scope: scope.imported(name),
    "Fn::Join": lambda argument, scope: argument[0].join(as_text(item) for item in argument[1]),
    "Fn::Length": lambda items, scope: len(items),
    "Fn::Select": selected,
    "Fn::Split": lambda argument, scope: argument[1].split(argument[0]),
    "Fn::ToJsonString": lambda value, scope: json.dumps(value),
}


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, (int, float)) else value


def expanded(value, scope):
    """What AWS::LanguageExtensions makes of it. In the place of each Fn::ForEach::NAME: [VARIABLE, LIST, {KEY: BODY}], outer ones
    first, there is what it makes; and names are plain text."""
    if isinstance(value, list):
        return [expanded(item, scope) for item in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, item in value.items():
        if key.startswith(FOR_EACH):
            made.update(each(key, item, scope))
        else:
            made[key] = evaluated(item, scope) if key in NAMING else expanded(item, scope)
    return made


def each(key, argument, scope):
    try:
        variable, items, body = argument
        items = evaluated(items, scope)
        if not isinstance(items, list):
            raise TypeError
        return {name: one for item in items for name, one in expanded(with_variable(body, variable, str(item)), scope).items()}
    except (TypeError, ValueError, AttributeError):
        raise invalid(f"Template error: {key} layout is incorrect") from None


def with_variable(value, variable, item):
    """${X} becomes the item, &{X} what is alphanumeric of it; in keys and in values."""
    if isinstance(value, str):
        return value.replace(f"${{{variable}}}", item).replace(f"&{{{variable}}}", re.sub("[^A-Za-z0-9]", "", item))
    if isinstance(value, list):
        return [with_variable(one, variable, item) for one in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": variable}:
        return item
    return {with_variable(key, variable, item): with_variable(one, variable, item) for key, one in value.items()}


def named_in(value):
    """What a part of a template needs: pairs of a name and an attribute of it, or None for the thing itself."""
    if isinstance(value, list):
        return {pair for item in value for pair in named_in(item)}
    if not isinstance(value, dict):
        return set()
    pairs = {pair for item in value.values() for pair in named_in(item)}
    if "Ref" in value:
        if not isinstance(value["Ref"], str):
            raise invalid("Template format error: Every Ref object must have a single String value.")
        pairs.add((value["Ref"], None))
    if "Fn::GetAtt" in value:
        pairs.add(named_by_attribute(value["Fn::GetAtt"]))
    if "Fn::Sub" in value:
        text, own = (value["Fn::Sub"], {}) if isinstance(value["Fn::Sub"], str) else value["Fn::Sub"]
        pairs |= {(logical, name or None) for logical, name in re.findall(r"\$\{([A-Za-z0-9:]+)(?:\.([A-Za-z0-9._]+))?\}", text)
                  if logical not in own}
    return pairs


def named_by_attribute(argument):
    """Of the name of an attribute that a function says nothing is known."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        raise invalid("Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
                      "attribute")
    return parts[0], parts[1] if isinstance(parts[1], str) else None


def arguments_of(function, value):
    """Of all its uses."""
    if isinstance(value, dict):
        own = [value[function]] if function in value else []
        return own + [found for item in value.values() for found in arguments_of(function, item)]
    return [found for item in value for found in arguments_of(function, item)] if isinstance(value, list) else []
