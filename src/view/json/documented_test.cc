// SPDX-License-Identifier: Apache-2.0
// Every name that programs get to see is written down in docs/manual/json.md.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "view/json/events_json.h"
#include "view/json/plan_json.h"
#include "view/json/state_json.h"

namespace verba {
namespace {

/// The words in `backticks`, and those that stand in one separated by spaces.
std::set<std::string> documented() {
  std::ifstream file(std::string(VERBA_SOURCE_DIRECTORY) + "/docs/manual/json.md");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> words;
  std::string rest = text.str();
  for (std::size_t begin = rest.find('`'); begin != std::string::npos; begin = rest.find('`', begin)) {
    const auto end = rest.find('`', begin + 1);
    if (end == std::string::npos) break;
    words.insert(rest.substr(begin + 1, end - begin - 1));
    begin = end + 1;
  }
  return words;
}

void collect_names(const Value& value, std::set<std::string>& names) {
  if (value.is_list()) {
    for (const Value& item : value.list()) collect_names(item, names);
  }
  if (value.is_map()) {
    for (const auto& [key, member] : value.map()) {
      names.insert(key.name);
      collect_names(member, names);
    }
  }
}

Plan full_plan() {
  Plan plan;
  plan.steps.resize(1);
  plan.steps[0].changes = {{"url", Value("a"), Value(Unknown{}), false}};
  plan.steps[0].stays = {"Orders (AWS::S3::Bucket)"};
  plan.moves.resize(1);
  plan.rollouts = {{"web.site", 1, 0, 1}};
  plan.steps[0].rollout = 0;
  plan.consequences = {{"web", {"web.site"}, OnFailure::rollback, 0, true, {0}, {0}}};
  return plan;
}

TEST(Documented, EveryNameIsInTheManual) {
  const Plan plan = full_plan();
  std::set<std::string> names;
  collect_names(plan_value(plan), names);
  collect_names(record_value({}), names);
  collect_names(run_value({}), names);
  collect_names(step_record_value({}), names);
  collect_names(log_line_value({}, "a"), names);
  const std::vector<Event> events = {RunBegan{},    RollbackWaits{}, RollbackBegan{}, StepBegan{}, StepPrinted{},
                                     StepRetries{}, StepEnded{},     BatchEnded{},    StopAsked{}, RunEnded{}};
  ASSERT_EQ(events.size(), std::variant_size_v<Event>) << "a new kind of event: describe it";
  for (const Event& event : events) {
    const Value value = event_value(event, plan);
    collect_names(value, names);
    names.insert(value.find("event")->string());
  }
  const auto known = documented();
  ASSERT_GT(known.size(), 50u) << "the manual was not found";
  for (const std::string& name : names) EXPECT_TRUE(known.contains(name)) << name;
}

TEST(Documented, EveryStatusIsInTheManual) {
  const auto known = documented();
  for (int i = 0; i <= static_cast<int>(StepStatus::in_doubt); ++i) {
    EXPECT_TRUE(known.contains(std::string(to_string(static_cast<StepStatus>(i)))));
  }
  for (int i = 0; i <= static_cast<int>(RunStatus::rollback_failed); ++i) {
    EXPECT_TRUE(known.contains(std::string(to_string(static_cast<RunStatus>(i)))));
  }
}

}  // namespace
}  // namespace verba
