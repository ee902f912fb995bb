// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_drift.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace verba {
namespace {

Stack stack(const char* status, const char* description) {
  std::string why;
  return {"id", "web", status, "", parse_json(description, why).value()};
}

TEST(StackDrift, NamesWhatIsDifferent) {
  const WantedStack wanted{.name = "web",
                           .body = "{}",
                           .parameters = {{"Domain", "a"}, {"Key", "k"}, {"Password", "p"}},
                           .tags = {{"team", "web"}}};
  Map parameters;
  parameters.set("Domain", "a");
  Value key("k");
  key.secret = true;
  parameters.set("Key", key);
  Map inputs;
  inputs.set("parameters", Value(std::move(parameters)));
  const char* const same = R"({"Parameters":[{"ParameterKey":"Domain","ParameterValue":"a"},
    {"ParameterKey":"Key","ParameterValue":"k"},{"ParameterKey":"Password","ParameterValue":"****"}],
    "Tags":[{"Key":"team","Value":"web"},{"Key":"aws:x","Value":"y"}]})";
  EXPECT_EQ(difference(wanted, Value(inputs), {stack("UPDATE_COMPLETE", same), "{}\r\n"}), "");
  EXPECT_EQ(difference(wanted, Value(inputs), {stack("UPDATE_ROLLBACK_COMPLETE", same), "{}"}), "");
  EXPECT_EQ(difference(wanted, Value(inputs), {stack("UPDATE_FAILED", same), "{Rules: {}}"}),
            "its status is UPDATE_FAILED; the template differs");
  EXPECT_EQ(difference(wanted, Value(inputs),
                       {stack("CREATE_COMPLETE", R"({"Parameters":[{"ParameterKey":"Domain","ParameterValue":"b"},
    {"ParameterKey":"Key","ParameterValue":"other"}],"Tags":[{"Key":"owner","Value":"ann"}]})"),
                        "{}"}),
            "parameter Domain is 'b', not 'a'; parameter Key differs; parameter Password is not there; "
            "tag team is not there; tag owner was added");
}

TEST(StackDrift, ComparesGuardsWhereTheyAreSaid) {
  const char* const guarded = R"({"EnableTerminationProtection":"true","NotificationARNs":["a","b"]})";
  WantedStack wanted{.name = "web", .body = "{}"};
  EXPECT_EQ(difference(wanted, Map{}, {stack("CREATE_COMPLETE", guarded), "{}", R"({"Statement":[]})"}), "");
  wanted.policy = R"({ "Statement": [] })";
  wanted.is_protected = true;
  wanted.notification_arns = {"b", "a"};
  EXPECT_EQ(difference(wanted, Map{}, {stack("CREATE_COMPLETE", guarded), "{}", R"({"Statement":[]})"}), "");
  EXPECT_EQ(difference(wanted, Map{}, {stack("CREATE_COMPLETE", "{}"), "{}"}),
            "the policy differs; it is not protected against deletion; the topics that hear of it differ");
}

}  // namespace
}  // namespace verba
