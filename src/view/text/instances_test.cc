// SPDX-License-Identifier: Apache-2.0
#include "view/text/instances.h"

#include <gtest/gtest.h>

#include "view/text/plan_text.h"

namespace verba {
namespace {

Step on_host(int number, std::string value, std::string reason = "not deployed yet") {
  Step step;
  const std::string host = "web-" + std::to_string(number);
  step.address = "fleet.motd[" + host + "]";
  step.deployment = "fleet";
  step.account = host;
  step.reason = std::move(reason);
  step.changes = {{"run", std::nullopt, Value(std::move(value)), false}};
  return step;
}

Plan plan_of(std::vector<Step> steps) {
  Plan plan;
  plan.environment = "test";
  plan.steps = std::move(steps);
  return plan;
}

TEST(Instances, AreOneEntryWhenTheSameIsDone) {
  std::vector<Step> steps;
  for (int i = 1; i <= 1000; ++i) steps.push_back(on_host(i, "cat > /etc/motd"));
  EXPECT_EQ(plan_text(plan_of(steps), {}), R"(Environment test

    + fleet.motd[*]  (create: not deployed yet)
      1000 instances: web-1 to web-1000
      run: "cat > /etc/motd"

Plan: 1000 to create, 0 to update, 0 to delete, 0 unchanged
)");
}

TEST(Instances, UpToFiveAreToldOneByOne) {
  std::vector<Step> steps;
  for (int i = 1; i <= 5; ++i) steps.push_back(on_host(i, "x"));
  EXPECT_EQ(entries_of(steps).size(), 5u);
  EXPECT_NE(plan_text(plan_of(steps), {}).find("+ fleet.motd[web-3] on web-3  (create"), std::string::npos);
}

TEST(Instances, MayDifferByTheirKeys) {
  std::vector<Step> steps;
  for (int i = 1; i <= 12; ++i) {
    steps.push_back(on_host(i, "echo web-" + std::to_string(i) + " of web-100", "d.x[web-" + std::to_string(i) + "]"));
  }
  const std::vector<Entry> entries = entries_of(steps);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].alike->changes[0].after->string(), "echo [*] of web-100");
  EXPECT_EQ(entries[0].alike->reason, "d.x[[*]]");
}

TEST(Instances, WithAnythingElseOfTheirOwnStandApart) {
  std::vector<Step> steps;
  for (int i = 1; i <= 14; ++i) steps.push_back(on_host(i, i == 7 ? "another" : "x"));
  steps[11].action = Action::update;
  steps[12].reason = "interrupted";
  steps[13].account = "elsewhere";
  const std::vector<Entry> entries = entries_of(steps);
  ASSERT_EQ(entries.size(), 5u);
  EXPECT_EQ(entries[0].steps.size(), 10u);
  EXPECT_EQ(entries[1].steps, std::vector<std::size_t>{6});
  EXPECT_NE(plan_text(plan_of(steps), {}).find("10 of 14 instances, from web-1 to web-11\n"), std::string::npos);
}

TEST(Instances, OfOneTaskOnly) {
  std::vector<Step> steps;
  for (int i = 1; i <= 5; ++i) steps.push_back(on_host(i, "x"));
  for (int i = 1; i <= 5; ++i) {
    steps.push_back(on_host(i, "x"));
    steps.back().address = "fleet.other[web-" + std::to_string(i) + "]";
  }
  EXPECT_EQ(entries_of(steps).size(), 10u);
}

TEST(Instances, SayWhenSomeAreKept) {
  std::vector<Step> steps;
  for (int i = 1; i <= 6; ++i) steps.push_back(on_host(i, "x"));
  Plan plan = plan_of(steps);
  plan.kept = {"fleet.motd[web-7]", "fleet.motd[web-8]", "fleet.other[web-9]"};
  EXPECT_NE(plan_text(plan, {}).find("6 of 8 instances, from web-1 to web-6\n"), std::string::npos);
}

TEST(Instances, KeysThatAreNumbersTouchNoOtherNumbers) {
  std::vector<Step> steps;
  for (int i = 0; i < 8; ++i) {
    Step step = on_host(i, "port 8010, 1 try");
    step.address = "d.t[" + std::to_string(i) + "]";
    step.account = "deployment-host";
    steps.push_back(step);
  }
  const std::vector<Entry> entries = entries_of(steps);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].alike->changes[0].after->string(), "port 8010, 1 try");
}

TEST(Instances, WithValuesOfTheirOwnAreOneEntryByTheirFields) {
  std::vector<Step> steps;
  for (int i = 1; i <= 1000; ++i) {
    Map environment;
    environment.set("IP", "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    environment.set("PORT", "80");
    steps.push_back(on_host(i, "cat > /etc/motd # web-1"));
    steps.back().changes.push_back({"environment", std::nullopt, Value(std::move(environment)), false});
  }
  EXPECT_EQ(plan_text(plan_of(steps), {}), R"(Environment test

    + fleet.motd[*]  (create: not deployed yet)
      1000 instances: web-1 to web-1000; -o json shows the values of each
      run: "cat > /etc/motd # web-1"
      environment.IP: "[10.0.0.1 to 10.0.4.0]"
      environment.PORT: "80"

Plan: 1000 to create, 0 to update, 0 to delete, 0 unchanged
)");
}

TEST(Instances, SecretsStaySecret) {
  std::vector<Step> steps;
  for (int i = 0; i < 8; ++i) {
    steps.push_back(on_host(i, "hunter" + std::to_string(i)));
    steps.back().changes[0].after->secret = true;
  }
  const std::string text = plan_text(plan_of(steps), {});
  EXPECT_EQ(text.find("hunter"), std::string::npos);
  EXPECT_NE(text.find("8 instances: web-0 to web-7\n      run: ***\n"), std::string::npos) << text;
}

TEST(Instances, AreOneNameInWhatAFailureLeadsTo) {
  std::vector<Step> steps;
  for (int i = 1; i <= 8; ++i) steps.push_back(on_host(i, "x"));
  Plan plan = plan_of(steps);
  Consequence consequence{"fleet", {}, OnFailure::rollback, {}, false, {}, {}};
  for (std::size_t i = 0; i < 8; ++i) {
    consequence.of.push_back(steps[i].address);
    consequence.stay.push_back(i);
  }
  consequence.of.emplace_back("fleet.other");
  plan.consequences = {consequence};
  EXPECT_NE(plan_text(plan, {}).find("On failure: if fleet.motd[*] or fleet.other fails, fleet is rolled back (nothing "
                                     "can undo fleet.motd[*])\n"),
            std::string::npos)
      << plan_text(plan, {});
}

TEST(Instances, ThatAreGoneOrMovedAreOneLineToo) {
  Plan plan = plan_of({});
  for (int i = 1; i <= 6; ++i) {
    const std::string key = "[" + std::to_string(i) + "]";
    plan.orphans.push_back("old.task" + key);
    Move move;
    move.from = "fleet.a" + key;
    move.record.address = "fleet.b" + key;
    plan.moves.push_back(move);
  }
  plan.orphans.push_back("old.other");
  const std::string text = plan_text(plan, {});
  EXPECT_NE(text.find("   => fleet.b[*]  (moved from fleet.a[*])\n      6 instances: 1 to 6\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(":\n    old.task[*], 6 instances: 1 to 6\n    old.other\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace verba
