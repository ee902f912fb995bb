// SPDX-License-Identifier: Apache-2.0
// What policies say of plans.
#include "plan/policies.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "engine_world.h"

namespace verba {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string two = EngineWorld::deployment(
    "- name: a\n  with: {value: 1, outputs: {x: one}}\n- name: b\n  with: {value: \"${{ tasks.a.outputs.x }}\"}\n");

/// Each finding as "code: message".
std::vector<std::string> said(EngineWorld& world, const std::string& manifests, const std::string& rules) {
  world.plan("---\napiVersion: verbacratis/v1\nkind: Policy\nmetadata: {name: guard}\nspec:\n  rules:\n" + rules +
             manifests);
  EXPECT_THAT(world.messages(), IsEmpty());
  Diagnostics found;
  check_policies(world.stage->model, world.stage->plan, found);
  std::vector<std::string> lines;
  for (const Diagnostic& each : found.all()) lines.push_back(fmt::format("{}: {}", each.code, each.message));
  return lines;
}

TEST(CheckPolicies, LooksAtEveryChange) {
  EngineWorld world;
  EXPECT_THAT(said(world, two, "  - {name: r, deny: change.action == 'create', message: \"no ${{ change.task }}\"}\n"),
              ElementsAre("policy.denied: d.a (create): no a", "policy.denied: d.b (create): no b"));
}

TEST(CheckPolicies, LooksOnceAtThePlan) {
  EngineWorld world;
  EXPECT_THAT(said(world, two, "  - {name: r, warn: plan.create > 1}\n  - {name: s, warn: plan.create > 2}\n"),
              ElementsAre("policy.warned: this plan: see rule 'r'"));
}

TEST(CheckPolicies, WhenNarrowsARule) {
  EngineWorld world;
  EXPECT_THAT(said(world, two, "  - {name: r, when: change.task == 'b', deny: true}\n"),
              ElementsAre("policy.denied: d.b (create): denied by rule 'r'"));
}

TEST(CheckPolicies, CannotDecideWhatIsKnownAfterApply) {
  EngineWorld world;
  EXPECT_THAT(said(world, two, "  - {name: r, deny: change.after.value == 'one'}\n"),
              ElementsAre("policy.undecided: d.b (create): whether rule 'r' denies this is known only after apply"));
}

TEST(CheckPolicies, TellsAMistakeOnce) {
  EngineWorld world;
  EXPECT_THAT(said(world, two, "  - {name: r, deny: change.after.size == 'one'}\n"),
              ElementsAre("expr.unknown-name: 'size' is not among the fields that change.after has for d.a"));
  EXPECT_THAT(said(world, two, "  - {name: r, deny: change.after.value}\n"),
              ElementsAre("policy.wrong-type: a rule must give true or false, and this does not"));
}

TEST(CheckPolicies, SeesBeforeAndAfter) {
  EngineWorld world;
  world.run(two);
  EXPECT_THAT(said(world, EngineWorld::deployment("- name: a\n  with: {value: 2, outputs: {x: one}}\n"),
                   "  - {name: r, warn: \"change.before.value == 1 && change.after.value == 2\"}\n"
                   "  - {name: s, warn: \"change.fields == ['value'] && change.changes[0].before == 1\"}\n"),
              ElementsAre("policy.warned: d.a (update): see rule 'r'", "policy.warned: d.a (update): see rule 's'"));
}

TEST(CheckPolicies, ShowsNoSecret) {
  EngineWorld world;
  world.secrets["env:S"] = "hunter2";
  EXPECT_THAT(said(world, EngineWorld::deployment("- name: a\n  with: {value: \"${{ secret('env:S') }}\"}\n"),
                   "  - {name: r, deny: true, message: \"it is ${{ change.after.value }}\"}\n"),
              ElementsAre("policy.denied: d.a (create): rule 'r', whose message holds a secret"));
}

TEST(CheckPolicies, HasNothingAgainstAPlanWithoutSteps) {
  EngineWorld world;
  world.run(two);
  EXPECT_THAT(said(world, two, "  - {name: r, deny: plan.keep > 0}\n"), IsEmpty());
}

}  // namespace
}  // namespace verba
