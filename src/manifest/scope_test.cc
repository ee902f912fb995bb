// SPDX-License-Identifier: Apache-2.0
// What the expressions of a task see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/testing.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_manifests::document;
using testing_manifests::Read;

std::string web(const std::string& spec) {
  return document("Deployment", "name: web", spec);
}
std::string task(const std::string& fields, const std::string& run = "x") {
  return "  - {" + fields + ", type: ShellScript, with: {run: \"" + run + "\"}}\n";
}

class Scopes : public testing::Test {
 protected:
  // Evaluates `expression` as task `address` would; as JSON, or the finding.
  std::string eval(Read& read, const Model& model, std::string_view address, const std::string& expression) {
    Value value(expression);
    Sources sources;
    value.where = {sources.add("e", expression), 0, static_cast<std::uint32_t>(expression.size())};
    Diagnostics mistakes;
    const auto parsed = parse_bare(value, sources, mistakes);
    if (!parsed) return "cannot be parsed";
    const Task* task = model.task(address);
    if (!task) return "no such task";
    const auto id = static_cast<TaskId>(task - model.tasks.data());
    const auto result = evaluate(*parsed, scope_of(model, id, read.surroundings), mistakes);
    if (!result) return mistakes.all().at(0).message + " | " + mistakes.all().at(0).hint;
    return result->is_unknown() ? "unknown" : to_json(*result);
  }
};

TEST_F(Scopes, take_the_strongest_variable) {
  Read read(document("Variables", "name: v", "  values: {a: 1, b: 1, c: 1, d: 1, e: 1}") +
            document("Environment", "name: test", "  variables: {b: 2, c: 2, d: 2, e: 2}") +
            web("  variables: {c: 3, d: 3, e: 3}\n  tasks:\n" + task("name: t, variables: {d: 4, e: 4}")));
  Map command_line;
  command_line.set("e", Value(5));
  const Model model = read.resolve("test", command_line);
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(eval(read, model, "web.t", "[vars.a, vars.b, vars.c, vars.d, vars.e]"), "[1,2,3,4,5]");
}

TEST_F(Scopes, work_variables_out_with_the_eyes_of_the_reader) {
  Read read(
      document("Variables", "name: v",
               "  values: {url: \"https://${{ vars.host }}/\", host: a, deep: {x: [1, {y: \"${{ vars.host }}\"}]}}") +
      web("  tasks:\n" + task("name: t") + task("name: u, variables: {host: b}")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(eval(read, model, "web.t", "vars.url"), R"("https://a/")");
  EXPECT_EQ(eval(read, model, "web.u", "vars.url"), R"("https://b/")");
  EXPECT_EQ(eval(read, model, "web.u", "vars.deep.x[1].y"), R"("b")");
  EXPECT_EQ(eval(read, model, "web.u", "vars['host']"), R"("b")");
}

TEST_F(Scopes, do_not_work_the_same_variable_out_twice) {
  std::string values = "  values:\n    v0: x\n";
  for (int i = 1; i <= 18; ++i) values += fmt::format("    v{0}: \"${{{{ vars.v{1} + vars.v{1} }}}}\"\n", i, i - 1);
  Read read(document("Variables", "name: v", values) + web("  tasks:\n" + task("name: t")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(eval(read, model, "web.t", "length(vars.v18)"), "262144");
}

TEST_F(Scopes, take_variables_from_outside) {
  const std::string text = document("Variables", "name: v",
                                    "  values:\n    user: {from: {env: USER}, default: nobody}\n"
                                    "    home: {from: {env: HOME}}\n    key: {from: {secret: 'env:KEY'}}\n"
                                    "    version: {from: {script: version}}\n"
                                    "    other: {from: {script: version}, default: \"${{ vars.user }}!\"}") +
                           document("ShellScript", "name: version", "  run: git describe") +
                           web("  tasks:\n" + task("name: t") + task("name: u"));
  Read read(text);
  int runs = 0;
  read.surroundings.variable = [](const std::string& name) {
    return name == "HOME" ? std::optional<std::string>("/root") : std::nullopt;
  };
  read.surroundings.secret = [](const SecretQuestion& question) {
    return TextAnswer(question.reference + " in " + question.directory);
  };
  read.surroundings.script = [&](const Manifest& script) {
    ++runs;
    return TextAnswer("out of " + script.name);
  };
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(eval(read, model, "web.t", "vars.user"), R"("nobody")");
  EXPECT_EQ(eval(read, model, "web.t", "vars.home"), R"("/root")");
  EXPECT_EQ(eval(read, model, "web.t", "vars.key"), R"("***")");
  EXPECT_EQ(eval(read, model, "web.t", "length(vars.key)"), R"("***")");
  EXPECT_EQ(eval(read, model, "web.t", "vars.version + vars.other"), R"("out of versionout of version")");
  EXPECT_EQ(eval(read, model, "web.u", "vars.version"), R"("out of version")");
  EXPECT_EQ(runs, 1);
  read.surroundings.script = nullptr;
  const Model again = read.resolve();
  EXPECT_EQ(eval(read, again, "web.t", "vars.other"), R"("nobody!")");
}

TEST_F(Scopes, know_names_of_all_kinds) {
  Read read(document("Environment", "name: test, labels: {tier: low}", "  {}") +
            web("  tasks:\n" + task("name: t, forEach: {k: {v: 7}}")));
  read.surroundings.variable = [](const std::string& name) { return std::optional<std::string>("of " + name); };
  read.surroundings.run.set("id", Value("r1"));
  const Model model = read.resolve("test");
  EXPECT_THAT(read.findings(), IsEmpty());
  const std::string t = "web.t[k]";
  EXPECT_EQ(eval(read, model, t, "environment.name + environment.labels.tier"), R"("testlow")");
  EXPECT_EQ(eval(read, model, t, "each.key + format('{}', each.value.v)"), R"("k7")");
  EXPECT_EQ(eval(read, model, t, "env.HOME"), R"("of HOME")");
  EXPECT_EQ(eval(read, model, t, "account.name"), R"("deployment-host")");
  EXPECT_EQ(eval(read, model, t, "run.id"), R"("r1")");
  EXPECT_EQ(eval(read, model, t, "source.path"), R"("/project")");
  EXPECT_EQ(eval(read, model, t, "deployment.name + task.name"), R"("webt[k]")");
  EXPECT_THAT(eval(read, model, t, "account.region"), HasSubstr("account 'deployment-host' has no region"));
  EXPECT_THAT(eval(read, model, t, "source.commit"), HasSubstr("do not come from Git"));
  EXPECT_THAT(eval(read, model, t, "environment.labels.none"), HasSubstr("has no label 'none'"));
  EXPECT_EQ(eval(read, model, t, "default(environment.labels.none, 'x')"), R"("x")");
}

TEST_F(Scopes, see_outputs) {
  Read read(document("Deployment", "name: net", "  tasks:\n" + task("name: vpc")) +
            web("  tasks:\n" + task("name: t") + task("name: loop, forEach: [x, y]") + task("name: none, forEach: []") +
                task("name: away, when: 1 == 2")));
  const Model model = read.resolve();
  EXPECT_THAT(read.findings(), IsEmpty());
  EXPECT_EQ(eval(read, model, "web.t", "tasks.loop['x'].outputs.n"), "unknown");
  read.surroundings.outputs = [&](TaskId id) -> std::optional<Value> {
    if (model.tasks[id].name == "loop[y]") return Value(Unknown{});
    if (model.tasks[id].name == "t") return std::nullopt;
    Map map;
    map.set("from", Value(model.tasks[id].address));
    return Value(std::move(map));
  };
  EXPECT_EQ(eval(read, model, "web.t", "tasks.loop['x'].outputs.from"), R"("web.loop[x]")");
  EXPECT_EQ(eval(read, model, "web.t", "tasks.loop['y'].outputs.from"), "unknown");
  EXPECT_EQ(eval(read, model, "web.t", "tasks.loop.x"), R"({"outputs":{"from":"web.loop[x]"}})");
  EXPECT_EQ(eval(read, model, "web.t", "keys(tasks.loop)"), R"(["x","y"])");
  EXPECT_EQ(eval(read, model, "web.t", "length(tasks.none)"), "0");
  EXPECT_EQ(eval(read, model, "web.t", "deployments.net.tasks.vpc.outputs.from"), R"("net.vpc")");
  EXPECT_THAT(eval(read, model, "web.loop[x]", "tasks.t.outputs.x"), HasSubstr("task 'web.t' is not deployed"));
  EXPECT_EQ(eval(read, model, "web.t", "default(tasks.away.outputs.x, 'gone')"), R"("gone")");
  EXPECT_EQ(eval(read, model, "web.t", "default(deployments.nowhere.tasks.a.outputs.x, 'gone')"), R"("gone")");
}

TEST_F(Scopes, read_files_beside_the_text_that_names_them) {
  Read read(
      document("Variables", "name: v", "  values: {text: \"${{ file('a.txt') }}\", root: \"${{ file('/b') }}\"}") +
      web("  tasks:\n" + task("name: t")));
  read.surroundings.file = [](const std::string& path) {
    return std::variant<std::string, NotFound>("<" + path + ">");
  };
  const Model model = read.resolve();
  EXPECT_EQ(eval(read, model, "web.t", "vars.text"), R"("</project/a.txt>")");
  EXPECT_EQ(eval(read, model, "web.t", "vars.root"), R"("</b>")");
}

TEST_F(Scopes, end_a_circle_and_a_long_row) {
  std::string values = "  values:\n    a: \"${{ vars.b }}\"\n    b: \"${{ vars.a }}\"\n    v0: x\n";
  for (int i = 1; i <= 300; ++i) values += fmt::format("    v{}: \"${{{{ vars.v{} }}}}\"\n", i, i - 1);
  Read read(document("Variables", "name: v", values) +
            web("  tasks:\n" + task("name: t") + task("name: u", "${{ vars.v300 }}")));
  const Model model = read.resolve();
  EXPECT_THAT(eval(read, model, "web.t", "vars.a"), HasSubstr("variable 'a' reads itself"));
  EXPECT_THAT(eval(read, model, "web.t", "vars.v300"), HasSubstr("more than 100 variables read one another in a row"));
  EXPECT_THAT(read.findings(), testing::Contains(HasSubstr("more than 100 variables read one another in a row")));
}

TEST_F(Scopes, outlive_a_move_of_the_model) {
  Read read(web("  tasks:\n" + task("name: t")));
  Model first = read.resolve();
  const Model second = std::move(first);
  EXPECT_EQ(eval(read, second, "web.t", "task.name"), R"("t")");
}

}  // namespace
}  // namespace verba
