// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/testing.h"
#include "value/json.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_manifests::catalogue;
using testing_manifests::Read;

// A Deployment whose one task is `task`, in flow style.
std::string with_task(const std::string& task) {
  return "apiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  tasks:\n  - " + task + "\n";
}

TEST(Check, reads_documents) {
  const Read read(
      "apiVersion: verbacratis/v1\n"
      "kind: Deployment\n"
      "metadata: {name: web, environments: [test], labels: {team: a}}\n"
      "spec:\n"
      "  tasks:\n"
      "  - {name: build, type: ShellScript, with: {run: make}}\n"
      "---\n"
      "---\n"
      "{\"apiVersion\": \"verbacratis/v1\", \"kind\": \"Environment\", \"metadata\": {\"name\": \"test\"}}\n");
  EXPECT_THAT(read.findings(), IsEmpty());
  ASSERT_EQ(read.manifests.size(), 2u);
  const Manifest& web = read.manifests[0];
  EXPECT_EQ(web.kind, &deployment_kind());
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(read.sources.place(web.where), "m.yaml:3:18");
  EXPECT_THAT(web.environments, ElementsAre("test"));
  EXPECT_EQ(read.sources.place(web.environment_places.at(0)), "m.yaml:3:38");
  EXPECT_EQ(web.labels.find("team")->string(), "a");
  EXPECT_EQ(web.directory, "/project");
  EXPECT_EQ(to_json(web.spec),
            R"({"tasks":[{"name":"build","type":"ShellScript","with":{"run":"make","interpreter":"sh"}}]})");
  EXPECT_EQ(read.manifests[1].name, "test");
}

TEST(Check, accepts_alpha_manifests) {
  const Read read(
      "apiVersion: v1-alpha\nkind: InfrastructureAccount\nmetadata: {name: user@host.example.org}\n"
      "spec: {authenticationReference: no-auth}\n");
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_TRUE(read.manifests.at(0).alpha);
  EXPECT_EQ(read.manifests.at(0).spec.find("authentication")->string(), "no-auth");
}

TEST(Check, keeps_a_manifest_with_mistakes) {
  const Read read(with_task("{name: a, type: Nothing}"));
  EXPECT_EQ(read.diagnostics.errors(), 1u);
  ASSERT_EQ(read.manifests.size(), 1u);
  EXPECT_EQ(read.manifests[0].name, "web");
}

TEST(Check, examples_of_all_kinds_are_right) {
  for (const Kind* kind : built_in_kinds()) {
    const Read read{std::string(kind->example)};
    EXPECT_THAT(read.findings(), IsEmpty()) << kind->name;
    ASSERT_FALSE(read.manifests.empty()) << kind->name;
    EXPECT_EQ(read.manifests.back().kind, kind);  // what it needs stands before it
  }
}

struct Case {
  std::string_view name;
  std::string text;
  std::vector<std::string> expected;
};

class BadManifests : public testing::TestWithParam<Case> {};

TEST_P(BadManifests, are_told_with_place_and_hint) {
  EXPECT_THAT(Read(GetParam().text).findings(), testing::ElementsAreArray(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Heads, BadManifests,
    testing::ValuesIn(std::vector<Case>{
        {"not_a_map",
         "- a\n",
         {"m.yaml:1:1 manifest.wrong-type: a manifest must be a map "
          "(begin it with 'apiVersion: verbacratis/v1' and 'kind: Deployment')"}},
        {"unknown_kind",
         "apiVersion: verbacratis/v1\nkind: Deploymnt\nmetadata: {name: a}\n",
         {"m.yaml:2:7 manifest.unknown-kind: unknown kind 'Deploymnt' (did you mean 'Deployment'?)"}},
        {"far_kind",
         "apiVersion: verbacratis/v1\nkind: Pod\nmetadata: {name: a}\n",
         {"m.yaml:2:7 manifest.unknown-kind: unknown kind 'Pod' (`verba explain` shows all kinds)"}},
        {"no_kind",
         "apiVersion: verbacratis/v1\nmetadata: {name: a}\n",
         {"m.yaml:1:1 manifest.missing-field: 'kind' is missing "
          "(add 'kind': the kind of manifest, such as Deployment)"}},
        {"no_version",
         "kind: Environment\nmetadata: {name: a}\n",
         {"m.yaml:1:1 manifest.missing-field: 'apiVersion' is missing (add 'apiVersion': verbacratis/v1)"}},
        {"bad_version",
         "apiVersion: v1\nkind: Environment\nmetadata: {name: a}\n",
         {"m.yaml:1:13 manifest.bad-value: 'apiVersion' cannot be 'v1' "
          "(it must be one of verbacratis/v1, v1-alpha)"}},
        {"no_alpha",
         "apiVersion: v1-alpha\nkind: Environment\nmetadata: {name: a}\n",
         {"m.yaml:1:13 manifest.bad-value: v1-alpha has no kind 'Environment' "
          "(write 'apiVersion: verbacratis/v1')"}},
        {"no_name",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {}\n",
         {"m.yaml:3:11 manifest.missing-field: 'name' is missing (add 'name': unique per kind)"}},
        {"bad_name",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: 1a.b}\n",
         {"m.yaml:3:18 manifest.bad-name: '1a.b' is not a valid name "
          "(a name begins with a letter (A-Z, a-z) and goes on with such letters, digits, '-' and '_')"}},
        {"number_for_name",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: 7}\n",
         {"m.yaml:3:18 manifest.wrong-type: 'name' must be a string, but is a number "
          "(name: unique per kind)"}},
        {"no_string_for_version",
         "apiVersion: 1\nkind: Environment\nmetadata: {name: true}\n",
         {"m.yaml:1:13 manifest.wrong-type: 'apiVersion' must be a string, but is a number "
          "(it must be one of verbacratis/v1, v1-alpha)",
          "m.yaml:3:18 manifest.wrong-type: 'name' must be a string, but is true or false "
          "(put it in quotes to make it a string)"}},
        {"capital_letters",
         "apiVersion: verbacratis/v1\nKind: Environment\nmetadata: {name: a}\n",
         {"m.yaml:2:1 manifest.unknown-field: unknown field 'Kind' (did you mean 'kind'?)"}},
        {"spec_is_a_list",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: a}\nspec: []\n",
         {"m.yaml:4:7 manifest.wrong-type: 'spec' must be a map "
          "('verba explain Environment' shows what may stand in it)"}},
        {"nowhere",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: a, environments: []}\n",
         {"m.yaml:3:35 manifest.bad-value: 'environments' is empty, so this would be in scope nowhere "
          "(name an environment, or remove the line to mean all of them)"}},
        {"unknown_top",
         "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: a}\nspecs: {}\n",
         {"m.yaml:4:1 manifest.unknown-field: unknown field 'specs' (did you mean 'spec'?)"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Tasks, BadManifests,
    testing::ValuesIn(std::vector<Case>{
        {"no_type",
         with_task("{name: a}"),
         {"m.yaml:6:5 manifest.missing-field: 'type' is missing "
          "(add what brings it about, for example 'type: ShellScript')"}},
        {"both",
         with_task("{name: a, type: ShellScript, task: b, with: {}}"),
         {"m.yaml:6:40 manifest.bad-value: a task has either 'type' or 'task', not both (remove one of them)"}},
        {"unknown_type",
         with_task("{name: a, type: ShelScript}"),
         {"m.yaml:6:21 manifest.unknown-type: unknown task type 'ShelScript' (did you mean 'ShellScript'?)"}},
        {"no_with",
         with_task("{name: a, type: ShellScript}"),
         {"m.yaml:6:5 manifest.missing-field: 'run' is missing (add 'run': The script)"}},
        {"bad_with",
         with_task("{name: a, type: ShellScript, with: {run: x, envrionment: {}}}"),
         {"m.yaml:6:49 manifest.unknown-field: unknown field 'envrionment' (did you mean 'environment'?)"}},
        {"with_is_a_string",
         with_task("{name: a, type: ShellScript, with: x}"),
         {"m.yaml:6:40 manifest.wrong-type: 'with' must be a map "
          "('verba explain ShellScript' shows what may stand in it)"}},
        {"bad_name",
         with_task("{name: a b, type: ShellScript, with: {run: x}}"),
         {"m.yaml:6:12 manifest.bad-name: 'a b' is not a valid name "
          "(a name begins with a letter (A-Z, a-z) and goes on with such letters, digits, '-' and '_')"}},
        {"twice",
         with_task("{name: a, type: ShellScript, with: {run: x}}\n  - {name: a, type: ShellScript, "
                   "with: {run: x}}"),
         {"m.yaml:7:12 manifest.duplicate-task: two tasks of Deployment 'web' are named 'a' "
          "(give one of them another name)"}},
        {"rollout_of_one",
         with_task("{name: a, type: ShellScript, rollout: {batch: 1}, with: {run: x}}"),
         {"m.yaml:6:34 manifest.bad-value: 'rollout' is of tasks with several instances "
          "(add 'accounts' or 'forEach', or remove it)"}},
        {"batch_zero",
         with_task("{name: a, type: ShellScript, forEach: [x], rollout: {batch: 0}, with: {run: x}}"),
         {"m.yaml:6:65 manifest.bad-value: 'batch' must be a whole number from 1, or a percentage from 1% to 100% "
          "(for example: 5, or 25%)"}},
        {"batch_percentage",
         with_task("{name: a, type: ShellScript, forEach: [x], rollout: {batch: 101%}, with: {run: x}}"),
         {"m.yaml:6:65 manifest.bad-value: 'batch' must be a whole number from 1, or a percentage from 1% to 100% "
          "(for example: 5, or 25%)"}},
        {"batch_missing",
         with_task("{name: a, type: ShellScript, forEach: [x], rollout: {maxFailures: -1}, with: {run: x}}"),
         {"m.yaml:6:71 manifest.bad-value: 'maxFailures' must be at least 0 (write 0 or more)",
          "m.yaml:6:57 manifest.missing-field: 'batch' is missing (add 'batch': How many at a time: a number of "
          "instances, or a percentage of them all; the next begin when all of these are over)"}},
        {"account_and_accounts",
         with_task("{name: a, type: ShellScript, account: x, accounts: [x], with: {run: x}}"),
         {"m.yaml:6:46 manifest.bad-value: 'account' and 'accounts' cannot stand together "
          "(each account has an instance of its own: remove one of the two)"}},
        {"for_each_and_accounts",
         with_task("{name: a, type: ShellScript, forEach: [x], accounts: [x], with: {run: x}}"),
         {"m.yaml:6:48 manifest.bad-value: 'forEach' and 'accounts' cannot stand together "
          "(each account has an instance of its own: remove one of the two)"}},
        {"accounts_unknown_field",
         with_task("{name: a, type: ShellScript, accounts: {matchLabel: {role: web}}, with: {run: x}}"),
         {"m.yaml:6:45 manifest.unknown-field: unknown field 'matchLabel' (did you mean 'matchLabels'?)"}},
        {"names_that_are_numbers",
         with_task("{name: 1, type: 2, dependsOn: 3, with: {run: x}}"),
         {"m.yaml:6:12 manifest.wrong-type: 'name' must be a string, but is a number "
          "(name: Unique in its deployment; a letter, then letters, digits, - or _)",
          "m.yaml:6:21 manifest.wrong-type: 'type' must be a string, but is a number (type: What brings it about: a "
          "task type, such as ShellScript)",
          "m.yaml:6:35 manifest.wrong-type: 'dependsOn[0]' must be a string, but is a number (dependsOn[0]: A task)"}},
        {"names_that_are_expressions",
         with_task("{name: '${{ vars.n }}', type: '${{ vars.n }}', with: {run: x}}"),
         {"m.yaml:6:12 manifest.no-expression-here: an expression cannot stand in 'name' "
          "(write the value itself; 'verba explain' shows which fields take ${{ }})",
          "m.yaml:6:35 manifest.no-expression-here: an expression cannot stand in 'type' "
          "(write the value itself; 'verba explain' shows which fields take ${{ }})"}},
        {"accounts_wrong_types",
         with_task("{name: a, type: ShellScript, accounts: web, with: {run: x}}\n"
                   "  - {name: b, type: ShellScript, accounts: [web, 3], with: {run: x}}\n"
                   "  - {name: c, type: ShellScript, accounts: {matchLabels: {tier: 1}}, with: {run: x}}\n"
                   "  - {name: d, type: ShellScript, accounts: {matchLabels: {}}, with: {run: x}}"),
         {"m.yaml:6:44 manifest.wrong-type: 'accounts' must be a map or a list of names, but is a string "
          "(for example: {matchLabels: {role: web}})",
          "m.yaml:7:50 manifest.wrong-type: 'accounts[1]' must be a string, but is a number "
          "(put it in quotes to make it a string)",
          "m.yaml:8:65 manifest.wrong-type: 'tier' must be a string, but is a number "
          "(put it in quotes to make it a string)",
          "m.yaml:9:58 manifest.bad-value: 'matchLabels' is empty, so every account would match "
          "(name a label, for example: {role: web})"}},
        {"retry",
         with_task("{name: a, type: ShellScript, retry: {attempts: 0, delay: 5}, with: {run: x}}"),
         {"m.yaml:6:52 manifest.bad-value: 'attempts' must be at least 1 (write 1 or more)",
          "m.yaml:6:62 manifest.wrong-type: 'delay' must be a length of time such as 30s, but is a number "
          "(a length of time needs a unit: 500ms, 30s, 5m, 1h30m, 2d)"}},
        {"task_is_a_string",
         with_task("build"),
         {"m.yaml:6:5 manifest.wrong-type: 'tasks[0]' must be a map, but is a string (tasks[0]: One task)"}},
        {"no_tasks",
         "apiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {name: web}\n",
         {"m.yaml:1:1 manifest.missing-field: 'tasks' is missing (add 'tasks': What there is to bring about. The order "
          "of writing means nothing: dependsOn and outputs do)"}},
        {"notify_of_what_there_is_not",
         "apiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {name: web}\n"
         "spec: {tasks: [], notify: [{channel: ops, on: fail}]}\n",
         {"m.yaml:4:47 manifest.bad-value: 'on[0]' cannot be 'fail' (did you mean 'failed'?)"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

std::string with_value(const std::string& value) {
  return "apiVersion: verbacratis/v1\nkind: Variables\nmetadata: {name: v}\nspec:\n  values:\n    " + value + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Variables, BadManifests,
    testing::ValuesIn(std::vector<Case>{
        {"name",
         with_value("a.b: 1"),
         {"m.yaml:6:5 manifest.bad-name: 'a.b' cannot be the name of a variable "
          "(a name begins with a letter (A-Z, a-z) and goes on with such letters, digits, '-' and '_')"}},
        {"from_nothing",
         with_value("a: {from: {enw: X}}"),
         {"m.yaml:6:16 manifest.unknown-field: a value cannot come from 'enw' (did you mean 'env'?)"}},
        {"from_two",
         with_value("a: {from: {env: X, script: y}}"),
         {"m.yaml:6:15 manifest.wrong-type: 'from' must be a map of one of env, secret and script "
          "(for example: {from: {env: USER}, default: nobody})"}},
        {"from_number",
         with_value("a: {from: {env: 7}}"),
         {"m.yaml:6:21 manifest.wrong-type: 'env' must be a plain string (for example: {from: {env: USER}})"}},
        {"from_half_a_secret",
         with_value("a: {from: {secret: 'env:'}}"),
         {"m.yaml:6:24 manifest.bad-value: the name after 'env:' is missing "
          "(for example: {from: {secret: 'env:DB_PASSWORD'}})"}},
        {"beside_from",
         with_value("a: {from: {env: X}, defalt: 7}"),
         {"m.yaml:6:25 manifest.unknown-field: unknown field 'defalt' beside 'from' (did you mean 'default'?)"}},
        {"exported",
         with_value("a: {from: {env: X}, export: Y}"),
         {"m.yaml:6:25 manifest.not-supported: 'export' is not supported by this version (remove it)"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

// A task without `with` gets an empty one, which moves its other members about.
TEST(Check, finds_duplicates_among_tasks_without_with) {
  const Read read(
      with_task("{name: a, type: ShellScript}\n  - {name: b, type: ShellScript}\n"
                "  - {name: a, type: ShellScript}"));
  EXPECT_THAT(read.findings(),
              testing::Contains("m.yaml:8:12 manifest.duplicate-task: two tasks of Deployment 'web' are "
                                "named 'a' (give one of them another name)"));
}

TEST(Check, tells_the_first_of_two_tasks) {
  const Read read(
      with_task("{name: a, type: ShellScript, with: {run: x}}\n  - {name: a, type: ShellScript, with: {run: x}}"));
  ASSERT_EQ(read.diagnostics.all().size(), 1u);
  const Diagnostic& finding = read.diagnostics.all()[0];
  ASSERT_EQ(finding.related.size(), 1u);
  EXPECT_EQ(finding.related[0].doing, "first defined here");
  EXPECT_EQ(read.sources.place(finding.related[0].where), "m.yaml:6:12");
}

}  // namespace
}  // namespace verba
