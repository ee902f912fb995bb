// SPDX-License-Identifier: Apache-2.0
#include "manifest/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_manifests::document;
using testing_manifests::Read;

std::vector<std::string> names_findings(const std::string& text) {
  Read read(text);
  EXPECT_THAT(read.findings(), IsEmpty());
  read.check_names();
  return read.findings();
}

TEST(IsName, follows_the_rule) {
  EXPECT_TRUE(is_name("a"));
  EXPECT_TRUE(is_name("Web-1_x"));
  EXPECT_FALSE(is_name(""));
  EXPECT_FALSE(is_name("1a"));
  EXPECT_FALSE(is_name("a.b"));
  EXPECT_FALSE(is_name("a[b]"));
  EXPECT_FALSE(is_name("straße"));
  EXPECT_FALSE(is_name(std::string(129, 'a')));
  EXPECT_TRUE(is_name("user@10.0.0.1", true));
  EXPECT_TRUE(is_name("10.0.0.1", true));
  EXPECT_FALSE(is_name("a/b", true));
}

TEST(CheckNames, is_content_with_sound_manifests) {
  EXPECT_THAT(
      names_findings(document("Environment", "name: base", "  {}") +
                     document("Environment", "name: test", "  {extends: base, accounts: {web: deployment-host}}") +
                     document("InfrastructureAccount", "name: box", "  {authentication: no-auth}") +
                     document("ShellScript", "name: greet", "  {run: echo}") +
                     document("Variables", "name: v", "  values: {a: {from: {script: greet}}}") +
                     document("Deployment", "name: net, environments: [test]", "  tasks: []") +
                     document("Deployment", "name: web",
                              "  dependsOn: [net]\n  tasks:\n"
                              "  - {name: a, task: greet, environments: test}")),
      IsEmpty());
}

struct Case {
  std::string_view name;
  std::string text;
  std::vector<std::string> expected;
};

class BadNames : public testing::TestWithParam<Case> {};

TEST_P(BadNames, are_told_with_place_and_hint) {
  EXPECT_THAT(names_findings(GetParam().text), testing::ElementsAreArray(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadNames,
    testing::ValuesIn(std::vector<Case>{
        {"twice",
         document("Environment", "name: a", "  {}") + document("Environment", "name: a", "  {}"),
         {"m.yaml:9:18 manifest.duplicate-name: two manifests are Environment 'a' "
          "(give one of them another name, or remove it)"}},
        {"environment_of_a_manifest",
         document("Environment", "name: production", "  {}") +
             document("Deployment", "name: web, environments: [prodution]", "  tasks: []"),
         {"m.yaml:9:38 manifest.unknown-reference: no Environment is named 'prodution' (did you mean 'production'?)"}},
        {"environment_of_a_task",
         document("Deployment", "name: web",
                  "  tasks:\n  - {name: a, type: ShellScript, environments: [x], with: {run: x}}"),
         {"m.yaml:6:49 manifest.unknown-reference: no Environment is named 'x' "
          "(write a manifest of kind Environment with that name, or check the name)"}},
        {"depends_on",
         document("Deployment", "name: web", "  dependsOn: netwrk\n  tasks: []") +
             document("Deployment", "name: network", "  tasks: []"),
         {"m.yaml:5:14 manifest.unknown-reference: no Deployment is named 'netwrk' (did you mean 'network'?)"}},
        {"extends",
         document("Environment", "name: a", "  extends: b"),
         {"m.yaml:5:12 manifest.unknown-reference: no Environment is named 'b' "
          "(write a manifest of kind Environment with that name, or check the name)"}},
        {"role",
         document("Environment", "name: a", "  accounts: {web: depoyment-host}"),
         {"m.yaml:5:19 manifest.unknown-reference: no account is named 'depoyment-host' "
          "(did you mean 'deployment-host'?)"}},
        {"authentication",
         document("InfrastructureAccount", "name: a", "  authentication: no-aut"),
         {"m.yaml:5:19 manifest.unknown-reference: no Authentication is named 'no-aut' (did you mean 'no-auth'?)"}},
        {"script_of_a_task",
         document("Deployment", "name: web", "  tasks:\n  - {name: a, task: greet}"),
         {"m.yaml:6:21 manifest.unknown-reference: no ShellScript or InfrastructureTemplate is named 'greet' "
          "(write a manifest of kind ShellScript or InfrastructureTemplate with that name, or check the name)"}},
        {"a_script_and_a_template",
         document("ShellScript", "name: a", "  run: echo") + document("InfrastructureTemplate", "name: a", "  data: x"),
         {"m.yaml:9:18 manifest.duplicate-name: two manifests are ShellScript or InfrastructureTemplate 'a' "
          "(give one of them another name, or remove it)"}},
        {"script_of_a_variable",
         document("Variables", "name: v", "  values: {a: {from: {script: gret}}}") +
             document("ShellScript", "name: greet", "  run: echo"),
         {"m.yaml:5:31 manifest.unknown-reference: no ShellScript is named 'gret' (did you mean 'greet'?)"}},
        {"circle",
         document("Environment", "name: x", "  extends: a") + document("Environment", "name: a", "  extends: b") +
             document("Environment", "name: b", "  extends: a"),
         {"m.yaml:11:12 manifest.cycle: these environments extend each other: a -> b -> a "
          "(remove 'extends' from one of them)"}},
        {"extends_itself",
         document("Environment", "name: a", "  extends: a"),
         {"m.yaml:5:12 manifest.cycle: these environments extend each other: a -> a "
          "(remove 'extends' from one of them)"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

TEST(EnvironmentNames, are_sorted_or_default) {
  EXPECT_THAT(environment_names({}), ElementsAre("default"));
  const Read read(document("Environment", "name: test", "  {}") + document("Environment", "name: production", "  {}"));
  EXPECT_THAT(environment_names(read.manifests), ElementsAre("production", "test"));
}

}  // namespace
}  // namespace verba
