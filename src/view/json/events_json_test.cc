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
  EXPECT_EQ(text,
            R"({"event":"runBegan","at":"1970-01-01T00:00:00.000Z","run":3,"steps":1}
{"event":"stepBegan","at":"1970-01-01T00:00:00.001Z","step":0,"address":"web.page","action":"create","attempt":1}
{"event":"stepPrinted","at":"1970-01-01T00:00:00.002Z","step":0,"address":"web.page","action":"create","stream":"stderr","text":"a \"line\"\n"}
{"event":"stepRetries","at":"1970-01-01T00:00:00.003Z","step":0,"address":"web.page","action":"create","attempt":2,"delayMs":500,"message":"exit code 1"}
{"event":"stepEnded","at":"1970-01-01T00:00:00.004Z","step":0,"address":"web.page","action":"create","status":"succeeded","message":"","hint":"","tookMs":3}
{"event":"stopAsked","at":"1970-01-01T00:00:00.005Z","atOnce":true}
{"event":"runEnded","at":"1970-01-01T00:00:00.006Z","run":3,"status":"cancelled"}
)");
}

}  // namespace
}  // namespace verba
