// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// t is temporary; a and b need it, a reads its outputs.
std::string world_of(const std::string& value, const std::string& more_of_a = "", const std::string& more = "") {
  return EngineWorld::deployment(
      "- name: t\n  temporary: true\n  with: {outputs: {x: one}}\n- name: a\n  with: {value: \"" + value +
          " ${{ tasks.t.outputs.x }}\"" + more_of_a + "}\n- name: b\n  dependsOn: [t]\n",
      "d", more);
}

TEST(Temporary, IsMadeForItsUsersAndDeletedAfterThem) {
  EngineWorld world;
  EXPECT_THAT(world.run(world_of("1", ", takes: 100")),
              ElementsAre("create d.t", "create d.a", "create d.b", "delete d.t"));
  EXPECT_EQ(world.record("d.t"), nullptr);
  EXPECT_THAT(world.plan(world_of("1", ", takes: 100")), IsEmpty());
  EXPECT_THAT(world.stage->plan.kept, ElementsAre("d.a", "d.b"));
  EXPECT_THAT(world.stage->plan.noted, IsEmpty());
  EXPECT_THAT(world.stage->plan.orphans, IsEmpty());
}

TEST(Temporary, AKeptUserDoesNotBringItUp) {
  EngineWorld world;
  world.run(world_of("1"));
  EXPECT_THAT(world.plan(world_of("2")),
              ElementsAre("+ d.t: temporary: d.a needs it", "~ d.a: value is known after apply",
                          "- d.t: temporary: its last user is done"));
  EXPECT_THAT(world.run(world_of("2")), ElementsAre("create d.t", "update d.a", "delete d.t"));
  EXPECT_THAT(world.run(world_of("2")), IsEmpty());
}

TEST(Temporary, GoesWhenAUserFailed) {
  for (const std::string policy : {"stop", "continue", "rollback"}) {
    EngineWorld world;
    world.run(world_of("1", ", fail: true", "  onFailure: " + policy + "\n"));
    EXPECT_NE(world.result.status, RunStatus::succeeded) << policy;
    EXPECT_EQ(world.provider.calls.back(), "delete d.t") << policy;
    EXPECT_EQ(world.record("d.t"), nullptr) << policy;
    EXPECT_EQ(std::ranges::count(world.provider.calls, "rollback d.t"), 0) << policy;
  }
}

TEST(Temporary, GoesBetweenItsUsersAndWhatItNeedsWhenAllIsUndone) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  EXPECT_THAT(world.run(EngineWorld::deployment(
                  "- name: x\n- name: t\n  temporary: true\n  dependsOn: [x]\n- name: a\n  dependsOn: [t]\n"
                  "- name: b\n  dependsOn: [t, a]\n  with: {fail: true}\n")),
              ElementsAre("create d.x", "create d.t", "create d.a", "create d.b", "rollback d.b", "rollback d.a",
                          "delete d.t", "rollback d.x"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
}

TEST(Temporary, GoesWhenItFailedItself) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "create d.t") return Outcome(Failed{});
    return std::nullopt;
  };
  EXPECT_THAT(world.run(world_of("1")), ElementsAre("create d.t", "delete d.t"));
  EXPECT_EQ(world.record("d.t"), nullptr);
}

TEST(Temporary, GoesAfterCtrlC) {
  EngineWorld world;
  world.system.interrupt_after(Milliseconds(50));
  world.run(world_of("1", ", takes: 100"));
  EXPECT_EQ(world.provider.calls.back(), "delete d.t");
  EXPECT_EQ(world.record("d.t"), nullptr);
}

TEST(Temporary, ADeleteThatFailsIsTriedAgainByTheNextCommand) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call == "delete d.t") return Outcome(Failed{});
    return std::nullopt;
  };
  world.run(world_of("1"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_NE(world.record("d.a"), nullptr) << "what is done stays";
  world.provider.script = {};
  EXPECT_THAT(world.run(world_of("1")), ElementsAre("delete d.t"));
  EXPECT_THAT(world.run(world_of("1")), IsEmpty());
}

TEST(Temporary, WhatACrashLeftOverIsCleanedUp) {
  for (const auto kind : {Goal::Kind::apply, Goal::Kind::clean}) {
    EngineWorld world;
    world.run(world_of("1"));
    const Snapshot before = world.store->snapshot("default");
    Record left = before.over.at(0);
    left.lifetime = Lifetime::temporary;
    left.status = RecordStatus::started;
    world.store->commit({PutRecord{left}}, nullptr);
    world.goal.kind = kind;
    EXPECT_THAT(world.plan(world_of("1")), ElementsAre("- d.t: temporary: left over from run 1"));
    EXPECT_THAT(world.run(world_of("1")), ElementsAre("delete d.t"));
    EXPECT_EQ(world.record("d.t"), nullptr);
    world.goal.kind = Goal::Kind::apply;
    EXPECT_THAT(world.run(world_of("1")), IsEmpty());
  }
}

TEST(Temporary, WhatIsLeftOverAndNeededIsMadeAnew) {
  EngineWorld world;
  world.run(world_of("1"));
  Record left = world.store->snapshot("default").over.at(0);
  left.lifetime = Lifetime::temporary;
  left.status = RecordStatus::started;
  world.store->commit({PutRecord{left}}, nullptr);
  EXPECT_THAT(world.run(world_of("2")), ElementsAre("delete d.t", "create d.t", "update d.a", "delete d.t"));
  EXPECT_THAT(world.run(world_of("2")), IsEmpty());
}

TEST(Temporary, OneThatNeedsAnotherGoesFirst) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(
      "- name: t\n  temporary: true\n- name: u\n  temporary: true\n  dependsOn: [t]\n- name: a\n  dependsOn: [u]\n"
      "- name: idle\n  temporary: true\n");
  EXPECT_THAT(world.run(text), ElementsAre("create d.t", "create d.u", "create d.a", "delete d.u", "delete d.t"));
  EXPECT_THAT(world.run(text), IsEmpty());
}

TEST(Temporary, NothingIsRememberedOfWhatIsDestroyed) {
  EngineWorld world;
  world.run(world_of("1"));
  EXPECT_EQ(world.store->snapshot("default").over.size(), 1U);
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_EQ(world.run(world_of("1")).size(), 2U);
  EXPECT_THAT(world.store->snapshot("default").over, IsEmpty());
}

TEST(Temporary, CannotBeProtected) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: t\n  temporary: true\n  protect: true\n"));
  EXPECT_THAT(world.messages(), ElementsAre("task 't' is temporary and protected: it could never be deleted"));
}

TEST(Expiry, GarbageCollectionDeletesWhatHasExpiredUsersFirst) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n- name: b\n  dependsOn: [a]\n");
  world.goal.ttl = Milliseconds(1000);
  world.run(text);
  world.goal = {};
  world.goal.kind = Goal::Kind::clean;
  EXPECT_THAT(world.plan(text), IsEmpty()) << "not yet";
  world.system.advance(Milliseconds(1001));
  EXPECT_THAT(world.run(text), ElementsAre("delete d.b", "delete d.a"));
}

TEST(Expiry, WhatSomethingLastingNeedsStays) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n- name: b\n  dependsOn: [a]\n- name: c\n");
  world.run(text);
  world.goal.ttl = Milliseconds(1000);
  world.goal.targets = {"d.a", "d.c"};
  world.run(text);
  world.system.advance(Milliseconds(1001));
  world.goal = {};
  world.goal.kind = Goal::Kind::clean;
  EXPECT_THAT(world.run(text), ElementsAre("delete d.c"));
}

TEST(Expiry, IsRenewedTakenAwayAndInherited) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n");
  const std::string more = EngineWorld::deployment("- name: a\n- name: b\n");
  world.goal.ttl = Milliseconds(1000);
  world.run(text);
  world.goal.ttl.reset();
  world.run(more);
  ASSERT_NE(world.record("d.b"), nullptr);
  const auto of_the_first = world.record("d.a")->expires;
  EXPECT_EQ(world.record("d.b")->expires, of_the_first) << "what comes new goes with the others";
  world.goal.ttl = Milliseconds(5000);
  world.run(more);
  EXPECT_EQ(*world.record("d.a")->expires, world.system.now() + Milliseconds(5000));
  world.goal.ttl = Milliseconds(0);
  world.run(more);
  EXPECT_EQ(world.record("d.a")->expires, std::nullopt);
}

}  // namespace
}  // namespace verba
