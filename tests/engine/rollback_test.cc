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
  void run_badly(std::optional<OnFailure> on_failure = std::nullopt) {
    world.goal = {};
    world.goal.on_failure = on_failure;
    world.provider.script = [](const std::string& call) -> std::optional<Outcome> {
      return call == "create d.bad" ? std::optional<Outcome>(Failed{}) : std::nullopt;
    };
    world.run(EngineWorld::deployment("- name: a\n  with: {value: 3}\n- name: bad\n  dependsOn: [a]\n"));
    world.goal = {};
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
  run_badly(OnFailure::stop);
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

std::optional<Outcome> fail_bad(const std::string& call) {
  return call == "create web.bad" ? std::optional<Outcome>(Failed{}) : std::nullopt;
}

/// `net` is done when `web.bad` fails.
std::string two_deployments(const std::string& rules) {
  return EngineWorld::deployment("- name: a\n- name: b\n", "net") +
         EngineWorld::deployment("- name: a\n- name: bad\n  dependsOn: [a]\n", "web", "  dependsOn: [net]\n" + rules);
}

TEST(RollbackScope, OfADeploymentLeavesTheOthers) {
  EngineWorld world;
  world.provider.script = fail_bad;
  EXPECT_THAT(world.run(two_deployments("")), ElementsAre("create net.a", "create net.b", "create web.a",
                                                          "create web.bad", "rollback web.bad", "rollback web.a"));
  EXPECT_NE(world.record("net.a"), nullptr);
}

TEST(RollbackScope, OfARunTakesAllOfItBack) {
  EngineWorld world;
  world.provider.script = fail_bad;
  EXPECT_THAT(world.run(two_deployments("  rollback: {scope: run}\n")),
              ElementsAre("create net.a", "create net.b", "create web.a", "create web.bad", "rollback web.bad",
                          "rollback web.a", "rollback net.b", "rollback net.a"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(world.record("net.a"), nullptr);
}

TEST(RollbackRetry, IsThatOfTheTaskThatIsUndone) {
  EngineWorld world;
  int tries = 0;
  world.provider.script = [&tries](const std::string& call) -> std::optional<Outcome> {
    if (call == "create d.bad") return Failed{};
    if (call == "rollback d.a" && ++tries < 3) return Failed{};
    return std::nullopt;
  };
  world.run(EngineWorld::deployment("- name: a\n  retry: {attempts: 3}\n- name: bad\n  dependsOn: [a]\n"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_EQ(tries, 3);
}

TEST(RollbackDelay, WaitsBeforeItBegins) {
  EngineWorld world;
  world.provider.script = fail_bad;
  const auto before = world.system.now();
  world.run(two_deployments("  rollback: {delay: 20s}\n"));
  EXPECT_EQ(world.result.status, RunStatus::rolled_back);
  EXPECT_GE(world.system.now() - before, Milliseconds(20'000));
}

TEST(RollbackDelay, CtrlCKeepsWhatIsDone) {
  EngineWorld world;
  world.provider.script = fail_bad;
  world.system.interrupt_after(Milliseconds(5'000));
  EXPECT_THAT(world.run(two_deployments("  rollback: {delay: 20s}\n")),
              ElementsAre("create net.a", "create net.b", "create web.a", "create web.bad"));
  EXPECT_EQ(world.result.status, RunStatus::failed);
  EXPECT_NE(world.record("web.a"), nullptr);
}

/// "web: rollback, undone: web.a, stays: -"
std::vector<std::string> consequences(EngineWorld& world, const std::string& manifests) {
  world.plan(manifests);
  const Plan& plan = world.stage->plan;
  std::vector<std::string> out;
  for (const Consequence& each : plan.consequences) {
    std::string line = each.deployment + ": " + std::string(to_string(each.policy));
    for (const std::size_t step : each.undone) line += " " + plan.steps[step].address;
    for (const std::size_t step : each.stay) line += " not " + plan.steps[step].address;
    for (const std::string& of : each.of) line += " of " + of;
    out.push_back(each.whole_run ? line + ", all" : line);
  }
  return out;
}

TEST(Consequences, AreToldOfEachDeployment) {
  EngineWorld world;
  EXPECT_THAT(consequences(world, two_deployments("")),
              ElementsAre("net: rollback net.a net.b", "web: rollback web.a web.bad"));
  EXPECT_THAT(consequences(world, two_deployments("  rollback: {scope: run}\n  onFailure: rollback\n")),
              ElementsAre("net: rollback net.a net.b", "web: rollback net.a net.b web.a web.bad, all"));
  EXPECT_THAT(consequences(world, EngineWorld::deployment("- name: a\n  onFailure: stop\n- name: b\n")),
              ElementsAre("d: rollback d.a d.b of d.b", "d: stop of d.a"));
  world.goal.on_failure = OnFailure::keep_going;
  EXPECT_THAT(consequences(world, two_deployments("")), ElementsAre("net: continue", "web: continue"));
  world.goal.kind = Goal::Kind::destroy;
  EXPECT_THAT(consequences(world, two_deployments("")), IsEmpty());
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
