// SPDX-License-Identifier: Apache-2.0
#include "view/text/change_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace verba {
namespace {

using testing::HasSubstr;

std::string shown(std::optional<Value> before, std::optional<Value> after) {
  return change_text({"template (site.json)", std::move(before), std::move(after), true}, false, {});
}

std::string template_of(int size, int version) {
  std::string text = R"({"Resources":{)";
  for (int i = 0; i < size; ++i) {
    text += (i == 0 ? "" : ",") + ("\"Topic" + std::to_string(i)) +
            R"(":{"Type":"AWS::SNS::Topic","Properties":{"DisplayName":"v)" + std::to_string(i == 1 ? version : 0) +
            "\"}}";
  }
  return text + "}}";
}

TEST(ChangeText, LaysOutJsonThatIsOnOneLine) {
  EXPECT_EQ(shown(Value(template_of(40, 1)), Value(template_of(40, 2))), R"(      template (site.json):
        @ 8 unchanged lines
              "Topic1": {
                "Type": "AWS::SNS::Topic",
                "Properties": {
        -         "DisplayName": "v1"
        +         "DisplayName": "v2"
                }
              },
              "Topic2": {
        @ 229 unchanged lines
)");
  EXPECT_THAT(shown({}, Value(template_of(40, 1))), HasSubstr("\n        + {\n        +   \"Resources\": {\n"));
  EXPECT_THAT(shown({}, Value(template_of(40, 1))), HasSubstr("... 232 more lines\n"));
  EXPECT_EQ(shown({}, Value(R"({"a":1})")), "      template (site.json): \"{\\\"a\\\":1}\"\n");
}

TEST(ChangeText, ShowsOfLongLinesWhatDiffers) {
  const std::string start(5000, 'x');
  const std::string end(5000, 'y');
  const std::string text = shown(Value(start + "old" + end + "\n"), Value(start + "new" + end + "\n"));
  EXPECT_LT(text.size(), 900U);
  EXPECT_THAT(text, HasSubstr("xxxoldyyy"));
  EXPECT_THAT(text, HasSubstr("xxxnewyyy"));
  EXPECT_THAT(text, HasSubstr("... (10003 bytes)\n"));
  EXPECT_THAT(shown(Value(start + "old" + end), Value(start + "new" + end)), HasSubstr("xxxoldyyy"));
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "ä";
  EXPECT_THAT(shown({}, Value(wide)), HasSubstr("ä... (2002 bytes)\n"));
}

TEST(ChangeText, IsOneScreenAtMost) {
  std::string before;
  std::string after;
  for (int i = 0; i < 200; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  const std::string text = shown(Value(before), Value(after));
  EXPECT_EQ(std::ranges::count(text, '\n'), 42);
  EXPECT_THAT(text, HasSubstr("        ... 360 more lines\n"));
}

}  // namespace
}  // namespace verba
