// SPDX-License-Identifier: Apache-2.0
// What expressions name: edges, and mistakes.
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

std::string web(const std::string& tasks) {
  return document("Deployment", "name: web", "  tasks:\n" + tasks);
}
std::string task(const std::string& fields, const std::string& run = "x") {
  return "  - {" + fields + ", type: ShellScript, with: {run: \"" + run + "\"}}\n";
}

std::vector<std::string> needs(const Model& model, std::string_view address) {
  return addresses(model, model.task(address)->needs);
}

TEST(References, make_edges) {
  Read read(
      document("Deployment", "name: net", "  tasks:\n" + task("name: vpc")) +
      web(task("name: a") + task("name: b", "${{ tasks.a.outputs.x }} ${{ deployments.net.tasks.vpc.outputs.id }}")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(needs(model, "web.b"), ElementsAre("net.vpc", "web.a"));
}

TEST(References, make_edges_through_variables_of_any_level) {
  Read read(document("Variables", "name: v", "  values: {one: \"${{ vars.two }}\", plain: 1}") +
            document("Environment", "name: test", "  variables: {two: \"${{ vars.three }}\"}") +
            document("Deployment", "name: web",
                     "  variables: {three: \"${{ vars.four }}\"}\n  tasks:\n" + task("name: a") + task("name: b") +
                         task("name: c, variables: {four: \"${{ tasks.a.outputs.x }}\"}", "${{ vars.one }}") +
                         task("name: d, variables: {two: \"${{ tasks.b.outputs.x }}\"}", "${{ vars.one }}") +
                         task("name: e", "${{ vars.plain }}")));
  const Model model = read.resolve("test");
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(needs(model, "web.c"), ElementsAre("web.a"));
  EXPECT_THAT(needs(model, "web.d"), ElementsAre("web.b"));
  EXPECT_THAT(needs(model, "web.e"), IsEmpty());
}

TEST(References, to_loops_need_the_instance_or_all) {
  Read read(web(task("name: a, forEach: [x, y]") + task("name: one", "${{ tasks.a['y'].outputs.k }}") +
                task("name: all", "${{ jsonEncode(tasks.a) }}") +
                task("name: beside, forEach: [x, y]", "${{ tasks.a[each.key].outputs.k }}") +
                task("name: any, variables: {k: x}", "${{ tasks.a[vars.k].outputs.k }}")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(needs(model, "web.one"), ElementsAre("web.a[y]"));
  EXPECT_THAT(needs(model, "web.all"), ElementsAre("web.a[x]", "web.a[y]"));
  EXPECT_THAT(needs(model, "web.beside[x]"), ElementsAre("web.a[x]"));
  EXPECT_THAT(needs(model, "web.beside[y]"), ElementsAre("web.a[y]"));
  EXPECT_THAT(needs(model, "web.any"), ElementsAre("web.a[x]", "web.a[y]"));
}

TEST(References, in_names_of_depends_on_are_worked_out) {
  Read read(
      web(task("name: a, forEach: [x, y]") + task("name: b, forEach: [x, y], dependsOn: [\"a[${{ each.key }}]\"]")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(needs(model, "web.b[y]"), ElementsAre("web.a[y]"));
}

TEST(References, that_default_guards_may_be_out_of_scope) {
  Read read(document("Environment", "name: test", "  {}") +
            web(task("name: a, when: 1 == 2") + task("name: b") +
                task("name: c", "${{ default(tasks.a.outputs.x, tasks.b.outputs.x) }}") +
                task("name: d, dependsOn: a, variables: {v: 1}", "${{ default(vars.e, vars.v) }}") +
                task("name: e, environments: [test], variables: {e: 1}")));
  const Model model = read.resolve("test");
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_THAT(needs(model, "web.c"), ElementsAre("web.b"));
  EXPECT_THAT(needs(model, "web.d"), IsEmpty());
}

struct Case {
  std::string_view name;
  std::string text;
  std::vector<std::string> expected;
};

class BadReferences : public testing::TestWithParam<Case> {};

TEST_P(BadReferences, are_told_with_place_and_hint) {
  Read read(GetParam().text);
  read.check_names();
  ASSERT_THAT(read.findings(), IsEmpty());
  read.resolve();
  EXPECT_THAT(read.findings(), testing::ElementsAreArray(GetParam().expected));
}

std::string values(const std::string& map) {
  return document("Variables", "name: v", "  values: " + map);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadReferences,
    testing::ValuesIn(std::vector<Case>{
        {"unknown_task",
         web(task("name: site") + task("name: b", "${{ tasks.sit.outputs.x }}")),
         {"m.yaml:7:57 manifest.unknown-reference: Deployment 'web' has no task 'sit' (did you mean 'site'?)"}},
        {"unknown_task_in_depends_on",
         web(task("name: site") + task("name: b, dependsOn: [sit]")),
         {"m.yaml:7:27 manifest.unknown-reference: Deployment 'web' has no task 'sit' (did you mean 'site'?)"}},
        {"deployment_in_depends_on_of_a_task",
         document("Deployment", "name: network", "  tasks: []") + web(task("name: b, dependsOn: [network]")),
         {"m.yaml:12:27 manifest.unknown-reference: Deployment 'web' has no task 'network' "
          "(that is a Deployment; a task is named DEPLOYMENT.TASK)"}},
        {"unknown_deployment_in_depends_on",
         web(task("name: b, dependsOn: [wbe.b]")),
         {"m.yaml:6:27 manifest.unknown-reference: no Deployment is named 'wbe' (did you mean 'web'?)"}},
        {"unknown_deployment",
         web(task("name: b", "${{ deployments.wob.tasks.x.outputs.y }}")),
         {"m.yaml:6:63 manifest.unknown-reference: no Deployment is named 'wob' (did you mean 'web'?)"}},
        {"unknown_variable",
         values("{domain: x}") + web(task("name: b", "${{ vars.domian }}")),
         {"m.yaml:12:56 manifest.unknown-variable: no variable is named 'domian' (did you mean 'domain'?)"}},
        {"unknown_variable_in_a_variable",
         values("{a: \"${{ vars.c }}\"}"),
         {"m.yaml:5:25 manifest.unknown-variable: no variable is named 'c' "
          "(give it a value in Variables, Environment, Deployment or task)"}},
        {"variable_of_another_task",
         web(task("name: a, variables: {x: 1}") + task("name: b", "${{ vars.x }}")),
         {"m.yaml:7:56 manifest.unknown-variable: variable 'x' has no value for task 'web.b' in environment 'default' "
          "(give it one there, or write default(vars.x, ...))"}},
        {"unknown_root",
         web(task("name: b", "${{ tsks.a.outputs.x }}")),
         {"m.yaml:6:51 manifest.unknown-name: nothing is named 'tsks' (did you mean 'tasks'?)"}},
        {"bare_variable",
         values("{domain: x}") + web(task("name: b", "${{ domain }}")),
         {"m.yaml:12:51 manifest.unknown-name: nothing is named 'domain' (a variable is read as vars.domain)"}},
        {"unknown_member",
         web(task("name: b", "${{ environment.nam }}")),
         {"m.yaml:6:63 manifest.unknown-name: 'environment' has no 'nam' (did you mean 'name'?)"}},
        {"no_outputs",
         web(task("name: a") + task("name: b", "${{ tasks.a.output.x }}")),
         {"m.yaml:7:59 manifest.unknown-name: a task has no 'output' (did you mean 'outputs'?)"}},
        {"no_instance",
         web(task("name: a, forEach: [one, two]") + task("name: b", "${{ tasks.a['tow'].outputs.x }}")),
         {"m.yaml:7:59 manifest.unknown-reference: task 'a' has no instance 'tow' (did you mean 'two'?)"}},
        {"loop_as_one",
         web(task("name: a, forEach: [one, two]") + task("name: b", "${{ tasks.a.outputs.x }}")),
         {"m.yaml:7:59 manifest.unknown-reference: task 'a' has an instance for each item of its forEach "
          "(name one: tasks.a['one'].outputs)"}},
        {"each_outside",
         web(task("name: b", "${{ each.key }}")),
         {"m.yaml:6:51 manifest.no-loop: 'each' is only known in tasks with forEach or accounts "
          "(add forEach to the task, or do not read 'each')"}},
        {"out_of_scope",
         web(task("name: a, when: 1 == 2") + task("name: b", "${{ tasks.a.outputs.x }}")),
         {"m.yaml:7:57 manifest.out-of-scope: task 'web.a' is not there in environment 'default': its 'when' is false "
          "(say what to take instead: default(..., OTHERWISE))"}},
        {"circle",
         values("{a: \"${{ vars.b }}\", b: \"${{ vars.c }}\", c: \"${{ vars.b }}\"}") +
             web(task("name: t", "${{ vars.c }}")),
         {"m.yaml:5:32 manifest.cycle: these variables read each other: b -> c -> b "
          "(one of them needs a value of its own)"}},
        {"instance_of_a_single_task",
         web(task("name: a") + task("name: b, dependsOn: \"a[x]\"")),
         {"m.yaml:7:26 manifest.unknown-reference: task 'a' has no instances: it has no forEach and no accounts (write "
          "'a')"}},
    }),
    [](const auto& info) { return std::string(info.param.name); });

TEST(References, say_which_variable_led_there) {
  Read read(values("{a: \"${{ tasks.nothing.outputs.x }}\"}") + web(task("name: t", "${{ vars.a }}")));
  read.resolve();
  ASSERT_EQ(read.diagnostics.errors(), 1u);
  EXPECT_EQ(read.diagnostics.all()[0].trail.at(0).doing, "resolving variable 'a', read by task 'web.t'");
}

TEST(References, of_instances_are_told_once) {
  Read read(web(task("name: t, forEach: [a, b, c]", "${{ vars.nothing }}")));
  read.resolve();
  EXPECT_EQ(read.diagnostics.errors(), 1u);
}

TEST(References, do_not_add_noise_to_a_broken_task) {
  Read read(web("  - {name: a, type: Nothing}\n" + task("name: b", "${{ tasks.a.outputs.x }}")));
  EXPECT_EQ(read.diagnostics.errors(), 1u);
  read.resolve();
  EXPECT_EQ(read.diagnostics.errors(), 1u);
}

TEST(References, tell_a_long_chain_of_variables_once) {
  std::string values = "  values:\n    v0: \"${{ vars.v999 }}\"\n";
  for (int i = 1; i < 1000; ++i) values += fmt::format("    v{}: \"${{{{ vars.v{} }}}}\"\n", i, i - 1);
  Read read(document("Variables", "name: v", values) + web(task("name: t", "${{ vars.v7 }}")));
  read.resolve();
  EXPECT_THAT(read.findings(),
              ElementsAre("m.yaml:906:5 manifest.cycle: more than 100 variables read one another in a row "
                          "(make the chain shorter)"));
}

}  // namespace
}  // namespace verba
