// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/error.h"
#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string first = EngineWorld::deployment(R"(
- name: a
  with: {value: 1}
- name: b
  dependsOn: [a]
  with: {value: 1}
- name: old
  dependsOn: [b]
)");
const std::string second = EngineWorld::deployment(R"(
- name: a
  with: {value: 2}
- name: b
  dependsOn: [a]
  with: {value: 1}
- name: new
  dependsOn: [a]
)");
const std::string nothing = EngineWorld::deployment("- name: z\n", "other");

/// Has deployed `first`, then `second` with what is gone deleted.
class RollbackTo : public ::testing::Test {
 protected:
  RollbackTo() {
    world.run(first);
    first_run = world.result.run;
    world.goal.prune = true;
    world.run(second);
    second_run = world.result.run;
    world.goal = {};
    world.goal.kind = Goal::Kind::rollback;
    world.goal.targets = {"d"};
  }
  /// Creating d.bad fails.
  void run_badly() {
    world.goal = {};
    world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
      return call == "create d.bad" ? std::optional<Outcome>(Failed{}) : std::nullopt;
    };
    world.run(EngineWorld::deployment("- name: a\n  with: {value: 3}\n- name: bad\n  dependsOn: [a]\n"));
    world.goal.kind = Goal::Kind::rollback;
    world.goal.targets = {"d"};
  }
  EngineWorld world;
  RunId first_run = 0, second_run = 0;
};

TEST_F(RollbackTo, PlansTheWayBackWithoutManifests) {
  EXPECT_THAT(world.plan(nothing), ElementsAre("~ d.a: value changed", "+ d.old: it was there at the end of run 1",
                                               "- d.new: it was not there at the end of run 1"));
  EXPECT_THAT(world.stage->plan.kept, ElementsAre("d.b"));
  ASSERT_EQ(world.stage->plan.steps[0].changes.size(), 1U);
  EXPECT_EQ(world.stage->plan.steps[0].changes[0].before->integer(), 2);
  EXPECT_EQ(world.stage->plan.steps[0].changes[0].after->integer(), 1);
}

TEST_F(RollbackTo, CreatesAfterWhatWasNeededThenAndDeletesAfterUsers) {
  // old needed b, which needed a; new needs a: it is deleted after a was updated or before, but its users come first.
  world.settings.parallelism = 1;
  const auto calls = world.run(nothing);
  EXPECT_EQ(world.result.status, RunStatus::succeeded);
  EXPECT_EQ(calls.size(), 3U);
  const auto at = [&](const char* call) { return std::ranges::find(calls, call) - calls.begin(); };
  EXPECT_LT(at("update d.a"), at("create d.old"));
  EXPECT_EQ(world.record("d.new"), nullptr);
  EXPECT_EQ(world.record("d.old")->needs, R"(["d.b"])");
  EXPECT_EQ(world.store->run(world.result.run)->verb, "rollback");
}

TEST_F(RollbackTo, AfterwardsStateIsAsItWas) {
  world.run(nothing);
  world.goal = {};
  world.goal.prune = true;
  EXPECT_THAT(world.plan(first), IsEmpty());
  EXPECT_THAT(world.stage->plan.noted, IsEmpty());
  EXPECT_THAT(world.plan(second),
              ElementsAre("~ d.a: value changed", "+ d.new: not deployed yet", "- d.old: gone from the manifests"));
}

TEST_F(RollbackTo, TwiceGoesForthAgain) {
  world.run(nothing);
  world.run(nothing);
  world.goal = {};
  EXPECT_THAT(world.plan(second), IsEmpty());
}

TEST_F(RollbackTo, GoesBackOverSeveralRuns) {
  world.goal.to = 0;
  EXPECT_THAT(world.plan(nothing), ElementsAre("- d.a: it was not there before the first run",
                                               "- d.b: it was not there before the first run",
                                               "- d.new: it was not there before the first run"));
  EXPECT_THAT(world.run(nothing), ElementsAre("delete d.b", "delete d.new", "delete d.a"));
  world.goal.to = second_run;
  world.run(nothing);
  world.goal = {};
  EXPECT_THAT(world.plan(second), IsEmpty());
}

TEST_F(RollbackTo, ToTheLastRunIsNothingToDo) {
  world.goal.to = second_run;
  EXPECT_THAT(world.plan(nothing), IsEmpty());
  EXPECT_THAT(world.messages(), IsEmpty());
}

TEST_F(RollbackTo, SaysWhatItDoesNotKnow) {
  world.goal.targets = {"dd"};
  world.plan(nothing);
  EXPECT_THAT(world.messages(), ElementsAre("no deployment 'dd' was ever deployed in environment 'default'"));
  world.goal.targets = {"d"};
  world.goal.to = 99;
  world.plan(nothing);
  EXPECT_THAT(world.messages(), ElementsAre("there is no run 99"));
}

TEST_F(RollbackTo, TakesBackARunThatFailedHalfWay) {
  world.settings.on_failure = OnFailure::stop;
  run_badly();
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_THAT(world.plan(nothing),
              ElementsAre("~ d.a: value changed", "- d.bad: it was not there at the end of run 2"));
  EXPECT_THAT(world.run(nothing), ElementsAre("update d.a", "delete d.bad"));
  EXPECT_EQ(world.record("d.bad"), nullptr);
}

TEST_F(RollbackTo, ARunThatUndidItselfDoesNotCount) {
  run_badly();
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  world.plan(nothing);
  EXPECT_EQ(world.stage->plan.back_to, first_run);
}

TEST(RollbackOfFiles, PutsTheirContentBack) {
  EngineWorld world;
  const std::string text = EngineWorld::deployment("- name: a\n  with: {file: x.txt}\n");
  world.files["/project/x.txt"] = "one\n";
  world.run(text);
  world.files["/project/x.txt"] = "two\n";
  world.run(text);
  world.files.clear();
  world.goal.kind = Goal::Kind::rollback;
  world.goal.targets = {"d"};
  EXPECT_THAT(world.plan(nothing), ElementsAre("~ d.a: file (x.txt) changed"));
  EXPECT_THAT(world.run(nothing), ElementsAre("update d.a"));
  world.goal = {};
  world.files["/project/x.txt"] = "one\n";
  EXPECT_THAT(world.plan(text), IsEmpty());
}

}  // namespace
}  // namespace verba
