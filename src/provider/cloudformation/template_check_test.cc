// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/cloudformation/template_artifacts.h"
#include "value/yaml.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Resource stack_of(const std::string& with) {
  Sources sources;
  Diagnostics diagnostics;
  Resource resource;
  resource.inputs = parse_yaml(sources, sources.add("m.yaml", with), diagnostics).at(0);
  return resource;
}

/// Messages, without where they point.
std::vector<std::string> mistakes_of(const Resource& resource) {
  Diagnostics found;
  check_template(resource, {}, found);
  std::vector<std::string> messages;
  for (const Diagnostic& one : found.all()) messages.push_back(one.message);
  return messages;
}

std::vector<std::string> mistakes_in(const std::string& with) {
  return mistakes_of(stack_of(with));
}

/// One that is a file, with those beside it.
std::vector<std::string> mistakes_in_files(std::vector<std::pair<std::string, std::string>> files) {
  Resource resource = stack_of("{stack: s, template: a.yaml}");
  for (auto& [path, content] : files) {
    const bool is_first = path == "a.yaml";
    resource.files.push_back(
        {is_first ? "template" : std::string(artifact_field), path, {}, content, is_first ? "" : path});
  }
  return mistakes_of(resource);
}

constexpr const char* topic = "{T: {Type: 'AWS::SNS::Topic'}}";

TEST(TemplateCheck, WhatCannotBeReadSaysWhere) {
  for (const char* line : {"A: .inf", "A: 1e999", "A: {", "\tA: 1", "? [a]"}) {
    const std::vector<std::string> found =
        mistakes_in_files({{"a.yaml", std::string("Description: d\n") + line + "\n"}});
    ASSERT_EQ(found.size(), 1U) << line;
    EXPECT_THAT(found[0], HasSubstr("the template cannot be read: a.yaml:")) << line;
  }
  EXPECT_THAT(mistakes_in_files({{"a.yaml", " \n"}}), ElementsAre("the template cannot be read: a.yaml is empty"));
  EXPECT_THAT(mistakes_in_files({{"a.yaml", "{\"Resources\":\n\t{\"T\": {\"Type\": \"AWS::SNS::Topic\"}}}"}}),
              IsEmpty());
  EXPECT_EQ(mistakes_in("{stack: s, data: 'Resources: ['}").size(), 1U);
}

TEST(TemplateCheck, ThereAreResourcesAndNotTooMany) {
  EXPECT_THAT(mistakes_in("{data: {Description: d}}"), ElementsAre("the template has no Resources"));
  EXPECT_THAT(mistakes_in("{data: {Resources: {T: {Properties: {}}}}}"),
              ElementsAre("'T' in the template has no Type"));
  std::string many = "Resources:\n";
  for (int i = 0; i < 501; ++i) many += "  T" + std::to_string(i) + ": {Type: 'AWS::SNS::Topic'}\n";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", many}}),
              ElementsAre("a.yaml has 501 resources, and a stack has 500 at most"));
}

TEST(TemplateCheck, ParametersAreDeclaredAndGiven) {
  const std::string declared = "Parameters: {A: {Type: String}, B: {Type: String, Default: b}}, Resources: ";
  const auto with = [&](const std::string& given) {
    return mistakes_in("{data: {" + declared + topic + "}, parameters: " + given + "}");
  };
  EXPECT_THAT(with("{A: 1}"), IsEmpty());
  EXPECT_THAT(with("{A: null}"), IsEmpty());
  EXPECT_THAT(with("{A: 1, C: 2}"), ElementsAre("the template has no parameter 'C'"));
  EXPECT_THAT(with("{B: 1}"), ElementsAre("the parameter 'A' of the template has no Default, and is not given"));
}

TEST(TemplateCheck, CapabilitiesAreNamed) {
  const auto with = [](const std::string& resource, const std::string& capabilities = "[]") {
    return mistakes_in("{data: {Conditions: {A: true}, Resources: {R: " + resource +
                       "}}, capabilities: " + capabilities + "}");
  };
  const std::string role = "{Type: 'AWS::IAM::Role'}";
  const std::string named = "{Type: 'AWS::IAM::Role', Properties: {RoleName: r}}";
  EXPECT_THAT(with(role), ElementsAre("the template needs CAPABILITY_IAM: R is an AWS::IAM::Role"));
  EXPECT_THAT(with(named, "[CAPABILITY_IAM]"),
              ElementsAre("the template needs CAPABILITY_NAMED_IAM: R (AWS::IAM::Role) has a name of its own"));
  EXPECT_THAT(with(role, "[CAPABILITY_IAM]"), IsEmpty());
  EXPECT_THAT(with(role, "[CAPABILITY_NAMED_IAM]"), IsEmpty());
  EXPECT_THAT(with("{Type: 'AWS::IAM::Role', Properties: {RoleName: {'Fn::If': [A, b, c]}}}", "[CAPABILITY_IAM]"),
              IsEmpty());
  EXPECT_THAT(mistakes_in(std::string("{data: {Transform: 'AWS::Serverless-2016-10-31', Resources: ") + topic + "}}"),
              IsEmpty());
  EXPECT_THAT(with("{Type: 'AWS::IAM::ManagedPolicy', Properties: {ManagedPolicyName: {Ref: 'AWS::NoValue'}}}",
                   "[CAPABILITY_IAM]"),
              IsEmpty());
}

TEST(TemplateCheck, TakesTagsAsTheyAre) {
  const std::string resources = "Resources: {T: {Type: 'AWS::SNS::Topic', Properties: {DisplayName: !Odd x}}}";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", resources}}), ElementsAre("a.yaml:1:68: the tag '!Odd' is unknown"));
  const std::string rules = "Rules: {R: {Assertions: [{Assert: !EachMemberIn [!ValueOfAll [a, b], !RefAll c]}]}}\n";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", rules + "Resources: {T: {Type: 'AWS::SNS::Topic'}}"}}), IsEmpty());
  const std::string code =
      "Resources: {F: {Type: 'AWS::Lambda::Function', Properties: {Code: ./src, Timeout: !Odd 3}}}";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", code}}),
              ElementsAre("the template cannot be sent with its artifacts: a.yaml:1:83: the tag '!Odd' is unknown"));
}

TEST(TemplateCheck, TakesTheLastOfAKeyThatIsThereTwice) {
  const std::string twice = "Resources: {T: {Type: 'AWS::IAM::User', Type: 'AWS::SNS::Topic'}}";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", twice}}), ElementsAre("a.yaml:1:41: the key 'Type' is there twice"));
}

TEST(TemplateCheck, TellsWhatIsImportedAndIsNotThere) {
  Resource resource = stack_of("{stack: s, template: a.yaml, import: {T: t, U: u}}");
  resource.files.push_back({"template", "a.yaml", {}, std::string("Resources: ") + topic, ""});
  EXPECT_THAT(mistakes_of(resource), ElementsAre("T is imported, and is not retained", HasSubstr("names U")));
}

TEST(TemplateCheck, TellsWhatCameOutAsSomethingElse) {
  const std::string data = std::string(", data: {Resources: ") + topic + "}}";
  EXPECT_THAT(
      mistakes_of(stack_of("{stack: s, adopt: maybe, notificationArns: [5]" + data)),
      ElementsAre("'adopt' came out as string, not true or false", "'notificationArns' came out as number, not text"));
}

TEST(TemplateCheck, TakesOneDocument) {
  EXPECT_THAT(mistakes_in_files({{"a.yaml", "Resources: {T: {Type: 'AWS::SNS::Topic'}}\n---\na: 1\n"}}),
              ElementsAre("the template cannot be read: a.yaml has several documents"));
}

TEST(TemplateCheck, LooksIntoNestedTemplates) {
  const std::string outer = "Resources: {N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./b.yaml}}}";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", outer}, {"b.yaml", "Resources: {R: {Type: 'AWS::IAM::User'}}"}}),
              ElementsAre("the template needs CAPABILITY_IAM: R is an AWS::IAM::User"));
  const std::string back = "Resources: {N: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: ./a.yaml}}}";
  EXPECT_THAT(mistakes_in_files({{"a.yaml", outer}, {"b.yaml", back}}),
              ElementsAre("TemplateURL of N: a.yaml nests itself"));
}

TEST(TemplateCheck, WhatIsUnknownIsLeftOut) {
  Resource resource = stack_of("{data: {Resources: {}}}");
  resource.inputs.map().set("data", Value(Unknown{}));
  EXPECT_THAT(mistakes_of(resource), IsEmpty());
}

TEST(TemplateCheck, WhatIsSentWasCheckedBefore) {
  EXPECT_EQ(fault_of(stack_of("{stack: s, data: {Resources: {}}}"))->message, "the template has no Resources");
  EXPECT_EQ(fault_of(stack_of(std::string("{stack: s, tags: {t: {a: b}}, data: {Resources: ") + topic + "}}"))->message,
            "'t' of tags is a map");
  EXPECT_FALSE(fault_of(stack_of(std::string("{stack: s, data: {Resources: ") + topic + "}}")));
}

}  // namespace
}  // namespace verba
