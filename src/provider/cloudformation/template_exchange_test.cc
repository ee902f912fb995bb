// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "value/yaml.h"

namespace verba {
namespace {

using testing::ElementsAre;

Terms terms(const std::string& with) {
  Sources sources;
  Diagnostics diagnostics;
  Resource resource;
  resource.inputs = parse_yaml(sources, sources.add("m.yaml", with), diagnostics).at(0);
  return terms_of_stack(resource);
}

/// "name=value", "name" where that is known later.
std::vector<std::string> given(const Terms& terms) {
  std::vector<std::string> all;
  for (const Terms::Given& one : terms.gives) all.push_back(one.name + (one.value ? "=" + *one.value : ""));
  return all;
}

/// With a '?' where a condition may leave it out.
std::vector<std::string> taken(const Terms& terms) {
  std::vector<std::string> all;
  for (const Terms::Taken& one : terms.takes) all.push_back(one.name + (one.is_sure ? "" : "?"));
  return all;
}

TEST(TemplateExchange, NamesAndValuesAsFarAsTheyAreKnown) {
  const Terms found = terms(R"(
stack: net
parameters: {Size: small, Old: null}
data:
  Parameters:
    Size: {Type: String}
    Old: {Type: String, Default: a}
    Key: {Type: "AWS::SSM::Parameter::Value<String>", Default: /key}
    Days: {Type: String, Default: "3"}
  Outputs:
    A: {Value: !Ref Size, Export: {Name: !Sub "${AWS::StackName}-size"}}
    B: {Value: !Ref Old, Export: {Name: b}}
    C: {Value: !Ref Key, Export: {Name: c}}
    D: {Value: !Sub "${Days} of ${AWS::Region}", Export: {Name: d}}
    E: {Value: !Ref Topic, Export: {Name: e}}
    F: {Value: "{{resolve:ssm:/key}}", Export: {Name: f}}
    G: {Value: none})");
  EXPECT_THAT(given(found), ElementsAre("net-size=small", "b", "c", "d=3 of ${AWS::Region}", "e", "f"));
  EXPECT_TRUE(found.is_whole);
}

TEST(TemplateExchange, WhatMayGiveMoreIsNotWhole) {
  for (const char* data : {"{Outputs: {A: {Value: a, Export: {Name: !GetAtt B.C}}}}",
                           "{Transform: 'AWS::Serverless-2016-10-31', Outputs: {A: {Value: a, Export: {Name: a}}}}",
                           "{Outputs: {'Fn::ForEach::O': [N, [a], {'${N}': {Value: a}}]}}",
                           "{Outputs: {'Fn::Transform': {Name: 'AWS::Include'}}}", "'Export: ['"}) {
    EXPECT_FALSE(terms(std::string("{stack: s, data: ") + data + "}").is_whole) << data;
  }
  EXPECT_TRUE(terms("{stack: s, data: {Outputs: {A: {Value: a}}}}").is_whole);
}

TEST(TemplateExchange, ConditionsMayLeaveImportsOut) {
  const Terms found = terms(R"(
stack: s
data:
  Resources:
    A: {Type: T, Properties: {P: !ImportValue a, Q: !If [C, !ImportValue b, c]}}
    B: {Type: T, Condition: C, Properties: {P: !ImportValue d}}
  Outputs:
    O: {Value: !ImportValue e})");
  EXPECT_THAT(taken(found), ElementsAre("a", "b?", "d?", "e"));
}

}  // namespace
}  // namespace verba
