// SPDX-License-Identifier: Apache-2.0
#include "view/text/run_text.h"

#include <gtest/gtest.h>

#include "view/live/live_run.h"

namespace verba {
namespace {

Plan two_steps() {
  Plan plan;
  plan.environment = "test";
  plan.steps.resize(2);
  plan.steps[0].address = "web.page";
  plan.steps[1].address = "web.site";
  plan.steps[1].action = Action::update;
  plan.graph = Graph(2, {});
  return plan;
}

constexpr Instant at(std::int64_t ms) {
  return {1'000'000 + ms};
}

/// What is written, and how often.
struct Written {
  std::string text;
  int calls = 0;
  std::function<void(std::string_view)> sink() {
    return [this](std::string_view more) {
      text += more;
      ++calls;
    };
  }
};

TEST(PlainRun, WritesALineForEachEventAndKeepsOutputTogether) {
  const Plan plan = two_steps();
  Written written;
  PlainRun run(written.sink(), {});
  run.on(RunBegan{7, at(0), &plan});
  run.on(StepBegan{0, 1, at(0)});
  run.on(StepBegan{1, 1, at(0)});
  run.on(StepPrinted{0, Stream::output, at(1), "one\n"});
  run.on(StepPrinted{1, Stream::error, at(2), "other\n"});
  run.on(StepPrinted{0, Stream::output, at(3), "two\x1b[2K\n"});
  run.on(StepEnded{0, at(250), StepStatus::succeeded, "", "", Milliseconds(250)});
  run.on(StepRetries{1, at(300), 2, Milliseconds(1000), "exit code 3"});
  run.on(StepBegan{1, 2, at(1300)});
  run.on(StepEnded{1, at(1400), StepStatus::failed, "exit code 3", "look", Milliseconds(100)});
  run.on(RunEnded{7, at(1500), RunStatus::failed});
  EXPECT_EQ(written.text, R"(web.page: creating
web.site: updating
web.page | one
web.page | two
web.page: created in 250ms
web.site | other
web.site: exit code 3; trying again in 1s
web.site: updating, attempt 2
web.site: update failed after 100ms: exit code 3
  hint: look

Run 7 failed in 1.5s: 1 done, 1 failed
See it again with `verba show 7` and `verba logs 7`; `verba apply` goes on from here.
)");
}

TEST(PlainRun, SaysWhatIsStillAtWorkWhenNothingElseIsSaid) {
  const Plan plan = two_steps();
  Written written;
  PlainRun run(written.sink(), {});
  run.on(RunBegan{1, at(0), &plan});
  run.on(StepBegan{0, 1, at(0)});
  run.on(StepBegan{1, 1, at(20'000)});
  written.text.clear();
  run.tick(at(49'000));
  EXPECT_EQ(written.text, "");
  run.tick(at(50'000));
  EXPECT_EQ(written.text, "Still at work: web.page (50s), web.site (30s)\n");
  run.tick(at(109'000));
  EXPECT_EQ(written.calls, 3);
  run.tick(at(110'000));
  EXPECT_EQ(written.calls, 4) << "twice as long";
  run.on(StepEnded{1, at(111'000), StepStatus::succeeded, "", "", Milliseconds(91'000)});
  written.text.clear();
  run.tick(at(141'000));
  EXPECT_EQ(written.text, "Still at work: web.page (2m21s)\n");
}

TEST(PlainRun, TellsManyInstancesThatAreNotDoneAsOne) {
  Plan plan;
  for (int i = 1; i <= 8; ++i) plan.steps.emplace_back().address = "fleet.motd[h" + std::to_string(i) + "]";
  plan.graph = Graph(8, {});
  Written written;
  PlainRun run(written.sink(), {});
  run.on(RunBegan{1, at(0), &plan});
  run.on(StepEnded{0, at(1), StepStatus::failed, "exit code 1", "", Milliseconds(1)});
  for (StepNumber i = 1; i < 8; ++i) {
    run.on(StepEnded{i, at(1), StepStatus::skipped, "fleet.motd[h1] failed", "", Milliseconds(0)});
  }
  run.tick(at(2));
  EXPECT_EQ(written.text, R"(fleet.motd[h1]: create failed after 1ms: exit code 1
fleet.motd[*]: not done: fleet.motd[h1] failed
  7 instances: h2 to h8
)");
}

TEST(PlainRun, DoesNotHoldOutputForever) {
  const Plan plan = two_steps();
  Written written;
  PlainRun run(written.sink(), {});
  run.on(RunBegan{1, at(0), &plan});
  run.on(StepPrinted{0, Stream::output, at(0), "still here\n"});
  run.tick(at(9'000));
  EXPECT_EQ(written.text, "");
  run.tick(at(10'000));
  EXPECT_EQ(written.text, "web.page | still here\n");
}

TEST(PlainRun, SaysWhyItStops) {
  const Plan plan = two_steps();
  Written written;
  PlainRun run(written.sink(), {});
  run.on(RunBegan{1, at(0), &plan});
  run.on(StopAsked{at(1), false});
  run.on(StepEnded{0, at(2), StepStatus::cancelled, "", "", Milliseconds(2)});
  run.on(RunEnded{1, at(3), RunStatus::cancelled});
  EXPECT_NE(written.text.find("Stopping: no new steps"), std::string::npos);
  EXPECT_NE(written.text.find("`verba apply` goes on from here."), std::string::npos);
}

TEST(LiveRun, RedrawsInPlaceWithOneWriteAFrame) {
  const Plan plan = two_steps();
  Written written;
  LiveRun run({written.sink(), [] { return ScreenSize{80, 24}; }, {}, {}});
  run.on(RunBegan{1, at(0), &plan});
  EXPECT_EQ(written.calls, 1);
  run.on(StepBegan{0, 1, at(0)});
  run.on(StepPrinted{0, Stream::output, at(50), "hello\n"});
  EXPECT_EQ(written.calls, 1) << "not more than ten frames a second";
  written.text.clear();
  run.tick(at(100));
  EXPECT_EQ(written.calls, 2);
  EXPECT_EQ(written.text,
            "\x1b[?2026h\x1b[1A\r\x1b[J[----------------------------------------] 0/2  1 running  0s\n"
            "  web.page                      0s  hello\n\x1b[?2026l");
}

TEST(BatchEnded, SaysWhatFailedAndWhatMay) {
  BatchEnded batch{"fleet.motd", 2, 4, 25, 0, 0, 0, 0, 1, {}};
  EXPECT_EQ(batch_ended_text(batch, {}), "fleet.motd: batch 2 of 4: 25 done\n");
  batch.succeeded = 20;
  batch.unchanged = 3;
  batch.failed = 1;
  batch.skipped = 1;
  batch.failures = 1;
  EXPECT_EQ(batch_ended_text(batch, {}),
            "fleet.motd: batch 2 of 4: 20 done, 3 unchanged, 1 failed (1 allowed), 1 not done\n");
  batch.failures = 2;
  batch.unchanged = batch.skipped = 0;
  EXPECT_EQ(batch_ended_text(batch, {}), "fleet.motd: batch 2 of 4: 20 done, 1 failed (2 so far, 1 allowed)\n");
  batch.failures = 1;
  batch.allowed = 0;
  EXPECT_EQ(batch_ended_text(batch, {}), "fleet.motd: batch 2 of 4: 20 done, 1 failed (none allowed)\n");
}

TEST(BatchEnded, IsALineOnEveryScreen) {
  const Plan plan = two_steps();
  Written plain, live;
  PlainRun lines(plain.sink(), {});
  LiveRun screen({live.sink(), [] { return ScreenSize{80, 24}; }, {}, {}});
  for (Listener* listener : {static_cast<Listener*>(&lines), static_cast<Listener*>(&screen)}) {
    listener->on(RunBegan{1, at(0), &plan});
    listener->on(BatchEnded{"fleet.motd", 1, 2, 3, 0, 0, 0, 0, 0, at(200)});
  }
  EXPECT_NE(plain.text.find("fleet.motd: batch 1 of 2: 3 done\n"), std::string::npos);
  EXPECT_NE(live.text.find("fleet.motd: batch 1 of 2: 3 done\n"), std::string::npos);
}

TEST(LiveRun, ScrollsFinishedStepsAndShowsWhatFailed) {
  const Plan plan = two_steps();
  Written written;
  LiveRun run({written.sink(), [] { return ScreenSize{80, 24}; }, {}, {}});
  run.on(RunBegan{1, at(0), &plan});
  run.on(StepPrinted{0, Stream::output, at(1), "fine\n"});
  run.on(StepPrinted{1, Stream::output, at(1), "broken\n"});
  run.on(StepEnded{0, at(200), StepStatus::succeeded, "", "", Milliseconds(200)});
  run.on(StepEnded{1, at(400), StepStatus::failed, "exit code 1", "", Milliseconds(400)});
  written.text.clear();
  run.on(RunEnded{1, at(600), RunStatus::failed});
  run.tick(at(900));
  EXPECT_EQ(written.text.find("[#"), std::string::npos) << "no block is left behind";
  EXPECT_NE(written.text.find("Run 1 failed in 600ms: 1 done, 1 failed"), std::string::npos) << written.text;
}

}  // namespace
}  // namespace verba
