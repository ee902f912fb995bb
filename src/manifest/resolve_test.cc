// SPDX-License-Identifier: Apache-2.0
// Environments, accounts, tasks, loops, conditions, and the graph.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_manifests::addresses;
using testing_manifests::document;
using testing_manifests::Read;

// Deployment 'web' with these lines under `spec:`, from line 5 of the text on.
std::string web(const std::string& spec) {
  return document("Deployment", "name: web", spec);
}
// A task in flow style: its own fields, and `with`.
std::string task(const std::string& fields, const std::string& run = "x") {
  return "  - {" + fields + ", type: ShellScript, with: {run: \"" + run + "\"}}\n";
}

std::vector<std::string> all_addresses(const Model& model) {
  std::vector<std::string> all;
  for (const Task& each : model.tasks) all.push_back(each.address);
  return all;
}

TEST(Resolve, makes_a_default_environment_of_nothing) {
  Read read(std::vector<std::string>{});
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(model.environment.name, "default");
  ASSERT_EQ(model.accounts.size(), 1u);
  EXPECT_EQ(model.accounts[0].name, "deployment-host");
  EXPECT_EQ(model.graph.size(), 0u);
}

TEST(Resolve, fills_in_a_task) {
  Read read(
      web("  onFailure: stop\n  variables: {a: 1}\n  tasks:\n" + task("name: first") +
          task("name: second, trigger: always, protect: true, idempotent: true, timeout: 30m, onFailure: continue, "
               "retry: {attempts: 3, delay: 5s, backoff: 2, maxDelay: 10s}, concurrencyGroup: db, "
               "variables: {b: 2}, dependsOn: first")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  ASSERT_THAT(all_addresses(model), ElementsAre("web.first", "web.second"));
  const Task& first = model.tasks[0];
  EXPECT_EQ(first.on_failure, OnFailure::stop);
  EXPECT_EQ(first.trigger, Trigger::changed);
  EXPECT_EQ(first.retry.attempts, 1);
  EXPECT_EQ(model.directory_of(first), "/project");
  EXPECT_FALSE(first.timeout);
  const Task& second = model.tasks[1];
  EXPECT_EQ(second.trigger, Trigger::always);
  EXPECT_TRUE(second.protect && second.idempotent);
  EXPECT_EQ(second.timeout, std::chrono::minutes(30));
  EXPECT_EQ(second.on_failure, OnFailure::keep_going);
  EXPECT_EQ(second.retry.attempts, 3);
  EXPECT_EQ(second.retry.delay, std::chrono::seconds(5));
  EXPECT_EQ(second.retry.backoff, 2);
  EXPECT_EQ(second.retry.max_delay, std::chrono::seconds(10));
  EXPECT_EQ(second.concurrency_group, "db");
  EXPECT_THAT(second.needs, ElementsAre(0));
  EXPECT_EQ(second.variables.size(), 1u);
  EXPECT_EQ(to_json(model.deployments[0].spec), R"({"onFailure":"stop","variables":{"a":1}})");
  EXPECT_EQ(model.task("web.second"), &second);
  EXPECT_EQ(model.task("web.third"), nullptr);
  EXPECT_EQ(model.deployment("web"), 0u);
  EXPECT_FALSE(model.deployment("we"));
}

TEST(Resolve, keeps_each_environment_to_its_own) {
  const std::string text =
      document("Environment", "name: test", "  {}") + document("Environment", "name: production", "  {}") +
      document("Deployment", "name: live, environments: production", "  tasks:\n" + task("name: a")) +
      web("  dependsOn: live\n  tasks:\n" + task("name: both") + task("name: tried, environments: [test]") +
          task("name: guarded, when: environment.name == 'production', dependsOn: [tried, live.a]"));
  Read test(text);
  const Model in_test = test.resolve("test");
  EXPECT_THAT(test.findings(), IsEmpty());
  EXPECT_THAT(all_addresses(in_test), ElementsAre("web.both", "web.tried"));
  EXPECT_THAT(in_test.deployments[0].needs, IsEmpty());
  Read production(text);
  const Model live = production.resolve("production");
  EXPECT_THAT(production.findings(), IsEmpty());
  EXPECT_THAT(all_addresses(live), ElementsAre("live.a", "web.both", "web.guarded"));
  EXPECT_THAT(live.deployments[1].needs, ElementsAre(0));
  EXPECT_THAT(live.tasks[2].needs, ElementsAre(0));
}

TEST(Resolve, takes_the_nearest_of_extended_environments) {
  Read read(document("Environment", "name: base, labels: {a: base, b: base}",
                     "  variables: {x: base, y: base}\n  accounts: {web: deployment-host, db: deployment-host}") +
            document("Environment", "name: test, labels: {a: test}", "  extends: base\n  variables: {x: test}") +
            document("InfrastructureAccount", "name: box", "  {}") +
            document("Environment", "name: mine", "  extends: test\n  accounts: {web: box}"));
  const Model model = read.resolve("mine");
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(to_json(model.environment.variables), R"({"x":"test","y":"base"})");
  EXPECT_EQ(to_json(model.environment.labels), R"({"a":"test","b":"base"})");
  EXPECT_EQ(model.accounts[model.environment.roles.at("web")].name, "box");
  EXPECT_EQ(model.accounts[model.environment.roles.at("db")].name, "deployment-host");
}

TEST(Resolve, finds_roles_before_accounts) {
  Read read(document("InfrastructureAccount", "name: box", "  {}") +
            document("InfrastructureAccount", "name: web", "  {}") +
            document("Environment", "name: test", "  accounts: {web: box}") +
            document("Deployment", "name: d",
                     "  account: web\n  tasks:\n" + task("name: a") + task("name: b, account: deployment-host") +
                         task("name: c, forEach: [box, web], account: \"${{ each.value }}\"")));
  const Model model = read.resolve("test");
  EXPECT_THAT(read.findings(), IsEmpty());
  std::vector<std::string> names;
  for (const Task& each : model.tasks) names.push_back(model.accounts[each.account].name);
  EXPECT_THAT(names, ElementsAre("box", "deployment-host", "box", "box"));
}

TEST(Resolve, makes_instances_of_lists_and_maps) {
  Read read(document("Variables", "name: v", "  values: {hosts: [web-1, web-2]}") +
            web("  tasks:\n" + task("name: a, forEach: \"${{ vars.hosts }}\"") +
                task("name: b, forEach: {x: 1, y: {deep: 2}}") + task("name: c, forEach: [{n: 1}, {n: 2}]") +
                task("name: d, forEach: []") + task("name: e, forEach: [x, y], when: each.key != 'x'") +
                task("name: f, dependsOn: [\"a[web-2]\", b, d, \"web.e[x]\"]")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(all_addresses(model), ElementsAre("web.a[web-1]", "web.a[web-2]", "web.b[x]", "web.b[y]", "web.c[0]",
                                                "web.c[1]", "web.e[y]", "web.f"));
  EXPECT_EQ(model.tasks[1].base_name, "a");
  EXPECT_EQ(model.tasks[1].each->first.string(), "web-2");
  EXPECT_EQ(to_json(model.tasks[3].each->second), R"({"deep":2})");
  EXPECT_THAT(model.deployments[0].loops, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(addresses(model, model.task("web.f")->needs), ElementsAre("web.a[web-2]", "web.b[x]", "web.b[y]"));
}

std::string box(std::string_view name, std::string_view labels = "") {
  return document("InfrastructureAccount", fmt::format("name: {}, labels: {{{}}}", name, labels), "  {}");
}

std::vector<std::string> where_each_works(const Model& model) {
  std::vector<std::string> lines;
  for (const Task& task : model.tasks) {
    lines.push_back(fmt::format("{} in {}", task.address, model.accounts[task.account].name));
  }
  return lines;
}

TEST(Resolve, tells_an_unknown_account_of_a_deployment_that_no_task_asks_for) {
  const auto of = [](const std::string& account) {
    return web("  account: " + account + "\n  tasks:\n" + task("name: a, account: deployment-host") +
               task("name: b, account: deployment-host"));
  };
  Read read(of("mchine"));
  read.resolve();
  EXPECT_THAT(read.findings(),
              ElementsAre("m.yaml:5:12 manifest.unknown-account: environment 'default' has no account or role 'mchine' "
                          "(known: deployment-host)"));
  EXPECT_EQ(read.diagnostics.all()[0].trail.at(0).doing, "resolving 'account' of Deployment 'web'");

  Read role_elsewhere(of("machine") + document("Environment", "name: test", "  accounts: {machine: deployment-host}") +
                      document("Environment", "name: other", "  {}"));
  role_elsewhere.resolve("other");
  EXPECT_THAT(role_elsewhere.findings(), IsEmpty());
}

TEST(Resolve, makes_an_instance_in_each_account_with_the_labels) {
  Read read(box("web-2", "role: web, zone: b") + box("web-1", "role: web, zone: a") + box("db-1", "role: db, zone: a") +
            box("plain") + document("Variables", "name: v", "  values: {zone: a}") +
            web("  account: db-1\n  tasks:\n" + task("name: all, accounts: {matchLabels: {role: web}}") +
                task("name: zone, accounts: {matchLabels: {role: web, zone: \"${{ vars.zone }}\"}}") +
                task("name: some, accounts: {matchLabels: {role: web}}, when: each.value.zone == 'b'") +
                task("name: after, dependsOn: all") +
                task("name: beside, accounts: {matchLabels: {role: web}}, dependsOn: [\"all[${{ each.key }}]\"]")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(where_each_works(model),
              ElementsAre("web.all[web-1] in web-1", "web.all[web-2] in web-2", "web.zone[web-1] in web-1",
                          "web.some[web-2] in web-2", "web.after in db-1", "web.beside[web-1] in web-1",
                          "web.beside[web-2] in web-2"));
  EXPECT_EQ(model.tasks[0].each->first.string(), "web-1");
  EXPECT_EQ(to_json(model.tasks[0].each->second), R"({"role":"web","zone":"a"})");
  EXPECT_THAT(addresses(model, model.task("web.after")->needs), ElementsAre("web.all[web-1]", "web.all[web-2]"));
  EXPECT_THAT(addresses(model, model.task("web.beside[web-2]")->needs), ElementsAre("web.all[web-2]"));
}

TEST(Resolve, makes_an_instance_in_each_account_that_is_named) {
  Read read(box("a") + box("b", "x: y") + document("Environment", "name: default", "  accounts: {main: b}") +
            document("Variables", "name: v", "  values: {hosts: [deployment-host, a]}") +
            web("  tasks:\n" + task("name: t, accounts: [main, a]") + task("name: u, accounts: \"${{ vars.hosts }}\"") +
                task("name: none, accounts: []") + task("name: all", "${{ jsonEncode(tasks.t) }}")));
  const Model model = read.resolve();
  EXPECT_THAT(where_each_works(model),
              ElementsAre("web.t[b] in b", "web.t[a] in a", "web.u[deployment-host] in deployment-host",
                          "web.u[a] in a", "web.all in deployment-host"));
  EXPECT_EQ(to_json(model.tasks[1].each->second), "{}");
  EXPECT_THAT(addresses(model, model.task("web.all")->needs), ElementsAre("web.t[b]", "web.t[a]"));
}

TEST(Resolve, warns_when_no_account_matches) {
  Read read(box("a", "role: web") + web("  tasks:\n" + task("name: t, accounts: {matchLabels: {role: wbe}}")));
  const Model model = read.resolve();
  EXPECT_THAT(model.tasks, IsEmpty());
  EXPECT_FALSE(read.diagnostics.has_errors());
  EXPECT_THAT(read.findings(),
              ElementsAre("m.yaml:12:25 manifest.no-account: no account has these labels in environment 'default', so "
                          "there is no 't' (labels stand in metadata.labels of accounts; `verba accounts list` shows "
                          "which are in scope)"));
}

TEST(Resolve, warns_when_no_account_is_named) {
  for (const char* none : {"[]", "\"${{ [] }}\""}) {
    Read read(web("  tasks:\n" + task(fmt::format("name: t, accounts: {}", none))));
    EXPECT_THAT(read.resolve().tasks, IsEmpty());
    EXPECT_THAT(read.findings(), ElementsAre("m.yaml:6:25 manifest.no-account: 'accounts' names none, so there is no "
                                             "'t' (name accounts or roles in it)"));
  }
}

TEST(Resolve, works_out_how_many_instances_are_a_batch) {
  Read read(web("  tasks:\n" + task("name: a, forEach: [x, y, z], rollout: {batch: 34%}") +
                task("name: b, forEach: [x, y, z], rollout: {batch: 1%, maxFailures: 2}") +
                task("name: c, forEach: [x, y], rollout: {batch: 7}") + task("name: d, forEach: [x]")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(model.task("web.a[z]")->rollout->batch, 2u);
  EXPECT_EQ(model.task("web.a[z]")->rollout->max_failures, 0u);
  EXPECT_EQ(model.task("web.b[x]")->rollout->batch, 1u);
  EXPECT_EQ(model.task("web.b[x]")->rollout->max_failures, 2u);
  EXPECT_EQ(model.task("web.c[x]")->rollout->batch, 7u);
  EXPECT_FALSE(model.task("web.d[x]")->rollout);
}

TEST(Resolve, leaves_a_condition_that_waits_for_outputs) {
  Read read(web("  tasks:\n" + task("name: a") + task("name: b, when: tasks.a.outputs.x == 1") +
                task("name: c, when: \"environment.name == 'other' && tasks.a.outputs.x == 1\"") +
                task("name: d, when: \"environment.name == 'default' || tasks.a.outputs.x == 1\"")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(all_addresses(model), ElementsAre("web.a", "web.b", "web.d"));
  ASSERT_TRUE(model.tasks[1].when);
  EXPECT_EQ(model.tasks[1].when->text(), "tasks.a.outputs.x == 1");
  EXPECT_THAT(model.tasks[1].needs, ElementsAre(0));
  EXPECT_FALSE(model.tasks[2].when);
  EXPECT_THAT(model.tasks[2].needs, IsEmpty());
}

TEST(Resolve, lays_a_task_over_the_script_it_reuses) {
  Read read(std::vector<std::string>{
      document("ShellScript", "name: greet", "  {run: echo, interpreter: bash, environment: {WHO: you, HOW: loud}}"),
      web("  tasks:\n  - {name: a, task: greet, with: {interpreter: zsh, environment: {WHO: me}}}\n"
          "  - {name: b, task: greet}\n")});
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(to_json(*model.tasks[0].with),
            R"({"run":"echo","interpreter":"zsh","environment":{"WHO":"me","HOW":"loud"}})");
  EXPECT_EQ(to_json(*model.tasks[1].with),
            R"({"run":"echo","interpreter":"bash","environment":{"WHO":"you","HOW":"loud"}})");
  EXPECT_EQ(model.tasks[0].type->name, "ShellScript");
}

TEST(Resolve, builds_a_graph_with_gates) {
  Read read(document("Deployment", "name: net", "  tasks:\n" + task("name: a")) +
            web("  dependsOn: net\n  tasks:\n" + task("name: b") + task("name: c, dependsOn: b")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  ASSERT_EQ(model.graph.size(), 3u + 4u);
  EXPECT_THAT(model.graph.needs(model.begin_of(1)), ElementsAre(model.end_of(0)));
  EXPECT_THAT(model.graph.needs(2), ElementsAre(1, model.begin_of(1)));
  EXPECT_THAT(model.graph.needs(model.end_of(1)), ElementsAre(1, 2, model.begin_of(1)));
}

struct Case {
  std::string_view name;
  std::string text;
  std::vector<std::string> expected;
};

class BadModels : public testing::TestWithParam<Case> {};

TEST_P(BadModels, are_told_with_place_and_hint) {
  Read read(GetParam().text);
  read.check_names();
  ASSERT_THAT(read.findings(), IsEmpty());
  read.resolve();
  EXPECT_THAT(read.findings(), testing::ElementsAreArray(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Tasks, BadModels,
    testing::ValuesIn(std::vector<Case>{
        {"unknown_account",
         web("  tasks:\n" + task("name: a, account: depoyment-host")),
         {"m.yaml:6:24 manifest.unknown-account: environment 'default' has no account or role 'depoyment-host' "
          "(did you mean 'deployment-host'?)"}},
        {"for_each_number",
         web("  tasks:\n" + task("name: a, forEach: 3")),
         {"m.yaml:6:24 manifest.wrong-type: 'forEach' must give a list or a map, but gave a number "
          "(write a list, a map, or an expression that gives one)"}},
        {"for_each_twice",
         web("  tasks:\n" + task("name: a, forEach: [x, y, x]")),
         {"m.yaml:6:31 manifest.duplicate-key: 'forEach' has 'x' twice "
          "(remove one: each item makes an instance of its own)"}},
        {"for_each_bad_key",
         web("  tasks:\n" + task("name: a, forEach: ['x]']")),
         {"m.yaml:6:24 manifest.bad-value: 'x]' cannot be the key of an instance "
          "(a key is not empty, has no brackets and no line ends)"}},
        {"for_each_waits",
         web("  tasks:\n" + task("name: a") + task("name: b, forEach: \"${{ tasks.a.outputs.list }}\"")),
         {"m.yaml:7:24 manifest.waits-for-outputs: 'forEach' cannot wait for the outputs of other tasks "
          "(instances must be known before anything runs)"}},
        {"accounts_unknown",
         web("  tasks:\n" + task("name: a, accounts: [deployment-hots]")),
         {"m.yaml:6:26 manifest.unknown-account: environment 'default' has no account or role 'deployment-hots' "
          "(did you mean 'deployment-host'?)"}},
        {"accounts_twice",
         web("  tasks:\n" + task("name: a, accounts: [deployment-host, deployment-host]")),
         {"m.yaml:6:43 manifest.duplicate-key: 'accounts' has 'deployment-host' twice "
          "(remove one: each account has an instance of its own)"}},
        {"accounts_twice_by_a_role",
         document("Environment", "name: default", "  accounts: {web: deployment-host}") +
             web("  tasks:\n" + task("name: a, accounts: [web, deployment-host]")),
         {"m.yaml:12:31 manifest.duplicate-key: 'web' and 'deployment-host' are the same account "
          "(remove one: each account has an instance of its own)"}},
        {"accounts_of_the_wrong_kind",
         document("UnixInfrastructureAccount", "name: u1, labels: {role: web}", "  {}") +
             document("UnixInfrastructureAccount", "name: u2, labels: {role: web}", "  {}") +
             web("  tasks:\n" + task("name: a, accounts: {matchLabels: {role: web}}")),
         {"m.yaml:18:25 manifest.wrong-account: a task of type ShellScript cannot work in 'u1', of kind "
          "UnixInfrastructureAccount "
          "(it needs one of kind InfrastructureAccount)"}},
        {"accounts_from_an_expression",
         document("Variables", "name: v", "  values: {hosts: web-1, labels: {tier: 1}}") +
             web("  tasks:\n" + task("name: a, accounts: \"${{ vars.hosts }}\"") +
                 task("name: b, accounts: {matchLabels: \"${{ vars.labels }}\"}")),
         {"m.yaml:12:25 manifest.wrong-type: 'accounts' must give labels or a list of names, but gave a string "
          "(write {matchLabels: {role: web}}, or [web-1, web-2])",
          "m.yaml:5:41 manifest.wrong-type: label 'tier' must be a string, but is a number "
          "(labels are texts: put it in quotes)"}},
        {"accounts_wait",
         web("  tasks:\n" + task("name: a") + task("name: b, accounts: [\"${{ tasks.a.outputs.x }}\"]")),
         {"m.yaml:7:25 manifest.waits-for-outputs: 'accounts' cannot wait for the outputs of other tasks "
          "(instances must be known before anything runs)"}},
        {"when_is_text",
         web("  tasks:\n" + task("name: a, when: \"'yes'\"")),
         {"m.yaml:6:21 manifest.wrong-type: 'when' must give true or false, but gave a string "
          "(compare with something, for example: vars.size > 3)"}},
        {"two_variables",
         document("Variables", "name: v", "  values: {a: 1}") + document("Variables", "name: w", "  values: {a: 2}"),
         {"m.yaml:11:12 manifest.duplicate-variable: two Variables manifests give 'a' a value in environment 'default' "
          "(remove one, or give them different 'environments')"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Resolve, says_what_is_not_in_scope) {
  Read read(document("Environment", "name: test", "  {}") +
            document("Environment", "name: live", "  accounts: {web: box}") +
            document("Authentication", "name: key, environments: [test]", "  {}") +
            document("InfrastructureAccount", "name: box, environments: [test]", "  {}") +
            document("InfrastructureAccount", "name: other", "  {authentication: key}") +
            document("ShellScript", "name: greet, environments: [test]", "  {run: x}") +
            web("  tasks:\n" + task("name: a, account: box") + "  - {name: b, task: greet}\n"));
  read.check_names();
  read.resolve("live");
  EXPECT_THAT(
      read.findings(),
      ElementsAre("m.yaml:29:20 manifest.out-of-scope: Authentication 'key' is not in scope in environment 'live' "
                  "(it is in scope in test)",
                  "m.yaml:11:19 manifest.out-of-scope: account 'box' is not in scope in environment 'live' "
                  "(it is in scope in test)",
                  "m.yaml:42:24 manifest.out-of-scope: account 'box' is not in scope in environment 'live' "
                  "(it is in scope in test)",
                  "m.yaml:43:21 manifest.out-of-scope: ShellScript 'greet' is not in scope in environment 'live' "
                  "(it is in scope in test)"));
}

TEST(Resolve, refuses_an_unknown_environment) {
  Read read(document("Environment", "name: production", "  {}"));
  read.resolve("prodution");
  EXPECT_THAT(read.findings(), ElementsAre(" manifest.unknown-environment: there is no environment 'prodution' "
                                           "(did you mean 'production'?)"));
}

TEST(Resolve, refuses_unknown_variables_of_the_command_line) {
  Read read(document("Variables", "name: v", "  values: {domain: x}"));
  Map variables;
  variables.set("domian", Value("y"));
  read.resolve("default", variables);
  EXPECT_THAT(read.findings(), ElementsAre(" manifest.unknown-variable: no manifest has a variable 'domian' to be set "
                                           "from outside (did you mean 'domain'?)"));
}

TEST(Resolve, tells_the_same_mistake_of_two_environments_once) {
  Read read(document("Environment", "name: a", "  {}") + document("Environment", "name: b", "  {}") +
            web("  tasks:\n" + task("name: a", "${{ vars.missing }}")));
  read.resolve("a");
  read.resolve("b");
  EXPECT_EQ(read.diagnostics.errors(), 1u);
}

TEST(Cycles, of_one_deployment_are_told_where_it_says_so) {
  Read read(document("Deployment", "name: web", "  dependsOn: [web]\n  tasks: []"));
  read.resolve();
  EXPECT_THAT(read.findings(),
              ElementsAre("m.yaml:5:15 manifest.cycle: Deployment 'web' depends on itself (remove it)"));
}

TEST(Cycles, are_shown_whole_with_each_place) {
  Read read(web("  tasks:\n" + task("name: a, dependsOn: b") + task("name: b", "${{ tasks.c.outputs.x }}") +
                task("name: c, dependsOn: [a]") + task("name: d, dependsOn: [a]")));
  read.resolve();
  EXPECT_THAT(read.findings(), ElementsAre("m.yaml:6:26 manifest.cycle: these wait for each other: "
                                           "web.a -> web.b -> web.c -> web.a (remove one of the needs shown above)"));
  const auto& related = read.diagnostics.all()[0].related;
  ASSERT_EQ(related.size(), 3u);
  EXPECT_EQ(related[1].doing, "web.b needs web.c");
  EXPECT_EQ(read.sources.place(related[1].where), "m.yaml:7:51");
  EXPECT_EQ(related[2].doing, "web.c needs web.a");
  EXPECT_EQ(read.sources.place(related[2].where), "m.yaml:8:27");
}

TEST(Cycles, lead_through_deployments) {
  Read read(
      document("Deployment", "name: net", "  tasks:\n" + task("name: a", "${{ deployments.web.tasks.b.outputs.x }}")) +
      web("  dependsOn: [net]\n  tasks:\n" + task("name: b")));
  read.resolve();
  ASSERT_EQ(read.diagnostics.errors(), 1u);
  EXPECT_EQ(read.diagnostics.all()[0].message, "these wait for each other: net.a -> web.b -> web -> net -> net.a");
  std::vector<std::string> edges;
  for (const Frame& frame : read.diagnostics.all()[0].related) {
    edges.push_back(read.sources.place(frame.where) + " " + frame.doing);
  }
  EXPECT_THAT(edges, ElementsAre("m.yaml:6:51 net.a needs web.b", "m.yaml:15:12 web.b belongs to web",
                                 "m.yaml:13:15 web needs net", "m.yaml:6:12 net.a is part of net"));
}

TEST(Cycles, of_deployments_show_no_tasks) {
  const auto needs = [](const std::string& name, const std::string& other) {
    return document("Deployment", "name: " + name, "  dependsOn: [" + other + "]\n  tasks:\n" + task("name: t"));
  };
  Read read(needs("a", "b") + needs("b", "c") + needs("c", "a"));
  read.resolve();
  ASSERT_EQ(read.diagnostics.errors(), 1u);
  const Diagnostic& finding = read.diagnostics.all()[0];
  EXPECT_EQ(finding.message, "these wait for each other: a -> b -> c -> a");
  std::vector<std::string> edges;
  for (const Frame& frame : finding.related) edges.push_back(read.sources.place(frame.where) + " " + frame.doing);
  EXPECT_THAT(edges, ElementsAre("m.yaml:5:15 a needs b", "m.yaml:14:15 b needs c", "m.yaml:23:15 c needs a"));
}

TEST(Cycles, of_one) {
  Read read(web("  tasks:\n" + task("name: a, dependsOn: a")));
  read.resolve();
  ASSERT_EQ(read.diagnostics.errors(), 1u);
  EXPECT_EQ(read.diagnostics.all()[0].message, "these wait for each other: web.a -> web.a");
}

TEST(Cycles, that_share_nothing_are_all_told) {
  Read read(web("  tasks:\n" + task("name: a, dependsOn: b") + task("name: b, dependsOn: a") +
                task("name: c, dependsOn: d") + task("name: d, dependsOn: c")));
  read.resolve();
  EXPECT_EQ(read.diagnostics.errors(), 2u);
}

TEST(Resolve, follows_a_long_chain) {
  std::string tasks = "  tasks:\n" + task("name: t0");
  constexpr int length = 5000;
  for (int i = 1; i < length; ++i) tasks += task(fmt::format("name: t{}, dependsOn: t{}", i, i - 1));
  Read read(web(tasks));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(model.tasks[length - 1].needs, ElementsAre(length - 2));
  EXPECT_EQ(order(model.graph).size(), model.graph.size());
}

}  // namespace
}  // namespace verba
