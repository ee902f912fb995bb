// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/error.h"
#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> statuses(const EngineWorld& world) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < world.witness.progress.steps.size(); ++i) {
    lines.push_back(world.stage->plan.steps[i].address + " " +
                    std::string(to_string(world.witness.progress.steps[i].status)));
  }
  return lines;
}

TEST(Runner, RunsNeedsFirstAndPassesOutputsOn) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(R"(
- name: b
  with: {outputs: {y: "${{ tasks.a.outputs.x }}!"}}
- name: a
  with: {outputs: {x: "one"}}
- name: c
  dependsOn: [b]
)");
  EXPECT_THAT(world.run(text), ElementsAre("create d.a", "create d.b", "create d.c"));
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  EXPECT_EQ(world.record("d.b")->outputs, R"({"y":"one!"})");
  EXPECT_EQ(world.record("d.b")->needs, R"(["d.a"])");
}

TEST(Runner, AnUnchangedOutputStopsTheWave) {
  EngineWorld world;
  const auto text = [](int value) {
    return EngineWorld::deployment("- name: a\n  with: {value: " + std::to_string(value) +
                                   ", outputs: {x: same}}\n- name: b\n  with: {value: \"${{ tasks.a.outputs.x }}\"}\n" +
                                   "- name: c\n  with: {value: \"${{ tasks.b.outputs }}\"}\n");
  };
  world.run(text(1));
  EXPECT_THAT(world.run(text(2)), ElementsAre("update d.a"));
  EXPECT_THAT(statuses(world), ElementsAre("d.a succeeded", "d.b unchanged", "d.c unchanged"));
  EXPECT_THAT(world.run(text(2)), IsEmpty());
}

TEST(Runner, AFailureStopsItsDeploymentAndWhatNeedsIt) {
  EngineWorld world;
  const std::string text =
      EngineWorld::deployment(
          "- name: a\n  with: {fail: true}\n- name: b\n  dependsOn: [a]\n- name: c\n  dependsOn: [d]\n"
          "- name: d\n  with: {takes: 1000}\n",
          "one", "  onFailure: stop\n") +
      EngineWorld::deployment("- name: x\n", "two", "  dependsOn: [one]\n") +
      EngineWorld::deployment("- name: y\n  with: {takes: 10}\n- name: z\n  dependsOn: [y]\n", "three");
  EXPECT_THAT(world.run(text),
              UnorderedElementsAre("create one.a", "create one.d", "create three.y", "create three.z"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_THAT(statuses(world), ElementsAre("one.a failed", "one.b skipped", "one.c skipped", "one.d succeeded",
                                           "three.y succeeded", "three.z succeeded", "two.x skipped"));
  EXPECT_EQ(world.record("one.a")->status, RecordStatus::failed);
}

TEST(Runner, ContinueGoesOnWithWhatDoesNotNeedIt) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(
      "- name: a\n  with: {fail: true}\n- name: b\n  dependsOn: [a]\n- name: c\n  dependsOn: [d]\n- name: d\n  with: "
      "{takes: 9}\n",
      "d", "  onFailure: continue\n");
  world.run(text);
  EXPECT_THAT(statuses(world), ElementsAre("d.a failed", "d.b skipped", "d.c succeeded", "d.d succeeded"));
}

TEST(Runner, TriesAgainWithGrowingDelays) {
  EngineWorld world;
  int calls = 0;
  world.provider.script = [&](const std::string&) -> std::optional<Outcome> {
    if (++calls == 4) return std::nullopt;
    Failed failed;
    failed.message = "not yet";
    return Outcome(failed);
  };
  const Instant before = world.system.now();
  world.run(EngineWorld::deployment("- name: a\n  retry: {attempts: 4, delay: 10s, backoff: 2, maxDelay: 15s}\n"));
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  EXPECT_EQ((world.system.now() - before).count() / 1000, 10 + 15 + 15);
  EXPECT_EQ(world.store->steps(world.result.run)[0].attempts, 4);
}

TEST(Runner, StopsAtTheLastAttempt) {
  EngineWorld world;
  EXPECT_THAT(world.run(EngineWorld::deployment(
                  "- name: a\n  onFailure: stop\n  retry: {attempts: 2}\n  with: {fail: true}\n")),
              ElementsAre("create d.a", "create d.a"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
}

TEST(Runner, RunsNoMoreAtATimeThanAsked) {
  EngineWorld world;
  world.settings.parallelism = 2;
  std::string tasks;
  for (int i = 0; i < 7; ++i) tasks += "- name: t" + std::to_string(i) + "\n  with: {takes: 1000}\n";
  const Instant before = world.system.now();
  world.run(EngineWorld::deployment(tasks));
  EXPECT_EQ((world.system.now() - before).count() / 1000, 4);
}

TEST(Runner, OneOfAGroupAtATime) {
  EngineWorld world;
  std::string tasks;
  for (int i = 0; i < 3; ++i)
    tasks += "- name: t" + std::to_string(i) + "\n  concurrencyGroup: g\n  with: {takes: 1000}\n";
  const Instant before = world.system.now();
  world.run(EngineWorld::deployment(tasks));
  EXPECT_EQ((world.system.now() - before).count() / 1000, 3);
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
}

TEST(Runner, TheLongestPathGoesFirst) {
  EngineWorld world;
  world.settings.parallelism = 1;
  EXPECT_THAT(world.run(EngineWorld::deployment(
                  "- name: a\n- name: b\n- name: c\n  dependsOn: [b]\n- name: e\n  dependsOn: [c]\n")),
              ElementsAre("create d.b", "create d.c", "create d.a", "create d.e"));
}

TEST(Runner, DestroyGoesBackwards) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n- name: b\n  dependsOn: [a]\n", "one") +
                           EngineWorld::deployment("- name: x\n", "two", "  dependsOn: [one]\n");
  world.run(text);
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(world.run(text), ElementsAre("delete two.x", "delete one.b", "delete one.a"));
  EXPECT_TRUE(world.store->snapshot("default").records.empty());
}

TEST(Runner, PruneWaitsForWhoUsedIt) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n- name: b\n  dependsOn: [a]\n  with: {value: 1}\n"));
  world.goal.prune = true;
  world.settings.parallelism = 1;
  EXPECT_THAT(world.run(EngineWorld::deployment("- name: b\n  with: {value: 2}\n")),
              ElementsAre("update d.b", "delete d.a"));
}

TEST(Runner, ContradictoryRecordsCanStillBeDestroyed) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n  with: {value: 1}\n- name: b\n  dependsOn: [a]\n"));
  world.goal.targets = {"d.a"};
  world.run(EngineWorld::deployment("- name: a\n  with: {value: 2}\n  dependsOn: [b]\n- name: b\n  when: false\n"));
  world.goal = Goal();
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_EQ(world.run(EngineWorld::deployment("- name: a\n")).size(), 2U);
}

TEST(Runner, FirstInterruptLetsRunningStepsFinish) {
  EngineWorld world;
  world.system.interrupt_after(Milliseconds(2));
  world.run(EngineWorld::deployment(
      "- name: a\n  with: {takes: 5}\n- name: b\n  dependsOn: [a]\n- name: c\n  with: {takes: 50}\n"));
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  EXPECT_THAT(statuses(world), ElementsAre("d.a succeeded", "d.b pending", "d.c succeeded"));
}

TEST(Runner, SecondInterruptEndsThem) {
  EngineWorld world;
  world.system.interrupt_after(Milliseconds(10));
  world.system.interrupt_after(Milliseconds(20));
  world.run(EngineWorld::deployment("- name: a\n  with: {takes: 5}\n- name: c\n  with: {takes: 50000}\n"));
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  EXPECT_THAT(statuses(world), ElementsAre("d.a succeeded", "d.c cancelled"));
}

TEST(Runner, ReplaceDeletesThenCreates) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n  with: {size: small}\n"));
  EXPECT_THAT(world.run(EngineWorld::deployment("- name: a\n  with: {size: large}\n")),
              ElementsAre("delete d.a", "create d.a"));
}

TEST(Runner, SecretsAreSealedAndMasked) {
  EngineWorld world;
  world.secrets["env:P"] = "hunter2hunter2";
  world.provider.script = [](const std::string&) -> std::optional<Outcome> {
    Map outputs;
    outputs.set("x", "see hunter2hunter2");
    outputs.set("y", "open");
    return Outcome(Succeeded{Value(std::move(outputs))});
  };
  world.run(EngineWorld::deployment("- name: a\n  with: {value: \"${{ secret('env:P') }}\"}\n"));
  const Record* record = world.record("d.a");
  EXPECT_EQ(record->outputs.find("hunter2"), std::string::npos);
  EXPECT_NE(record->outputs.find("open"), std::string::npos);
  EXPECT_EQ(world.store->blob(*record->definition)->find("hunter2"), std::string::npos);
}

TEST(Runner, WritesLogs) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n"));
  const std::vector<LogLine> logs = world.store->logs(world.result.run, 0);
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_EQ(logs[0].text, "create d.a\n");
}

TEST(Rollback, UndoesWhatWasDoneInReverse) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(
      "- name: a\n- name: b\n  dependsOn: [a]\n- name: c\n  dependsOn: [b]\n  with: {fail: true}\n");
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  EXPECT_THAT(world.run(text),
              ElementsAre("create d.a", "create d.b", "create d.c", "rollback d.c", "rollback d.b", "rollback d.a"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_TRUE(world.store->snapshot("default").records.empty());
  const std::vector<StepRecord> steps = world.store->steps(world.result.run);
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(steps[3].action, "rollback");
  EXPECT_EQ(world.store->run(world.result.run)->status, RunStatus::rolled_back);
}

TEST(Rollback, PutsBackWhatWasThereBefore) {
  EngineWorld world;
  const auto text = [](int value, bool fail) {
    return EngineWorld::deployment("- name: a\n  with: {value: " + std::to_string(value) + ", outputs: {x: \"" +
                                   std::to_string(value) + "\"}}\n- name: b\n  dependsOn: [a]\n" +
                                   (fail ? "  with: {fail: true}\n" : ""));
  };
  world.run(text(1, false));
  const Record before = *world.record("d.a");
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  EXPECT_THAT(world.run(text(2, true)), ElementsAre("update d.a", "update d.b", "rollback d.b", "rollback d.a"));
  const Record* after = world.record("d.a");
  EXPECT_EQ(after->definition, before.definition);
  EXPECT_EQ(after->inputs, before.inputs);
  EXPECT_EQ(after->outputs, R"({"x":"1"})");
  EXPECT_THAT(world.run(text(1, false)), IsEmpty());
}

TEST(Rollback, LeavesOtherDeploymentsAlone) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  const std::string text =
      EngineWorld::deployment("- name: a\n- name: b\n  dependsOn: [a]\n  with: {fail: true}\n", "one") +
      EngineWorld::deployment("- name: x\n  with: {takes: 1000}\n", "two");
  EXPECT_THAT(world.run(text),
              UnorderedElementsAre("create one.a", "create two.x", "create one.b", "rollback one.b", "rollback one.a"));
  EXPECT_NE(world.record("two.x"), nullptr);
}

TEST(Runner, DeletesWhatGoesBeforeWhatItNeedsIsReplaced) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n  with: {size: small}\n- name: user\n  dependsOn: [a]\n"));
  world.goal.prune = true;
  EXPECT_THAT(world.run(EngineWorld::deployment("- name: a\n  with: {size: large}\n")),
              ElementsAre("delete d.user", "delete d.a", "create d.a"));
}

TEST(Rollback, BringsBackWhatWasDeletedOrReplaced) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n  with: {size: small}\n- name: gone\n"));
  world.goal.prune = true;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call != "create d.z") return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  const std::vector<std::string> calls = world.run(EngineWorld::deployment(
      "- name: a\n  with: {size: large}\n- name: z\n  dependsOn: [a]\n  with: {fail: true, takes: 5}\n"));
  EXPECT_THAT(calls, UnorderedElementsAre("delete d.a", "create d.a", "delete d.gone", "create d.z", "rollback d.z",
                                          "create d.gone", "delete d.a", "create d.a"));
  EXPECT_NE(world.record("d.gone"), nullptr);
  EXPECT_EQ(world.record("d.z"), nullptr);
}

/// a was 1; a run that was stopped made it 2, and b; c is to fail.
class RollbackOfSeveralRuns : public ::testing::Test {
 protected:
  RollbackOfSeveralRuns() {
    world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
      if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
      return std::nullopt;
    };
    world.run(first);
    world.system.interrupt_after(Milliseconds(5));  // b takes 10
    world.run(second);
  }
  const std::string first = EngineWorld::deployment("- name: a\n  with: {value: 1}\n");
  const std::string second = EngineWorld::deployment(
      "- name: a\n  with: {value: 2}\n- name: b\n  dependsOn: [a]\n  with: {takes: 10}\n"
      "- name: c\n  dependsOn: [b]\n  with: {fail: true}\n");
  EngineWorld world;
};

TEST_F(RollbackOfSeveralRuns, GoesBackOverWhatAStoppedRunDid) {
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  EXPECT_THAT(world.run(second), ElementsAre("create d.c", "rollback d.c", "rollback d.b", "rollback d.a"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("d.b"), nullptr);
  EXPECT_THAT(world.plan(first), IsEmpty());
}

TEST_F(RollbackOfSeveralRuns, IsForetold) {
  world.plan(second);
  ASSERT_EQ(world.stage->plan.consequences.size(), 1U);
  const Consequence& consequence = world.stage->plan.consequences[0];
  EXPECT_EQ(consequence.undone.size(), 1U);
  ASSERT_EQ(consequence.carried.size(), 2U);
  EXPECT_EQ(world.stage->plan.carried[0].step.address, "d.a");
  EXPECT_EQ(world.stage->plan.carried[1].step.address, "d.b");
}

TEST_F(RollbackOfSeveralRuns, EndsWhereARunCameToItsEnd) {
  const std::string fine = EngineWorld::deployment(
      "- name: a\n  with: {value: 2}\n- name: b\n  dependsOn: [a]\n"
      "  with: {takes: 10}\n- name: c\n  dependsOn: [b]\n");
  world.run(fine);
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  const std::string more = fine + "  - name: d\n    type: Fake\n    with: {fail: true}\n";
  EXPECT_THAT(world.run(more), ElementsAre("create d.d", "rollback d.d"));
}

/// What was whole is no half of a run: where it changes later, it goes back to that.
TEST(Rollback, DoesNotGoBackBehindADeploymentThatWasFinished) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  const std::string slow =
      EngineWorld::deployment("- name: x\n  with: {takes: 10}\n- name: y\n  dependsOn: [x]\n", "two");
  world.system.interrupt_after(Milliseconds(5));
  world.run(EngineWorld::deployment("- name: a\n  with: {value: 1}\n", "one") + slow);
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  EXPECT_THAT(
      world.run(EngineWorld::deployment(
                    "- name: a\n  with: {value: 2}\n- name: b\n  dependsOn: [a]\n  with: {fail: true}\n", "one") +
                slow),
      ::testing::UnorderedElementsAre("update one.a", "create two.y", "create one.b", "rollback one.b",
                                      "rollback one.a"));
  EXPECT_NE(world.record("one.a"), nullptr);
}

/// What this run does again to the same thing is undone once.
TEST_F(RollbackOfSeveralRuns, GoesBackBehindAllOfThem) {
  const std::string third = EngineWorld::deployment(
      "- name: a\n  with: {value: 3}\n- name: b\n  dependsOn: [a]\n  with: {takes: 10}\n"
      "- name: c\n  dependsOn: [b]\n  with: {fail: true}\n");
  EXPECT_THAT(world.run(third),
              ElementsAre("update d.a", "create d.c", "rollback d.c", "rollback d.b", "rollback d.a"));
  EXPECT_THAT(world.plan(first), IsEmpty());
}

TEST(Rollback, GoesOnWhereItWasStopped) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  const std::string text = EngineWorld::deployment(
      "- name: a\n- name: b\n  dependsOn: [a]\n  with: {takes: 10}\n- name: c\n  dependsOn: [b]\n  with: {fail: "
      "true}\n");
  world.system.interrupt_after(Milliseconds(15));  // b takes 10, and as long to be undone
  EXPECT_THAT(world.run(text), ElementsAre("create d.a", "create d.b", "create d.c", "rollback d.c", "rollback d.b"));
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  world.goal.kind = Goal::Kind::rollback;
  world.goal.undoes = world.result.run;
  EXPECT_THAT(world.plan(text), ElementsAre("< d.a: it was created by run 1"));
  EXPECT_THAT(world.run(text), ElementsAre("rollback d.a"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_THAT(world.store->snapshot("default").records, IsEmpty());
  EXPECT_THAT(world.plan(text), IsEmpty());
}

TEST(Rollback, SaysWhenItCouldNotUndoEverything) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "create d.c") return std::nullopt;
    if (call != "rollback d.b") return Outcome(Succeeded{Value(Map())});
    Failed failed;
    failed.message = "stuck";
    return Outcome(failed);
  };
  world.run(EngineWorld::deployment(
      "- name: a\n- name: b\n  dependsOn: [a]\n- name: c\n  dependsOn: [b]\n  with: {fail: true}\n"));
  EXPECT_EQ(world.result.status, RunStatus::rollback_failed);
  EXPECT_EQ(world.record("d.b")->status, RecordStatus::failed);
  EXPECT_EQ(world.record("d.a")->status, RecordStatus::deployed);
}

/// The Nth call of the store fails, for every N: whatever happens, a later apply gets there, and nothing that was
/// recorded as finished is done again.
TEST(Runner, SurvivesAFailureOfTheStoreAtEveryCall) {
  const std::string text = EngineWorld::deployment(
      "- name: a\n  with: {outputs: {x: one}}\n- name: b\n  with: {value: \"${{ tasks.a.outputs.x }}\"}\n- name: c\n");
  bool failed = true;
  for (std::size_t n = 1; failed; ++n) {
    ASSERT_LT(n, 100U);
    EngineWorld world;
    failed = false;
    world.store->fail_call(n);
    try {
      world.run(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::state);
      failed = true;
    }
    world.store->fail_call(0);
    std::vector<std::string> finished;
    for (const Record& record : world.store->snapshot("default").records) {
      if (record.status == RecordStatus::deployed) finished.push_back(record.address);
    }
    const std::vector<std::string> calls = world.run(text);
    for (const std::string& address : finished) {
      EXPECT_THAT(calls, ::testing::Not(::testing::Contains(::testing::EndsWith(address)))) << "n = " << n;
    }
    EXPECT_EQ(world.store->snapshot("default").records.size(), 3U) << "n = " << n;
    EXPECT_THAT(world.run(text), IsEmpty());
  }
}

}  // namespace
}  // namespace verba
