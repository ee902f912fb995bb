// SPDX-License-Identifier: Apache-2.0
#include "view/json/events_json.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

TEST(JsonEvents, WritesOneObjectALine) {
  Plan plan;
  plan.steps.resize(1);
  plan.steps[0].address = "web.page";
  std::string text;
  JsonEvents events([&](std::string_view line) { text += line; });
  events.on(RunBegan{3, {0}, &plan});
  events.on(StepBegan{0, 1, {1}});
  events.on(StepPrinted{0, Stream::error, {2}, "a \"line\"\n"});
  events.on(StepRetries{0, {3}, 2, Milliseconds(500), "exit code 1"});
  events.on(StepEnded{0, {4}, StepStatus::succeeded, "", "", Milliseconds(3)});
  events.on(StopAsked{{5}, true});
  events.on(RunEnded{3, {6}, RunStatus::cancelled});
  // What every line of a step has in the middle.
  const std::string step = R"("step":0,"address":"web.page","action":"create",)";
  const std::string at = R"("at":"1970-01-01T00:00:00.00)";
  EXPECT_EQ(text, R"({"event":"runBegan",)" + at +
                      R"(0Z","run":3,"steps":1})"
                      "\n"
                      R"({"event":"stepBegan",)" +
                      at + R"(1Z",)" + step +
                      R"("attempt":1})"
                      "\n"
                      R"({"event":"stepPrinted",)" +
                      at + R"(2Z",)" + step +
                      R"("stream":"stderr","text":"a \"line\"\n"})"
                      "\n"
                      R"({"event":"stepRetries",)" +
                      at + R"(3Z",)" + step +
                      R"("attempt":2,"delayMs":500,"message":"exit code 1"})"
                      "\n"
                      R"({"event":"stepEnded",)" +
                      at + R"(4Z",)" + step +
                      R"("status":"succeeded","message":"","hint":"","tookMs":3})"
                      "\n"
                      R"({"event":"stopAsked",)" +
                      at +
                      R"(5Z","atOnce":true})"
                      "\n"
                      R"({"event":"runEnded",)" +
                      at +
                      R"(6Z","run":3,"status":"cancelled"})"
                      "\n");
}

}  // namespace
}  // namespace verba
