// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/drift_detection.h"

#include <gtest/gtest.h>

#include "value/json.h"

namespace verba {
namespace {

List drifts(const char* json) {
  std::string why;
  return parse_json(json, why).value().list();
}

TEST(DriftDetection, NamesResourcesAndProperties) {
  EXPECT_EQ(told(List()), "");
  EXPECT_EQ(told(drifts(R"([
    {"LogicalResourceId":"T","ResourceType":"AWS::SNS::Topic","StackResourceDriftStatus":"MODIFIED","PropertyDifferences":[
      {"PropertyPath":"/Name","ExpectedValue":"a","ActualValue":"b","DifferenceType":"NOT_EQUAL"},
      {"PropertyPath":"/Tags/1","ExpectedValue":"null","ActualValue":"x","DifferenceType":"ADD"},
      {"PropertyPath":"/Tags/0","ExpectedValue":"y","ActualValue":"null","DifferenceType":"REMOVE"}]},
    {"LogicalResourceId":"Q","ResourceType":"AWS::SQS::Queue","StackResourceDriftStatus":"DELETED"}])")),
            "Q (AWS::SQS::Queue) is gone; T (AWS::SNS::Topic): /Name is 'b', not 'a'; "
            "T (AWS::SNS::Topic): /Tags/0 'y' is gone; T (AWS::SNS::Topic): /Tags/1 'x' was added");
}

TEST(DriftDetection, CountsWhatIsTooMuch) {
  List many;
  for (int i = 0; i < 23; ++i) {
    Map drift;
    drift.set("LogicalResourceId", "R" + std::to_string(i));
    drift.set("StackResourceDriftStatus", "DELETED");
    many.emplace_back(std::move(drift));
  }
  EXPECT_TRUE(told(many).ends_with("; and 3 more"));
}

}  // namespace
}  // namespace verba
