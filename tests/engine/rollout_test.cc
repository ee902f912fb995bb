// SPDX-License-Identifier: Apache-2.0
// Tasks of which some instances come after the others.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine_world.h"
#include "plan/plan_digest.h"

namespace verba {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// Task t with so many instances h1, h2, ...
std::string fleet(int hosts, const std::string& rollout, const std::string& fields = "") {
  std::string keys;
  for (int i = 1; i <= hosts; ++i) keys += fmt::format("{}h{}", i > 1 ? ", " : "", i);
  return fmt::format("- name: t\n  forEach: [{}]\n  rollout: {{{}}}\n{}", keys, rollout, fields);
}

/// What fails of the instances of t.
auto failing(std::set<std::string> keys) {
  return [keys = std::move(keys)](const std::string& call) -> std::optional<Outcome> {
    for (const std::string& key : keys) {
      if (call == fmt::format("create d.t[{}]", key)) return Outcome(Failed{});
    }
    return std::nullopt;
  };
}

std::string status_of(const EngineWorld& world, const std::string& address) {
  const std::vector<Step>& steps = world.stage->plan.steps;
  const auto step = std::ranges::find(steps, address, &Step::address);
  if (step == steps.end()) return "not planned";
  return std::string(to_string(world.witness.progress.steps[static_cast<std::size_t>(step - steps.begin())].status));
}

/// "1/3: 2 0 0 0": succeeded, unchanged, failed, skipped.
std::vector<std::string> batches(const EngineWorld& world) {
  std::vector<std::string> lines;
  for (const BatchEnded& batch : world.witness.batches) {
    lines.push_back(fmt::format("{}/{}: {} {} {} {}", batch.number, batch.of, batch.succeeded, batch.unchanged,
                                batch.failed, batch.skipped));
  }
  return lines;
}

TEST(Rollout, ABatchBeginsWhenTheOneBeforeIsOver) {
  EngineWorld world;
  std::map<std::string, std::size_t> begun;  // how many had begun when this one ended
  world.provider.script = [&](const std::string& call) -> std::optional<Outcome> {
    begun[call] = world.provider.calls.size();
    return std::nullopt;
  };
  world.run(EngineWorld::deployment(
      fleet(5, "batch: 2", "  with: {takes: \"${{ each.key == 'h1' ? 1000 : each.key == 'h3' ? 500 : 1 }}\"}\n")));
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  EXPECT_EQ(begun["create d.t[h2]"], 2U);
  EXPECT_EQ(begun["create d.t[h1]"], 2U);
  EXPECT_EQ(begun["create d.t[h4]"], 4U);
  EXPECT_EQ(begun["create d.t[h3]"], 4U);
  EXPECT_EQ(begun["create d.t[h5]"], 5U);
  EXPECT_THAT(batches(world), ElementsAre("1/3: 2 0 0 0", "2/3: 2 0 0 0", "3/3: 1 0 0 0"));
  EXPECT_EQ(world.witness.batches[0].rollout, "d.t");
}

TEST(Rollout, AsManyAsMayFailStopNothing) {
  EngineWorld world;
  world.provider.script = failing({"h1", "h3"});
  world.run(EngineWorld::deployment(fleet(4, "batch: 50%, maxFailures: 2") +
                                    "- name: after\n  forEach: [h1, h2]\n  dependsOn: [\"t[${{ each.key }}]\"]\n"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_THAT(batches(world), ElementsAre("1/2: 1 0 1 0", "2/2: 1 0 1 0"));
  EXPECT_EQ(world.witness.batches[1].failures, 2U);
  EXPECT_EQ(status_of(world, "d.t[h4]"), "succeeded");
  EXPECT_EQ(status_of(world, "d.after[h1]"), "skipped");
  EXPECT_EQ(status_of(world, "d.after[h2]"), "succeeded");
  EXPECT_THAT(world.provider.calls, Not(Contains("rollback d.t[h1]")));
  EXPECT_EQ(world.record("d.t[h1]")->status, RecordStatus::failed);
}

TEST(Rollout, OneMoreUndoesItsBatchOnly) {
  EngineWorld world;
  world.provider.script = failing({"h1", "h4"});
  const auto calls =
      world.run(EngineWorld::deployment(fleet(6, "batch: 2, maxFailures: 1") + "- name: z\n  dependsOn: [t]\n"));
  EXPECT_EQ(calls.size(), 6U);
  EXPECT_THAT(std::vector(calls.begin() + 4, calls.end()),
              UnorderedElementsAre("rollback d.t[h3]", "rollback d.t[h4]"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_THAT(batches(world), ElementsAre("1/3: 1 0 1 0", "2/3: 1 0 1 0"));
  EXPECT_EQ(status_of(world, "d.t[h5]"), "skipped");
  EXPECT_EQ(status_of(world, "d.z"), "skipped");
  EXPECT_EQ(world.record("d.t[h2]")->status, RecordStatus::deployed);
  EXPECT_EQ(world.record("d.t[h3]"), nullptr);
  EXPECT_EQ(world.record("d.t[h4]"), nullptr);
}

TEST(Rollout, TheNextApplyTakesUpWhatIsLeft) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(fleet(6, "batch: 2"));
  world.provider.script = failing({"h4"});
  world.run(text);
  world.provider.script = nullptr;
  EXPECT_EQ(world.plan(text).size(), 4U);
  EXPECT_EQ(world.stage->plan.steps[0].address, "d.t[h3]");
  EXPECT_EQ(world.stage->plan.steps[0].batch, 1U);
  EXPECT_EQ(world.stage->plan.rollouts[0].batches, 2U);
  world.run(text);
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  EXPECT_THAT(world.run(text), IsEmpty());
}

TEST(Rollout, WhereTheFirstBatchIsUndoneNothingIsLeft) {
  EngineWorld world;
  world.provider.script = failing({"h2"});
  world.run(EngineWorld::deployment(fleet(4, "batch: 2")));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("d.t[h1]"), nullptr);
}

TEST(Rollout, AlsoUndoesWhatWasBuiltUponTheBatch) {
  EngineWorld world;
  world.provider.script = failing({"h4"});
  const std::string tasks = fleet(6, "batch: 2", "  with: {takes: \"${{ each.key == 'h4' ? 1000 : 1 }}\"}\n") +
                            "- name: user\n  forEach: [h1, h3]\n  dependsOn: [\"t[${{ each.key }}]\"]\n" +
                            "- name: other\n  forEach: [a, b]\n  rollout: {batch: 1}\n" +
                            "  dependsOn: \"${{ each.key == 'a' ? ['t[h3]'] : [] }}\"\n";
  const auto calls = world.run(EngineWorld::deployment(tasks));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_THAT(calls, Contains("rollback d.user[h3]"));
  EXPECT_THAT(calls, Contains("rollback d.other[a]"));
  EXPECT_THAT(calls, Not(Contains("rollback d.user[h1]")));
  EXPECT_THAT(calls, Contains("create d.other[b]"));
  EXPECT_THAT(calls, Not(Contains("rollback d.other[b]"))) << "it comes later, but needs nothing of it";
  const auto at = [&](const char* call) { return std::ranges::find(calls, call) - calls.begin(); };
  EXPECT_LT(at("rollback d.user[h3]"), at("rollback d.t[h3]"));
}

TEST(Rollout, WhatIsInDoubtIsNotUndone) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "create d.t[h3]") return Outcome(InDoubt{"who knows", {}});
    return failing({"h4"})(call);
  };
  const auto calls = world.run(EngineWorld::deployment(
      fleet(6, "batch: 3, maxFailures: 1", "  with: {takes: \"${{ each.key == 'h4' ? 9 : 1 }}\"}\n")));
  EXPECT_THAT(std::vector(calls.begin() + 6, calls.end()),
              UnorderedElementsAre("rollback d.t[h4]", "rollback d.t[h5]", "rollback d.t[h6]"));
}

TEST(Rollout, StopUndoesNothing) {
  EngineWorld world;
  world.provider.script = failing({"h2"});
  const auto calls = world.run(EngineWorld::deployment(
      fleet(4, "batch: 2") + "- name: slow\n  with: {takes: 50}\n- name: z\n  dependsOn: [slow]\n", "d",
      "  onFailure: stop\n"));
  EXPECT_THAT(calls, UnorderedElementsAre("create d.t[h1]", "create d.t[h2]", "create d.slow"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_EQ(status_of(world, "d.z"), "skipped");
  EXPECT_EQ(world.record("d.t[h1]")->status, RecordStatus::deployed);
}

TEST(Rollout, ContinueEndsTheRolloutAlone) {
  EngineWorld world;
  world.provider.script = failing({"h1"});
  const auto calls = world.run(EngineWorld::deployment(
      fleet(4, "batch: 1") + "- name: slow\n  with: {takes: 50}\n- name: z\n  dependsOn: [slow]\n", "d",
      "  onFailure: continue\n"));
  EXPECT_THAT(calls, UnorderedElementsAre("create d.t[h1]", "create d.slow", "create d.z"));
  EXPECT_EQ(status_of(world, "d.t[h2]"), "skipped");
  EXPECT_EQ(status_of(world, "d.t[h4]"), "skipped");
}

TEST(Rollout, WithTheScopeOfARunAllIsUndone) {
  EngineWorld world;
  world.provider.script = failing({"h4"});
  world.run(EngineWorld::deployment("- name: first\n", "c") +
            EngineWorld::deployment(fleet(4, "batch: 2"), "d", "  dependsOn: [c]\n  rollback: {scope: run}\n"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("c.first"), nullptr);
  EXPECT_EQ(world.record("d.t[h1]"), nullptr);
}

TEST(Rollout, AnotherTasksFailureUndoesAllBatchesInAnyOrder) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "create d.z") return Outcome(Failed{});
    // Undoing the last batch fails: that is nothing to the others.
    if (call == "rollback d.t[h3]") return Outcome(Failed{});
    return std::nullopt;
  };
  const auto calls =
      world.run(EngineWorld::deployment(fleet(3, "batch: 1, maxFailures: 3") + "- name: z\n  dependsOn: [t]\n"));
  EXPECT_THAT(calls, Contains("rollback d.t[h1]"));
  EXPECT_THAT(calls, Contains("rollback d.t[h2]"));
  EXPECT_EQ(world.result.status, RunStatus::rollback_failed);
}

TEST(Rollout, WhatIsSkippedIsOver) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    return call == "create d.first" ? std::optional<Outcome>(Failed{}) : std::nullopt;
  };
  world.run(EngineWorld::deployment(
      "- name: first\n" + fleet(4, "batch: 1", "  dependsOn: \"${{ each.key == 'h4' ? [] : ['first'] }}\"\n"), "d",
      "  onFailure: continue\n"));
  EXPECT_EQ(status_of(world, "d.t[h1]"), "skipped");
  EXPECT_EQ(status_of(world, "d.t[h3]"), "skipped");
  EXPECT_EQ(status_of(world, "d.t[h4]"), "succeeded");
  EXPECT_THAT(batches(world), ElementsAre("4/4: 1 0 0 0"));
}

TEST(Rollout, BatchesThatWaitForEachOtherAreAMistake) {
  EngineWorld world;
  const auto text = [](const std::string& batch) {
    return EngineWorld::deployment(
        fleet(3, "batch: " + batch, "  dependsOn: \"${{ each.key == 'h1' ? ['x'] : [] }}\"\n") +
        "- name: x\n  dependsOn: [\"t[h3]\"]\n");
  };
  world.run(text("1"));
  EXPECT_THAT(world.messages(), ElementsAre("with these batches some wait for each other: d.t[h1] -> d.x -> d.t[h3] -> "
                                            "d.t[h2] -> d.t[h1]"));
  ASSERT_FALSE(world.diagnostics.empty());
  const Diagnostic& finding = world.diagnostics.all()[0];
  EXPECT_EQ(finding.code, "plan.batch-cycle");
  EXPECT_TRUE(finding.where);
  EXPECT_EQ(finding.related[1].doing, "d.x needs d.t[h3]");
  EXPECT_EQ(finding.related[2].doing, "d.t[h3] in batch 3 of 3 comes after d.t[h2] in batch 2 of 3");
  world.run(text("3"));
  EXPECT_THAT(world.messages(), IsEmpty());
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
}

TEST(Rollout, IsPartOfWhatAPlanIs) {
  EngineWorld world;
  world.plan(EngineWorld::deployment(fleet(4, "batch: 2")));
  const Digest two = digest_of(world.stage->plan);
  world.plan(EngineWorld::deployment(fleet(4, "batch: 3")));
  EXPECT_NE(digest_of(world.stage->plan), two);
  world.plan(EngineWorld::deployment(fleet(4, "batch: 50%")));
  EXPECT_EQ(digest_of(world.stage->plan), two);
}

TEST(Rollout, TellsWhatOneFailureTooManyLeadsTo) {
  EngineWorld world;
  world.plan(EngineWorld::deployment(fleet(4, "batch: 2") + "- name: z\n"));
  const std::vector<Consequence>& all = world.stage->plan.consequences;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0].of, ElementsAre("d.z"));
  EXPECT_EQ(all[0].undone.size(), 5U);
  EXPECT_EQ(all[1].rollout, 0U);
  EXPECT_EQ(all[1].undone.size(), 4U);
}

TEST(Rollout, ItsEdgesAreFew) {
  EngineWorld world;
  world.plan(EngineWorld::deployment(fleet(400, "batch: 100")));
  const Graph& graph = world.stage->plan.graph;
  std::size_t edges = 0;
  for (NodeId node = 0; node < graph.size(); ++node) edges += graph.needs(node).size();
  EXPECT_LT(edges, 2000U);
  EXPECT_EQ(order(graph).size(), graph.size());
}

}  // namespace
}  // namespace verba
