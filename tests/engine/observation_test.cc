// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum Observed::State;

Observed seen(Observed::State state, std::string detail = "") {
  Observed observed;
  observed.state = state;
  observed.detail = std::move(detail);
  return observed;
}

const std::string two =
    EngineWorld::deployment("- name: a\n  with: {outputs: {x: 1}}\n- name: b\n  with: {value: 2}\n");

TEST(Observation, WhatCannotBeObservedIsLeftOut) {
  EngineWorld world;
  world.run(two);
  world.provider.sights["d.b"] = seen(drifted, "bent");
  const Observations found = world.look();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.at("d.b").detail, "bent");
}

TEST(Observation, DriftIsRepairedOnceThoughNoInputChanged) {
  EngineWorld world;
  world.run(two);
  world.provider.sights["d.a"] = seen(absent);
  world.provider.sights["d.b"] = seen(drifted, "bent");
  EXPECT_THAT(world.plan(two), IsEmpty());
  world.goal.refresh = true;
  EXPECT_THAT(world.plan(two), ElementsAre("+ d.a: it is gone", "~ d.b: drifted: bent"));
  EXPECT_THAT(world.run(two), ElementsAre("create d.a", "update d.b"));
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  world.provider.sights["d.a"] = world.provider.sights["d.b"] = seen(present);
  EXPECT_THAT(world.plan(two), IsEmpty());
}

TEST(Observation, AnInputThatTurnsOutTheSameIsNoReasonNotToRepair) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(
      "- name: a\n  with: {outputs: {x: 1}}\n- name: b\n  with: {value: \"${{ tasks.a.outputs.x }}\"}\n"
      "- name: c\n  with: {value: \"${{ tasks.a.outputs.x }}\"}\n");
  world.run(text);
  world.provider.sights["d.a"] = seen(drifted);
  world.provider.sights["d.b"] = seen(drifted);
  world.goal.refresh = true;
  EXPECT_THAT(world.run(text), ElementsAre("update d.a", "update d.b"));
}

TEST(Observation, ARunThatFailsKeepsWhatItOnlyRepaired) {
  EngineWorld world;
  world.run(two);
  world.provider.sights["d.a"] = seen(absent);
  world.goal.refresh = true;
  const std::string failing = EngineWorld::deployment(
      "- name: a\n  with: {outputs: {x: 1}}\n- name: b\n  dependsOn: [a]\n  with: {value: 3}\n");
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "update d.b") return Outcome(Failed{});
    return std::nullopt;
  };
  EXPECT_THAT(world.run(failing), ElementsAre("create d.a", "update d.b", "rollback d.b"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("d.a")->status, RecordStatus::deployed);
}

TEST(Observation, WhatCannotBeToldIsBelieved) {
  EngineWorld world;
  world.run(two);
  world.provider.sights["d.a"] = seen(unknown, "no answer");
  world.provider.sights["d.b"] = seen(in_progress);
  world.goal.refresh = true;
  EXPECT_THAT(world.plan(two), IsEmpty());
}

TEST(Observation, AChangedInputIsNamedBesideTheDrift) {
  EngineWorld world;
  world.run(two);
  world.provider.sights["d.b"] = seen(drifted, "bent");
  world.goal.refresh = true;
  const std::string changed =
      EngineWorld::deployment("- name: a\n  with: {outputs: {x: 1}}\n- name: b\n  with: {value: 3}\n");
  EXPECT_THAT(world.plan(changed), ElementsAre("~ d.b: drifted: bent; value changed"));
}

}  // namespace
}  // namespace verba
