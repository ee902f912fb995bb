// SPDX-License-Identifier: Apache-2.0
#include "view/text/plan_text.h"

#include <gtest/gtest.h>

#include "value/json.h"
#include "view/json/plan_json.h"
#include "view/text/change_text.h"

namespace verba {
namespace {

Step step(std::string address, Action action, std::string reason) {
  Step made;
  made.address = std::move(address);
  made.deployment = made.address.substr(0, made.address.find('.'));
  made.type = "ShellScript";
  made.account = "deployment-host";
  made.action = action;
  made.reason = std::move(reason);
  return made;
}

FieldChange change(std::string field, std::optional<Value> before, std::optional<Value> after) {
  return {std::move(field), std::move(before), std::move(after), false};
}

Value secret(std::string text) {
  Value value(std::move(text));
  value.secret = true;
  return value;
}

TEST(PlanText, ShowsSignsReasonsAndFields) {
  Plan plan;
  plan.environment = "test";
  plan.steps = {
      step("web.page", Action::create, "not deployed yet"), step("web.site", Action::update, "environment.URL changed"),
      step("web.db", Action::replace, "engine changed"), step("web.old", Action::remove, "gone from the manifests"),
      step("web.check", Action::run, "runs every time")};
  plan.steps[0].changes = {change("run", {}, Value("make page"))};
  plan.steps[1].changes = {change("environment.URL", Value("a"), Value(Unknown{})), change("stdin", Value("x"), {})};
  plan.kept = {"web.folder"};
  EXPECT_EQ(plan_text(plan, {}), R"(Environment test

    + web.page  (create: not deployed yet)
      run: "make page"
    ~ web.site  (update: environment.URL changed)
      environment.URL: "a" -> (known after apply)
      stdin: "x" -> (gone)
  -/+ web.db  (replace: engine changed)
    - web.old  (delete: gone from the manifests)
    > web.check  (run: runs every time)

Plan: 1 to create, 1 to update, 1 to replace, 1 to run, 1 to delete, 1 unchanged
)");
}

/// Eight instances, all of the first batch or in batches of three.
Plan rolled_out(std::size_t size) {
  Plan plan;
  plan.environment = "test";
  plan.rollouts = {{"fleet.motd", size, 1, (8 + size - 1) / size}};
  for (std::size_t i = 0; i < 8; ++i) {
    plan.steps.push_back(step("fleet.motd[h" + std::to_string(i) + "]", Action::create, "new"));
    plan.steps.back().rollout = 0;
    plan.steps.back().batch = i / size + 1;
  }
  Consequence consequence;
  consequence.deployment = "fleet";
  consequence.rollout = 0;
  consequence.undone = {0, 1, 2, 3, 4, 5, 6, 7};
  plan.consequences = {consequence};
  return plan;
}

TEST(PlanText, TellsBatches) {
  Plan plan = rolled_out(3);
  EXPECT_EQ(plan_text(plan, {}), R"(Environment test

    + fleet.motd[*]  (create: new)
      8 instances: h0 to h7, in 3 batches of 3, 1 may fail

Plan: 8 to create, 0 to update, 0 to delete, 0 unchanged
On failure: if more than 1 of fleet.motd fail, fleet stops, and the batch is undone
)");
  plan.steps[7].reason = "another";
  EXPECT_NE(plan_text(plan, {}).find("from h0 to h6, in 3 batches of 3"), std::string::npos);
  EXPECT_NE(plan_text(plan, {}).find("+ fleet.motd[h7]  (create: another; batch 3 of 3)\n"), std::string::npos);
  plan.steps[6].reason = "another";
  EXPECT_NE(plan_text(plan, {}).find("6 of 8 instances, from h0 to h5, in batches 1 to 2 of 3\n"), std::string::npos);
  EXPECT_NE(plan_text(rolled_out(8), {}).find("h0 to h7, in one batch, 1 may fail\n"), std::string::npos);
}

TEST(PlanText, TellsWhatTooManyFailuresLeadTo) {
  Plan plan = rolled_out(3);
  const auto told = [&] {
    const std::string text = plan_text(plan, {});
    return text.substr(text.find("On failure: "));
  };
  Consequence& consequence = plan.consequences[0];
  plan.rollouts[0].max_failures = 0;
  consequence.stay = {7};
  EXPECT_EQ(told(),
            "On failure: if one of fleet.motd fails, fleet stops, and the batch is undone (nothing can undo "
            "fleet.motd[h7])\n");
  consequence.undone = {};
  EXPECT_EQ(told(), "On failure: if one of fleet.motd fails, fleet stops, and nothing can undo the batch\n");
  consequence.policy = OnFailure::stop;
  EXPECT_EQ(told(), "On failure: if one of fleet.motd fails, fleet stops, and nothing is undone\n");
  consequence.policy = OnFailure::keep_going;
  EXPECT_EQ(told(),
            "On failure: if one of fleet.motd fails, no more of it begin and fleet goes on with all that does not need "
            "what failed\n");
}

TEST(PlanText, ShowsTextsAsDiffs) {
  Plan plan;
  plan.environment = "test";
  plan.steps = {step("web.page", Action::update, "run changed")};
  plan.steps[0].changes = {change("run", Value("one\ntwo\n"), Value("one\nthree\n"))};
  EXPECT_NE(plan_text(plan, {}).find("      run:\n          one\n        - two\n        + three\n"), std::string::npos)
      << plan_text(plan, {});
}

TEST(PlanText, NeverShowsSecrets) {
  Plan plan;
  plan.environment = "test";
  plan.steps = {step("web.page", Action::update, "environment.KEY changed")};
  plan.steps[0].changes = {change("environment.KEY", secret("hunter2"), secret("hunter3\nhunter4"))};
  for (const std::string& text : {plan_text(plan, {true}), to_json(plan_value(plan))}) {
    EXPECT_EQ(text.find("hunter"), std::string::npos) << text;
    EXPECT_NE(text.find("***"), std::string::npos) << text;
  }
}

TEST(PlanText, ListsWhatIsGoneFromTheManifests) {
  Plan plan;
  plan.environment = "test";
  plan.orphans = {"old.task"};
  EXPECT_EQ(plan_text(plan, {}), R"(Environment test
Nothing to do: what is deployed is what the manifests say.

Gone from the manifests, still deployed (delete them with --prune):
    old.task

Plan: 0 to create, 0 to update, 0 to delete, 0 unchanged
)");
}

TEST(PlanText, ShowsNoControlCharacters) {
  Plan plan;
  plan.environment = "test";
  plan.steps = {step("web.page", Action::create, "not \x1b[31mdeployed")};
  plan.steps[0].changes = {change("run", {}, Value("a\x1b[2J\nb\n"))};
  EXPECT_EQ(plan_text(plan, {}).find('\x1b'), std::string::npos);
}

TEST(PlanText, ShortensLongNewTexts) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "line " + std::to_string(i) + "\n";
  Plan plan;
  plan.environment = "test";
  plan.steps = {step("web.page", Action::create, "not deployed yet")};
  plan.steps[0].changes = {change("run", {}, Value(text))};
  const std::string shown = plan_text(plan, {});
  EXPECT_NE(shown.find("+ line 11\n"), std::string::npos);
  EXPECT_EQ(shown.find("+ line 12\n"), std::string::npos);
  EXPECT_NE(shown.find("... 8 more lines"), std::string::npos);
}

TEST(ValueText, KnowsWhatWaits) {
  Map map;
  map.set("a", Value(1));
  map.set("b", Value(Unknown{}));
  EXPECT_EQ(value_text(Value(map)), "{a: 1, b: (known after apply)}");
  EXPECT_EQ(value_text(Value(List{Value("x"), Value(Unknown{})})), "[\"x\", (known after apply)]");
  EXPECT_EQ(value_text(Value(List{Value("x"), secret("y")})), "[\"x\",\"***\"]");
}

TEST(PlanJson, SaysWhatIsKnownAfterApply) {
  Plan plan;
  plan.environment = "test";
  plan.steps = {step("web.site", Action::update, "changed")};
  plan.steps[0].changes = {change("url", Value("a"), Value(Unknown{}))};
  const std::string json = to_json(plan_value(plan));
  EXPECT_NE(json.find(R"("changes":[{"field":"url","before":"a","knownAfterApply":true}])"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("summary":{"create":0,"update":1,"replace":0,"delete":0,"run":0,"keep":0,"move":0})"),
            std::string::npos);
}

}  // namespace
}  // namespace verba
