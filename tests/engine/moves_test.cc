// SPDX-License-Identifier: Apache-2.0
// Tasks that get another name keep what is deployed.
#include <gmock/gmock.h>

#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string before = EngineWorld::deployment(R"(
- name: a
  with: {value: 1, outputs: {x: "one"}}
- name: b
  dependsOn: a
  with: {value: "${{ tasks.a.outputs.x }}"}
)");

const std::string after = EngineWorld::deployment(R"(
- name: z
  movedFrom: a
  with: {value: 1, outputs: {x: "one"}}
- name: b
  with: {value: "${{ tasks.z.outputs.x }}"}
)");

TEST(Moves, ARenamedTaskIsNeitherDeletedNorMadeAgain) {
  EngineWorld world;
  world.run(before);
  world.goal.prune = true;
  EXPECT_THAT(world.plan(after), IsEmpty());
  ASSERT_EQ(world.stage->plan.moves.size(), 1U);
  EXPECT_EQ(world.stage->plan.moves[0].from, "d.a");
  EXPECT_EQ(world.stage->plan.moves[0].record.address, "d.z");
  EXPECT_THAT(world.stage->plan.kept, ElementsAre("d.z", "d.b"));
  EXPECT_THAT(world.run(after), IsEmpty());
  EXPECT_EQ(world.record("d.a"), nullptr);
  ASSERT_NE(world.record("d.z"), nullptr);
  EXPECT_EQ(world.store->events(0, 10).back().type, "state.moved");
  EXPECT_THAT(world.plan(after), IsEmpty());
  EXPECT_THAT(world.stage->plan.moves, IsEmpty());
}

TEST(Moves, DeletesStayInOrder) {
  EngineWorld world;
  world.run(before);
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(world.run(after), ElementsAre("delete d.b", "delete d.z"));
}

TEST(Moves, WhoNeedsTheWholeDeploymentStillNeedsWhatLeftIt) {
  EngineWorld world;
  const std::string app = EngineWorld::deployment("- name: user\n  with: {value: 1}\n", "app", "  dependsOn: d\n");
  const std::string here = EngineWorld::deployment("- name: a\n  with: {value: 1}\n");
  const std::string there = EngineWorld::deployment("- name: a\n  movedFrom: d.a\n  with: {value: 1}\n", "e");
  world.run(here + app);
  world.goal.targets = {"e"};
  world.run(there);
  EXPECT_THAT(world.stage->plan.locked, ElementsAre("app", "d", "e"));
  world.goal = {};
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(world.run(there), ElementsAre("delete app.user", "delete e.a"));
}

TEST(Moves, WhenBothAreRecordedTheOldOneIsAnOrphan) {
  EngineWorld world;
  world.run(before);
  const std::string both = EngineWorld::deployment("- name: z\n  with: {value: 1}\n");
  world.run(both);
  world.plan(after);
  EXPECT_THAT(world.stage->plan.moves, IsEmpty());
  EXPECT_THAT(world.stage->plan.orphans, ElementsAre("d.a"));
}

TEST(Moves, InstancesMoveOneByOneAndMayChange) {
  EngineWorld world;
  world.run(EngineWorld::deployment("- name: a\n  forEach: [x, y]\n  with: {value: 1}\n"));
  EXPECT_THAT(
      world.plan(EngineWorld::deployment("- name: b\n  movedFrom: d.a\n  forEach: [x, z]\n  with: {value: 2}\n")),
      ElementsAre("~ d.b[x]: value changed", "+ d.b[z]: not deployed yet"));
  EXPECT_THAT(world.stage->plan.orphans, ElementsAre("d.a[y]"));
  EXPECT_THAT(world.plan(EngineWorld::deployment("- name: one\n  movedFrom: 'a[x]'\n  with: {value: 1}\n")), IsEmpty());
  ASSERT_EQ(world.stage->plan.moves.size(), 1U);
}

TEST(Moves, SecretsCanStillBeOpened) {
  EngineWorld world;
  world.secrets["env:PW"] = "hunter2";
  const std::string with = "  with: {value: \"${{ secret('env:PW') }}\", outputs: {x: \"${{ secret('env:PW') }}\"}}\n";
  world.run(EngineWorld::deployment("- name: a\n" + with));
  const std::string moved = EngineWorld::deployment("- name: z\n  movedFrom: a\n" + with);
  world.run(moved);
  EXPECT_EQ(world.record("d.a"), nullptr);
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(world.run(moved), ElementsAre("delete d.z"));
}

TEST(Moves, MistakesAreTold) {
  EngineWorld world;
  world.plan(EngineWorld::deployment("- name: a\n  with: {value: 1}\n- name: b\n  movedFrom: a\n  with: {value: 1}\n"));
  EXPECT_THAT(world.messages(), ElementsAre("d.a is still in the manifests, so nothing moved from there"));
  world.plan(EngineWorld::deployment(
      "- name: a\n  movedFrom: c\n  with: {value: 1}\n- name: b\n  movedFrom: d.c\n  with: {value: 1}\n"));
  EXPECT_THAT(world.messages(), ElementsAre("d.a and d.b both say that they were d.c"));
}

TEST(Protection, RefusesDeletesWhereTheyAreNotAllowed) {
  EngineWorld world;
  const std::string environment =
      "apiVersion: verbacratis/v1\nkind: Environment\nmetadata: {name: default}\n"
      "spec: {protection: {allowDelete: false}}\n---\n";
  world.run(environment + before);
  world.goal.kind = Goal::Kind::destroy;
  world.plan(environment + before);
  EXPECT_THAT(world.messages(),
              ElementsAre("environment 'default' allows no deletes, and this plan would delete or replace d.a, d.b"));
}

TEST(Moves, AreFollowedBackIntoARunThatWasStopped) {
  EngineWorld world;
  world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
    if (call.starts_with("rollback")) return Outcome(Succeeded{Value(Map())});
    return std::nullopt;
  };
  world.run(EngineWorld::deployment("- name: old\n  with: {value: 1, outputs: {x: one}}\n"));
  world.system.interrupt_after(Milliseconds(5));
  world.run(EngineWorld::deployment("- name: old\n  with: {value: 2, takes: 10}\n- name: b\n  dependsOn: [old]\n"));
  EXPECT_EQ(world.result.status, RunStatus::cancelled);
  EXPECT_THAT(world.run(EngineWorld::deployment("- name: new\n  movedFrom: old\n  with: {value: 2, takes: 10}\n"
                                                "- name: c\n  dependsOn: [new]\n  with: {fail: true}\n")),
              ElementsAre("create d.c", "rollback d.c", "rollback d.new"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("d.old"), nullptr);
  EXPECT_EQ(world.record("d.new")->outputs, R"({"x":"one"})");
}

}  // namespace
}  // namespace verba
