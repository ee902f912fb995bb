// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine_world.h"
#include "plan/plan_digest.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string two = EngineWorld::deployment(R"(
- name: a
  with: {value: 1, outputs: {x: "one"}}
- name: b
  with: {value: "${{ tasks.a.outputs.x }}"}
)");

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Planner, CreatesWhatIsNotDeployed) {
  EngineWorld world;
  EXPECT_THAT(world.plan(two), ElementsAre("+ d.a: not deployed yet", "+ d.b: not deployed yet"));
  EXPECT_TRUE(world.stage->plan.steps[1].waits);
  EXPECT_FALSE(world.stage->plan.steps[0].waits);
}

TEST(Planner, KeepsWhatIsTheSame) {
  EngineWorld world;
  world.run(two);
  EXPECT_THAT(world.plan(two), IsEmpty());
  EXPECT_THAT(world.stage->plan.kept, ElementsAre("d.a", "d.b"));
}

TEST(Planner, SaysWhichFieldChanged) {
  EngineWorld world;
  world.run(two);
  EXPECT_THAT(world.plan(replaced(two, "value: 1", "value: 2")),
              ElementsAre("~ d.a: value changed", "~ d.b: value is known after apply"));
  const Step& step = world.stage->plan.steps[0];
  ASSERT_EQ(step.changes.size(), 1U);
  EXPECT_EQ(step.changes[0].before->integer(), 1);
  EXPECT_EQ(step.changes[0].after->integer(), 2);
}

TEST(Planner, ReplacesWhereAFieldNeedsIt) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n  with: {size: small}\n");
  world.run(text);
  EXPECT_THAT(world.plan(replaced(text, "small", "large")),
              ElementsAre("-/+ d.a: size changed, which needs a new one"));
}

TEST(Planner, NoticesTheContentOfAFile) {
  EngineWorld world;
  world.files["/project/x.txt"] = "one\n";
  const std::string text = EngineWorld::deployment("- name: a\n  with: {file: x.txt}\n");
  world.run(text);
  EXPECT_THAT(world.plan(text), IsEmpty());
  world.files["/project/x.txt"] = "two\n";
  EXPECT_THAT(world.plan(text), ElementsAre("~ d.a: file (x.txt) changed"));
  EXPECT_TRUE(world.stage->plan.steps[0].changes[0].text);
}

TEST(Planner, RunsAlwaysAndOnce) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment(
      "- name: a\n  trigger: always\n  with: {value: 1}\n- name: b\n  trigger: once\n  with: {value: 1}\n");
  world.run(text);
  std::string edited = text;
  while (edited.find("value: 1") != std::string::npos) edited = replaced(edited, "value: 1", "value: 2");
  EXPECT_THAT(world.plan(edited), ElementsAre("> d.a: it runs every time"));
}

TEST(Planner, DoesNotTakeTheRunForAChange) {
  EngineWorld world;
  const std::string text =
      EngineWorld::deployment("- name: a\n  with: {value: \"run ${{ run.id }} at ${{ now() }}\"}\n");
  world.run(text);
  EXPECT_THAT(world.plan(text), IsEmpty());
}

TEST(Planner, ShowsOrphansAndPrunesThemWhenAsked) {
  EngineWorld world;
  world.run(two);
  const std::string one = EngineWorld::deployment("- name: a\n  with: {value: 1, outputs: {x: \"one\"}}\n");
  EXPECT_THAT(world.plan(one), IsEmpty());
  EXPECT_THAT(world.stage->plan.orphans, ElementsAre("d.b"));
  world.goal.prune = true;
  EXPECT_THAT(world.plan(one), ElementsAre("- d.b: gone from the manifests"));
}

TEST(Planner, DestroysWhatIsRecorded) {
  EngineWorld world;
  world.run(two);
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(world.plan(two), ElementsAre("- d.a: destroy", "- d.b: destroy"));
  world.goal.targets = {"d.a"};
  EXPECT_THAT(world.plan(two), ElementsAre("- d.a: destroy", "- d.b: it needs what is deleted"));
}

TEST(Planner, TakesAlongWhatATargetNeeds) {
  EngineWorld world;
  world.goal.targets = {"d.b"};
  EXPECT_THAT(world.plan(two), ElementsAre("+ d.a: not deployed yet", "+ d.b: not deployed yet"));
  world.goal.targets = {"d.a"};
  EXPECT_THAT(world.plan(two), ElementsAre("+ d.a: not deployed yet"));
  world.goal.targets = {"d.c"};
  EXPECT_THAT(world.plan(two), IsEmpty());
  EXPECT_THAT(world.messages(), ElementsAre("no deployment or task is named 'd.c' in environment 'default'"));
}

TEST(Planner, RefusesToDeleteWhatIsProtected) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n  protect: true\n  with: {value: 1}\n");
  world.run(text);
  world.goal.kind = Goal::Kind::destroy;
  world.plan(text);
  EXPECT_THAT(world.messages(), ElementsAre("d.a is protected, it cannot be deleted"));
}

TEST(Planner, NotesWhatIsRecordedBesideTheInputs) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n  protect: true\n  with: {value: 1}\n");
  world.run(text);
  const std::string open = replaced(text, "protect: true", "protect: false");
  EXPECT_THAT(world.run(open), IsEmpty());
  EXPECT_FALSE(world.record("d.a")->protect);
  EXPECT_THAT(world.plan(open), IsEmpty());
  EXPECT_THAT(world.stage->plan.noted, IsEmpty());
}

TEST(Planner, ShowsSecretsAsNothingButChanged) {
  EngineWorld world;
  world.secrets["env:P"] = "hunter2hunter2";
  const std::string text = EngineWorld::deployment("- name: a\n  with: {value: \"${{ secret('env:P') }}\"}\n");
  world.run(text);
  EXPECT_THAT(world.plan(text), IsEmpty());
  world.secrets["env:P"] = "other-password";
  EXPECT_THAT(world.plan(text), ElementsAre("~ d.a: value changed"));
  EXPECT_TRUE(world.stage->plan.steps[0].changes[0].before->secret);
  EXPECT_TRUE(world.stage->plan.steps[0].changes[0].after->secret);
}

TEST(Planner, EqualPlansHaveEqualDigests) {
  EngineWorld world;
  world.plan(two);
  const Digest first = digest_of(world.stage->plan);
  world.plan(two);
  EXPECT_EQ(digest_of(world.stage->plan), first);
  world.plan(replaced(two, "value: 1", "value: 3"));
  EXPECT_NE(digest_of(world.stage->plan), first);
}

}  // namespace
}  // namespace verba
