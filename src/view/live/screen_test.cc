// SPDX-License-Identifier: Apache-2.0
#include "view/live/screen.h"

#include <gtest/gtest.h>

#include "view/text/width.h"

namespace verba {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

/// Ten steps: three done, `running` under way since one second after another.
struct Scene {
  Plan plan;
  Progress progress;

  explicit Scene(std::size_t running) {
    plan.steps.resize(10);
    plan.graph = Graph(10, {{1, 0}, {2, 1}});
    progress.plan = &plan;
    progress.steps.resize(10);
    progress.began = {0};
    for (std::size_t n = 0; n < 10; ++n) plan.steps[n].address = "website.task-" + std::to_string(n);
    for (std::size_t n = 0; n < 3; ++n) progress.steps[n].status = StepStatus::succeeded;
    for (std::size_t n = 3; n < 3 + running; ++n) {
      progress.steps[n].status = StepStatus::started;
      progress.steps[n].attempt = 1;
      progress.steps[n].began = {static_cast<std::int64_t>(n) * 1000};
    }
  }
};

TEST(LiveBlock, At80x24) {
  Scene scene(2);
  scene.progress.steps[3].last_line = "waiting for port 5432";
  scene.progress.steps[4].attempt = 2;
  EXPECT_EQ(joined(live_block(scene.progress, {65'400}, {80, 24}, Milliseconds(90'000), {})),
            R"([############----------------------------] 3/10  2 running  1m5s of about 1m30s
  website.task-3              1m2s  waiting for port 5432
  website.task-4              1m1s  attempt 2
)");
}

TEST(LiveBlock, At40x10) {
  Scene scene(2);
  scene.progress.steps[3].last_line = "a line that is much longer than the screen is wide";
  const auto lines = live_block(scene.progress, {65'400}, {40, 10}, std::nullopt, {});
  EXPECT_EQ(joined(lines), R"([####------------] 3/10  2 running  1m5s
  website.task…  1m2s  a line that is m…
  website.task…  1m1s
)");
  for (const auto& line : lines) EXPECT_LE(display_width(line), 40u) << line;
}

TEST(LiveBlock, CountsWhatDoesNotFit) {
  Scene scene(7);
  const auto lines = live_block(scene.progress, {65'400}, {40, 8}, std::nullopt, {});
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines.back(), "  ... and 3 more");
}

TEST(LiveBlock, StaysInsideAnyScreen) {
  Scene scene(7);
  scene.progress.steps[3].last_line = "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
  for (std::size_t columns = 1; columns < 120; ++columns) {
    for (const std::size_t rows : {1, 2, 5, 10, 24}) {
      const auto lines = live_block(scene.progress, {65'400}, {columns, rows}, Milliseconds(1'000'000), {});
      EXPECT_LE(lines.size(), std::max<std::size_t>(rows, 2));
      for (const auto& line : lines) EXPECT_LE(display_width(line), columns) << line;
    }
  }
}

TEST(LiveBlock, IsFullAtTheEnd) {
  Scene scene(0);
  for (auto& step : scene.progress.steps) step.status = StepStatus::succeeded;
  EXPECT_EQ(live_block(scene.progress, {1000}, {80, 24}, std::nullopt, {}).front(),
            "[########################################] 10/10  0 running  1s");
}

TEST(ExpectedTime, IsTheLongestChain) {
  Scene scene(0);
  std::map<std::string, std::int64_t> durations;
  for (const Step& step : scene.plan.steps) durations[step.address] = 1000;
  EXPECT_EQ(expected_time(scene.plan, durations), Milliseconds(3000));
}

TEST(ExpectedTime, IsUnknownWithoutAPast) {
  Scene scene(0);
  EXPECT_EQ(expected_time(scene.plan, {{"website.task-0", 5000}}), std::nullopt);
  EXPECT_EQ(expected_time(Plan{}, {}), std::nullopt);
}

}  // namespace
}  // namespace verba
