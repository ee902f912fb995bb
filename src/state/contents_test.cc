// SPDX-License-Identifier: Apache-2.0
#include "state/contents.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace verba {
namespace {

Contents with_event(std::string detail) {
  Contents contents;
  contents.events.push_back({1, 0, {1'700'000'000'001}, "state.removed", "ada", std::move(detail)});
  return contents;
}

TEST(Contents, AreReadableText) {
  std::string text = to_export_json(with_event("caf\xC3\xA9"));
  EXPECT_THAT(text, testing::HasSubstr(R"("format": "verba-state/1")"));
  EXPECT_THAT(text, testing::HasSubstr("caf\xC3\xA9"));
  EXPECT_THAT(text, testing::HasSubstr("2023-11-14T22:13:20.001Z"));
}

TEST(Contents, KeepBytesThatAreNoText) {
  for (const char* bytes : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82", "\xF0\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "ok\xFE"}) {
    std::string text = to_export_json(with_event(bytes));
    EXPECT_THAT(text, testing::HasSubstr("base64"));
    EXPECT_EQ(from_export_json(text).events.at(0).detail, bytes);
  }
  for (const char* good :
       {"", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    std::string text = to_export_json(with_event(good));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("base64")));
    EXPECT_EQ(from_export_json(text).events.at(0).detail, good);
  }
}

TEST(Contents, SayWhereTheTextIsWrong) {
  std::string text = to_export_json(with_event("x"));
  text.replace(text.find(R"("who": "ada")"), 12, R"("who": 7)");
  try {
    from_export_json(text);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostic().code, "state.cannot-import");
    EXPECT_THAT(error.what(), testing::HasSubstr("events[0].who is no string"));
  }
}

TEST(Contents, CountSteps) {
  std::vector<StepRecord> steps(4);
  steps[0].status = StepStatus::succeeded;
  steps[1].status = StepStatus::unchanged;
  steps[2].status = StepStatus::failed;
  verba::Run run;
  run.failed = 9;
  count_steps(run, steps);
  EXPECT_EQ(run.steps, 4);
  EXPECT_EQ(run.succeeded, 2);
  EXPECT_EQ(run.failed, 1);
}

}  // namespace
}  // namespace verba
