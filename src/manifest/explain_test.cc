// SPDX-License-Identifier: Apache-2.0
#include "manifest/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "manifest/json_schema.h"
#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing_manifests::catalogue;

std::string explained(std::string_view path) {
  try {
    return explain(catalogue(), path);
  } catch (const Error& error) {
    return "hint: " + error.diagnostic().hint;
  }
}

TEST(Explain, shows_a_field) {
  EXPECT_EQ(explained("Deployment.tasks.retry.backoff"),
            "KIND     Deployment\n"
            "FIELD    Deployment.tasks.retry.backoff\n"
            "TYPE     number\n"
            "REQUIRED no\n"
            "DEFAULT  1\n"
            "LEAST    1\n"
            "\n"
            "## DESCRIPTION\n"
            "\n"
            "By how much the wait grows from try to try\n"
            "\n"
            "## EXAMPLE\n"
            "\n"
            "```yaml\n"
            "backoff: 2\n"
            "```\n");
}

TEST(Explain, shows_what_every_manifest_has) {
  EXPECT_THAT(explained("Deployment.metadata"), HasSubstr("labels"));
  EXPECT_THAT(explained("Deployment.metadata.environments"), HasSubstr("the environments it is in scope for"));
  EXPECT_THAT(explained("Deployment.metadata.enviroments"), HasSubstr("did you mean 'environments'?"));
}

TEST(Explain, shows_the_fields_below) {
  EXPECT_THAT(explained("Deployment.spec.tasks.retry"), HasSubstr("FIELDS\n\n  attempts  <integer> required\n"));
  EXPECT_THAT(explained("Deployment.tasks"), HasSubstr("\n  rollout  <object>\n"));
  EXPECT_THAT(explained("Deployment.tasks"), HasSubstr("\n  accounts  <object or list of string>\n"));
  EXPECT_THAT(explained("Deployment.tasks.accounts"), HasSubstr("\n  matchLabels  <map of string> required\n"));
  EXPECT_THAT(explained("Deployment.notify"), HasSubstr("\n  channel  <string> required\n"));
}

TEST(Explain, shows_a_kind_and_a_type_of_the_same_name) {
  const std::string text = explained("ShellScript");
  EXPECT_THAT(text, HasSubstr("KIND     ShellScript\n"));
  EXPECT_THAT(text, HasSubstr("FIELDS of spec\n\n  run  <string> required\n"));
  EXPECT_THAT(text, HasSubstr("TYPE     ShellScript, a task type\n"));
  EXPECT_THAT(text, HasSubstr("FIELDS of with\n\n  run  <string> required\n"));
  EXPECT_THAT(explained("ShellScript.password"), HasSubstr("SECRET   never shown\n"));
}

TEST(Explain, shows_functions) {
  EXPECT_THAT(explained("functions"), HasSubstr("join("));
  EXPECT_THAT(explained("join"), HasSubstr("FUNCTION join("));
}

TEST(Explain, lists_what_there_is) {
  EXPECT_THAT(explained(""), HasSubstr("\n# Types of tasks\n\n  ShellScript\n"));
}

TEST(Explain, helps_with_wrong_names) {
  EXPECT_EQ(explained("Deploymnt"), "hint: did you mean 'Deployment'?");
  EXPECT_EQ(explained("Deployment.task"), "hint: did you mean 'tasks'?");
  EXPECT_EQ(explained("Deployment.tasks.timeout.x"), "hint: there is nothing below, so no 'x'");
  EXPECT_THAT(explained("Nothing"), HasSubstr("hint: known: Authentication, AwsAssumeRoleAuthentication, "));
}

TEST(Explainable, is_sorted_and_each_once) {
  const auto all = explainable(catalogue());
  EXPECT_EQ(all.size(), built_in_kinds().size());
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
}

TEST(Markdown, has_all_that_can_be_written) {
  const std::string text = markdown(catalogue());
  EXPECT_THAT(text, HasSubstr("### Deployment\n"));
  EXPECT_THAT(text, HasSubstr("### InfrastructureAccount α\n"));
  EXPECT_THAT(
      text, HasSubstr("| `tasks[].retry.attempts` | integer, required |  | How often to try in all. Example: `3` |\n"));
  EXPECT_THAT(text, HasSubstr("## Task types\n\n### ShellScript\n"));
  EXPECT_THAT(text, HasSubstr("## Functions\n"));
  EXPECT_THAT(text, HasSubstr("`notify[].channel`"));
}

const Value& rule_of(const Value& schema, std::string_view kind) {
  for (const Value& rule : schema.find("allOf")->list()) {
    const Value& name = *rule.find("if")->find("properties")->find("kind")->find("const");
    if (name.string() == kind) return *rule.find("then");
  }
  return schema;
}

TEST(JsonSchema, follows_the_tables) {
  const Value schema = json_schema(catalogue());
  EXPECT_EQ(schema.find("$schema")->string(), "http://json-schema.org/draft-07/schema#");
  const List& kinds = schema.find("properties")->find("kind")->find("enum")->list();
  EXPECT_EQ(kinds.size(), built_in_kinds().size());
  EXPECT_EQ(kinds.front(), Value("Environment"));
  EXPECT_EQ(kinds.back(), Value("Deployment"));
  const Value& deployment = rule_of(schema, "Deployment");
  EXPECT_EQ(to_json(*deployment.find("required")), R"(["spec"])");
  const Value& spec = *deployment.find("properties")->find("spec");
  EXPECT_EQ(to_json(*spec.find("required")), R"(["tasks"])");
  EXPECT_FALSE(spec.find("additionalProperties")->boolean());
  const Value& task = *spec.find("properties")->find("tasks")->find("items");
  EXPECT_EQ(to_json(task.find("properties")->find("accounts")->find("anyOf")->list().at(0).find("anyOf")->list().at(1)),
            R"({"type":"array","items":{"type":"string"}})");
  EXPECT_EQ(to_json(*task.find("properties")->find("trigger")),
            R"({"type":"string","enum":["changed","always","once"],"description":)"
            R"("changed: run when an input changed; always: in every run; once: never again","default":"changed"})");
  EXPECT_EQ(to_json(*task.find("properties")->find("type")->find("enum")), R"(["ShellScript"])");
  const Value& rule = task.find("allOf")->list().at(0);
  const Value& with = *rule.find("then")->find("properties")->find("with");
  EXPECT_EQ(to_json(*with.find("required")), R"(["run"])");
}

TEST(JsonSchema, allows_expressions_in_place_of_values) {
  const Value schema = json_schema(catalogue());
  const Value& fields = *rule_of(schema, "Environment").find("properties")->find("spec")->find("properties");
  EXPECT_EQ(to_json(fields.find("variables")->find("anyOf")->list().at(1)),
            R"({"type":"string","pattern":"\\$\\{\\{"})");
}

TEST(JsonSchema, knows_alpha_names) {
  const Value schema = json_schema(catalogue());
  const Value& fields = *rule_of(schema, "InfrastructureAccount").find("properties")->find("spec")->find("properties");
  EXPECT_NE(fields.find("authenticationReference"), nullptr);
}

}  // namespace
}  // namespace verba
