// SPDX-License-Identifier: Apache-2.0
#include "os/process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>

#include "base/error.h"
#include "os/posix/posix_system.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

TEST(Stop, CallsEachWatchOnce) {
  Stop stop;
  int calls = 0;
  const Stop::Watch watch(stop, [&] { ++calls; });
  {
    const Stop::Watch gone(stop, [&] { calls += 100; });
  }
  EXPECT_FALSE(stop.requested());
  stop.request();
  stop.request();
  EXPECT_TRUE(stop.requested());
  EXPECT_EQ(calls, 1);
}

TEST(Stop, ALateWatchIsCalledAtOnce) {
  Stop stop;
  stop.request();
  int calls = 0;
  const Stop::Watch watch(stop, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(Stop, AnActionMayDestroyWatches) {
  Stop stop;
  int calls = 0;
  std::unique_ptr<Stop::Watch> second;
  std::unique_ptr<Stop::Watch> first;
  first = std::make_unique<Stop::Watch>(stop, [&] {
    ++calls;
    second.reset();
    first.reset();
  });
  second = std::make_unique<Stop::Watch>(stop, [&] { calls += 100; });
  stop.request();
  EXPECT_EQ(calls, 1);
}

class Run : public testing::Test {
 protected:
  Run() : system_(make_posix_system()) {}

  static Command shell(const std::string& text) {
    return {.argv = {"sh", "-c", text}, .environment = {{"PATH", "/usr/bin:/bin"}}, .directory = "", .input = ""};
  }
  Finished run_to_end(const std::string& text, RunOptions options = {}) {
    return wait_for(*system_, run(*system_, shell(text), stop_, std::move(options)));
  }

  std::unique_ptr<System> system_;
  Stop stop_;
};

TEST_F(Run, GivesStatusAndCapturedOutput) {
  RunOptions options;
  options.capture_bytes = 100;
  const Finished finished = run_to_end("echo out; echo err >&2; exit 4", options);
  EXPECT_EQ(finished.status.code, 4);
  EXPECT_EQ(finished.why, Ended::itself);
  EXPECT_EQ(finished.output, "out\n");
  EXPECT_FALSE(finished.output_cut);
}

TEST_F(Run, TheSinkGetsEverythingEvenPastTheCapture) {
  std::string seen, errors;
  RunOptions options;
  options.capture_bytes = 4;
  options.sink = [&](Stream stream, std::string_view bytes) { (stream == Stream::output ? seen : errors) += bytes; };
  const Finished finished = run_to_end("echo 123456; echo e >&2", options);
  EXPECT_EQ(finished.output, "1234");
  EXPECT_TRUE(finished.output_cut);
  EXPECT_EQ(seen, "123456\n");
  EXPECT_EQ(errors, "e\n");
}

TEST_F(Run, TheTimeoutEndsIt) {
  RunOptions options;
  options.timeout = 20ms;
  const Finished finished = run_to_end("sleep 30", options);
  EXPECT_EQ(finished.why, Ended::timeout);
  EXPECT_EQ(finished.status.signal, SIGTERM);
}

TEST_F(Run, WhatIgnoresTermIsKilledAfterTheGrace) {
  RunOptions options;
  options.timeout = 50ms;
  options.grace = 20ms;
  const Finished finished = run_to_end("trap '' TERM; while :; do sleep 1; done", options);
  EXPECT_EQ(finished.why, Ended::timeout);
  EXPECT_EQ(finished.status.signal, SIGKILL);
}

TEST_F(Run, StopEndsItAndWhatItsLeaderLeftBehind) {
  std::string seen;
  RunOptions options;
  options.sink = [&](Stream, std::string_view bytes) {
    seen += bytes;
    stop_.request();
  };
  // The background part ignores TERM and would hold the output open.
  const auto began = system_->steady();
  const Finished finished = run_to_end(R"(sh -c 'trap "" TERM; echo $$; exec sleep 30' & wait)", options);
  EXPECT_EQ(finished.why, Ended::stopped);
  EXPECT_LT(system_->steady() - began, 10s);
  const std::int64_t background = std::stoll(seen);
  while (system_->process_start(background)) {
    // Killed already; it vanishes when its new parent has reaped it, or stays a zombie where nobody does.
    const std::string stat = system_->read_file("/proc/" + std::to_string(background) + "/stat").value_or(") Z");
    if (stat.find(") Z") != std::string::npos) break;
  }
}

TEST_F(Run, StopBeforeTheStartStartsNothing) {
  stop_.request();
  const Finished finished = wait_for(*system_, run(*system_, {.argv = {"/no/such"}}, stop_, {}));
  EXPECT_EQ(finished.why, Ended::stopped);
  EXPECT_FALSE(finished.status.success());
}

TEST_F(Run, WhatCannotBeStartedThrows) {
  EXPECT_THROW(wait_for(*system_, run(*system_, {.argv = {"/no/such"}}, stop_, {})), Error);
}

TEST_F(Run, DestroyingItKillsTheProcess) {
  std::int64_t child = 0;
  bool done = false;
  {
    RunOptions options;
    options.timeout = 1h;
    options.sink = [&](Stream, std::string_view bytes) { child = std::stoll(std::string(bytes)); };
    Background background = start<Finished>(run(*system_, shell("echo $$; sleep 30"), stop_, options),
                                            [&](Result<Finished>) { done = true; });
    while (child == 0) system_->poll();
  }
  while (system_->process_start(child)) system_->poll();
  EXPECT_FALSE(done);
}

TEST_F(Run, SleepRunsOutOrIsStopped) {
  EXPECT_TRUE(wait_for(*system_, sleep(*system_, 1ms, stop_)));
  std::optional<bool> ran_out;
  Background background = start<bool>(sleep(*system_, 1h, stop_), [&](Result<bool> r) { ran_out = std::get<0>(r); });
  EXPECT_EQ(ran_out, std::nullopt);
  stop_.request();
  EXPECT_EQ(ran_out, false);
  EXPECT_FALSE(wait_for(*system_, sleep(*system_, 1h, stop_)));
}

}  // namespace
}  // namespace verba
