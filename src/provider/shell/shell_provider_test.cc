// SPDX-License-Identifier: Apache-2.0
#include "provider/shell/shell_provider.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "provider/shell/script_type.h"
#include "provider/workbench.h"
#include "value/json.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

class ShellProviderTest : public Workbench {
 protected:
  ShellProviderTest() : Workbench(shell_script_type()) {}
  Outcome apply(Resource wanted, std::optional<Recorded> before = std::nullopt) {
    return wait_for(*system_, provider_->apply(std::move(wanted), std::move(before), attempt_));
  }
  Outcome apply(std::string_view yaml) { return apply(resource(yaml)); }
  Outcome remove(Recorded recorded) { return wait_for(*system_, provider_->remove(std::move(recorded), attempt_)); }
  Outcome rollback(Recorded done, std::optional<Recorded> before) {
    return wait_for(*system_, provider_->rollback(std::move(done), std::move(before), attempt_));
  }
  Observed observe(std::string_view yaml, Value outputs = {}) {
    return wait_for(*system_, provider_->observe({resource(yaml), std::move(outputs)}, attempt_));
  }

  static std::string outputs(const Outcome& outcome) {
    if (const auto* failed = std::get_if<Failed>(&outcome)) return "failed: " + failed->message;
    if (std::holds_alternative<Cancelled>(outcome)) return "cancelled";
    return to_json(std::get<Succeeded>(outcome).outputs);
  }
  static Failed failure(const Outcome& outcome) {
    const auto* failed = std::get_if<Failed>(&outcome);
    EXPECT_NE(failed, nullptr);
    return failed != nullptr ? *failed : Failed{};
  }
  static Value text(std::string_view value) {
    Map map;
    map.set("text", value);
    return map;
  }

  /// The messages about a `with`, "code: message" by line.
  std::string problems(std::string_view yaml) {
    Sources sources;
    Diagnostics diagnostics;
    auto documents = parse_yaml(sources, sources.add("with", std::string(yaml)), diagnostics);
    check_fields(documents.at(0), provider_->type().inputs, "the test", false, sources, diagnostics);
    provider_->validate(documents.at(0), {}, diagnostics);
    std::string all;
    for (const Diagnostic& one : diagnostics.all()) {
      all.append(all.empty() ? "" : "\n").append(one.code).append(": ").append(one.message);
      hint_ = one.hint;
    }
    return all;
  }

  std::unique_ptr<Provider> provider_ = make_shell_provider();
  std::string hint_;
};

TEST_F(ShellProviderTest, RunsAndLogs) {
  EXPECT_EQ(outputs(apply("run: echo out; echo err >&2")), "{}");
  EXPECT_TRUE(log_ == "out\n!err\n" || log_ == "!err\nout\n") << log_;
  EXPECT_FALSE(scratch_was_made());
}

TEST_F(ShellProviderTest, ValuesComeAsTheyAre) {
  EXPECT_EQ(outputs(apply(R"yaml({run: 'printf "%s|%s|%s" "$A" "$1" "$(cat)"; pwd >&2', outputs: text,
                                 environment: {A: "$(id) `id` \"'"}, arguments: ["; exit 9"], stdin: "a b"})yaml")),
            R"({"text":"$(id) `id` \"'|; exit 9|a b"})");
  EXPECT_EQ(log_.substr(log_.find('!')), "!" + root_ + "\n");
}

TEST_F(ShellProviderTest, ReadsOutputsFromStandardOutputOrTheFile) {
  EXPECT_EQ(outputs(apply("{run: 'echo A=1', outputs: dotenv}")), R"({"A":"1"})");
  EXPECT_EQ(outputs(apply(R"({run: 'echo noise; echo "{\"A\": [1]}" > "$VERBA_OUTPUT"', outputs: json})")),
            R"({"A":[1]})");
}

TEST_F(ShellProviderTest, OutputsThatDoNotFitFailForGood) {
  const Failed failed = failure(apply("{run: echo hello, outputs: json}"));
  EXPECT_TRUE(failed.message.starts_with("standard output: is not JSON: ")) << failed.message;
  EXPECT_FALSE(failed.retryable);
  EXPECT_EQ(failure(apply("{run: 'echo hello > $VERBA_OUTPUT', outputs: dotenv}")).message,
            "$VERBA_OUTPUT: line 1: expected NAME=VALUE");
  EXPECT_EQ(failure(apply("{run: 'head -c 17000000 /dev/zero | tr \"\\0\" x', outputs: text}")).message,
            "standard output is larger than 16 MiB");
}

TEST_F(ShellProviderTest, OtherInterpreters) {
  EXPECT_EQ(outputs(apply("{interpreter: bash, run: 'a=(x y); echo ${a[1]}', outputs: text}")), R"({"text":"y"})");
  EXPECT_EQ(outputs(apply("{interpreter: [awk, -f], run: 'BEGIN { print ARGV[1] }', arguments: 7, outputs: text}")),
            R"({"text":"7"})");
  EXPECT_THROW(apply("{interpreter: no-such-interpreter, run: x}"), Error);
}

TEST_F(ShellProviderTest, ShellsStopAtTheFirstMistake) {
  EXPECT_EQ(failure(apply("run: 'false; echo on'")).exit_code, 1);
  EXPECT_EQ(failure(apply("run: 'echo $UNSET_NAME'")).exit_code, 2);
  EXPECT_EQ(failure(apply("{interpreter: bash, run: 'false | true'}")).exit_code, 1);
  EXPECT_EQ(log_.find("on\n"), std::string::npos);
}

TEST_F(ShellProviderTest, FailuresSayWhy) {
  Failed failed = failure(apply("run: exit 3"));
  EXPECT_EQ(failed.message, "exit code 3");
  EXPECT_EQ(failed.exit_code, 3);
  EXPECT_TRUE(failed.retryable);
  failed = failure(apply("run: no-such-command"));
  EXPECT_EQ(failed.message, "exit code 127");
  EXPECT_NE(failed.hint.find("not found"), std::string::npos);
  EXPECT_NE(failure(apply("run: exit 137")).hint.find("signal KILL"), std::string::npos);
  failed = failure(apply("run: kill -TERM $$"));
  EXPECT_EQ(failed.message, "ended by signal TERM");
  EXPECT_EQ(failed.exit_code, std::nullopt);
}

TEST_F(ShellProviderTest, TheTimeoutAndTheStop) {
  attempt_.timeout = 20ms;
  const Failed failed = failure(apply("run: exec sleep 30"));
  EXPECT_EQ(failed.message, "timed out after 20ms");
  EXPECT_TRUE(failed.timed_out);
  attempt_.timeout.reset();
  attempt_.log = [this](Stream, std::string_view) { stop_.request(); };
  EXPECT_EQ(outputs(apply("run: echo up; exec sleep 30")), "cancelled");
  EXPECT_EQ(outputs(apply("run: touch never")), "cancelled");
  EXPECT_EQ(system_->kind_of(root_ + "/never"), std::nullopt);
}

TEST_F(ShellProviderTest, UpdateRunsUpdateOrRunAgain) {
  const std::string_view both =
      "{run: 'echo run $VERBA_ACTION', update: 'echo update $VERBA_ACTION $VERBA_OUTPUT_TEXT'}";
  apply(both);
  EXPECT_EQ(log_, "run create\n");
  log_.clear();
  apply(resource(both), Recorded{resource(both), text("old")});
  EXPECT_EQ(log_, "update update old\n");
  log_.clear();
  const std::string_view only = "run: echo run $VERBA_ACTION $VERBA_OUTPUT_TEXT";
  apply(resource(only), Recorded{resource(only), text("old")});
  EXPECT_EQ(log_, "run update old\n");
}

TEST_F(ShellProviderTest, RemoveRunsDelete) {
  const Resource made = resource("{run: ':', delete: 'echo bye $VERBA_ACTION $VERBA_OUTPUT_TEXT', outputs: text}");
  EXPECT_TRUE(provider_->can_remove(made));
  EXPECT_EQ(outputs(remove({made, text("x")})), "{}");
  EXPECT_EQ(log_, "bye delete x\n");
  EXPECT_FALSE(scratch_was_made());
  const Resource plain = resource("run: exit 1");
  EXPECT_FALSE(provider_->can_remove(plain));
  EXPECT_EQ(outputs(remove({plain, {}})), "{}");
}

TEST_F(ShellProviderTest, RollbackPrefersItsScript) {
  const Resource done = resource("{run: exit 1, rollback: 'echo back $VERBA_ACTION', delete: exit 1}");
  EXPECT_TRUE(provider_->can_rollback(done, false));
  EXPECT_EQ(outputs(rollback({done, {}}, Recorded{done, text("before")})), R"({"text":"before"})");
  EXPECT_EQ(outputs(rollback({done, {}}, std::nullopt)), "{}");
  EXPECT_EQ(log_, "back rollback\nback rollback\n");
  const Resource failing = resource("{run: ':', rollback: exit 4}");
  EXPECT_EQ(failure(rollback({failing, {}}, Recorded{failing, text("before")})).exit_code, 4);
}

TEST_F(ShellProviderTest, RollbackPutsBackWhatWasBeforeOrRemoves) {
  const Resource before = resource("{run: 'echo old', outputs: text}");
  const Resource done = resource("{run: 'echo new', delete: echo gone}");
  EXPECT_TRUE(provider_->can_rollback(done, true));
  EXPECT_TRUE(provider_->can_rollback(done, false));
  EXPECT_EQ(outputs(rollback({done, {}}, Recorded{before, text("x")})), R"({"text":"old"})");
  EXPECT_EQ(outputs(rollback({done, {}}, std::nullopt)), "{}");
  EXPECT_EQ(log_, "old\ngone\n");
  EXPECT_FALSE(provider_->can_rollback(before, false));
  EXPECT_EQ(outputs(rollback({before, {}}, Recorded{before, text("x")})), "{}") << "nothing to put back";
  EXPECT_EQ(log_, "old\ngone\n");
}

TEST_F(ShellProviderTest, CheckTellsHowItIs) {
  using enum Observed::State;
  EXPECT_EQ(observe("{run: ':', check: 'test \"$VERBA_OUTPUT_TEXT\" = x'}", text("x")).state, present);
  const Observed different = observe("{run: ':', check: 'echo port 81, not 80; echo more; exit 2'}");
  EXPECT_EQ(different.state, drifted);
  EXPECT_EQ(different.detail, "port 81, not 80");
  EXPECT_EQ(observe("{run: ':', check: exit 3}").state, absent);
  const Observed lost = observe("{run: ':', check: exit 7}");
  EXPECT_EQ(lost.state, unknown);
  EXPECT_EQ(lost.detail, "check: exit code 7");
  EXPECT_EQ(observe("run: ':'").state, unknown);
  EXPECT_FALSE(provider_->can_observe(resource("run: ':'")));
  EXPECT_TRUE(provider_->can_observe(resource("{run: ':', check: ':'}")));
  stop_.request();
  EXPECT_EQ(observe("{run: ':', check: ':'}").detail, "check: stopped");
}

TEST_F(ShellProviderTest, ValidateFindsWhatTheSchemaCannot) {
  EXPECT_EQ(problems("run: ':'"), "");
  EXPECT_EQ(problems("{environment: {A: '${{ vars.a }}', B: null}, source: x.sh}"), "");
  EXPECT_EQ(problems("{}"), "shell.no-script: there is no script to run");
  EXPECT_EQ(problems("{run: ':', source: x.sh}"), "shell.two-scripts: 'run' and 'source' exclude each other");
  EXPECT_EQ(problems("{run: ':', environment: {A: [1], 'B=': x, VERBA_RUN: 1}}"),
            "shell.not-scalar: environment variable A cannot be a list\n"
            "shell.variable-name: 'B=' cannot name an environment variable\n"
            "shell.own-variable: 'VERBA_RUN' is set by verba itself");
  EXPECT_EQ(problems("{run: ':', arguments: [a, {b: 1}]}"), "shell.not-scalar: an argument cannot be a map");
  EXPECT_EQ(problems("{run: ':', arguments: ['${{ secret(\"env:X\") }}']}").substr(0, 22), "shell.secret-argument:");
  EXPECT_EQ(problems("{run: ':', arguments: '${{ vars.secret }} (x)'}"), "");
  EXPECT_EQ(problems("{run: ':', interpreter: []}"), "shell.no-interpreter: 'interpreter' names no program");
  EXPECT_EQ(problems("{run: ':', stdin: {a: 1}}"), "shell.not-scalar: 'stdin' cannot be a map");
}

TEST_F(ShellProviderTest, AnExpressionInAScriptIsRefusedWithAWayOut) {
  EXPECT_EQ(problems("run: echo ${{ vars.x }}"), "manifest.no-expression-here: an expression cannot stand in 'run'");
  EXPECT_NE(hint_.find("environment"), std::string::npos);
  for (const char* field : {"update", "delete", "rollback", "check"}) {
    EXPECT_NE(problems(std::string("{run: ':', ") + field + ": '${{ vars.x }}'}"), "");
  }
}

TEST_F(ShellProviderTest, TheTypeDescribesItself) {
  const TaskType& type = provider_->type();
  EXPECT_EQ(type.name, "ShellScript");
  EXPECT_EQ(type.accounts, (std::vector<std::string_view>{"InfrastructureAccount", "UnixInfrastructureAccount",
                                                          "CloudInfrastructureAccount", "AwsInfrastructureAccount"}));
  for (const Field& field : type.inputs) EXPECT_FALSE(field.summary.empty()) << field.name;
  Sources sources;
  Diagnostics diagnostics;
  auto documents = parse_yaml(sources, sources.add("example", std::string(type.example)), diagnostics);
  Value& with = *documents.at(0).map().find("with");
  check_fields(with, type.inputs, "the example", false, sources, diagnostics);
  provider_->validate(with, {}, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << render(diagnostics, sources);
  Provider* all[] = {provider_.get()};
  EXPECT_EQ(Providers({all[0]}).find("ShellScript"), all[0]);
  EXPECT_EQ(Providers({all[0]}).find("Other"), nullptr);
}

}  // namespace
}  // namespace verba
