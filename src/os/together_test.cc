// SPDX-License-Identifier: Apache-2.0
#include "os/together.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

namespace verba {
namespace {

using testing::ElementsAre;

/// Jobs that wait until the test lets them go on.
struct Gates {
  explicit Gates(std::size_t count) : waiting(count) {}
  struct Gate {
    std::coroutine_handle<>& waiting;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept { waiting = handle; }
    void await_resume() const noexcept {}
  };
  Together<int>::Job job(std::size_t at) {
    return [this, at]() -> Async<int> { return pass(*this, at); };
  }
  static Async<int> pass(Gates& gates, std::size_t at) {
    co_await Gate{gates.waiting[at]};
    if (gates.broken.contains(at)) throw std::runtime_error("job " + std::to_string(at));
    co_return static_cast<int>(at) * 10;
  }
  std::vector<Together<int>::Job> jobs() {
    std::vector<Together<int>::Job> all;
    for (std::size_t at = 0; at < waiting.size(); ++at) all.push_back(job(at));
    return all;
  }
  void open(std::size_t at) { std::exchange(waiting[at], {}).resume(); }
  std::size_t begun() const {
    return static_cast<std::size_t>(std::ranges::count_if(waiting, [](auto handle) { return bool(handle); }));
  }

  std::vector<std::coroutine_handle<>> waiting;
  std::set<std::size_t> broken = {};
};

Async<std::vector<int>> all_of(std::vector<Together<int>::Job> jobs, std::size_t side_by_side) {
  Together<int> together(std::move(jobs), side_by_side);
  std::vector<int> results = co_await together;
  co_return results;
}

TEST(Together, GivesResultsInTheOrderOfTheJobs) {
  Gates gates(3);
  std::vector<int> results;
  Background work = start<std::vector<int>>(all_of(gates.jobs(), 2), [&](auto r) { results = std::get<0>(r); });
  EXPECT_EQ(gates.begun(), 2U);
  gates.open(1);
  EXPECT_EQ(gates.begun(), 2U);  // the third has begun in its place
  gates.open(2);
  EXPECT_TRUE(results.empty());
  gates.open(0);
  EXPECT_THAT(results, ElementsAre(0, 10, 20));
  EXPECT_TRUE(work.finished());
}

TEST(Together, EndsAtOnceWhenAllJobsDo) {
  std::vector<Together<int>::Job> jobs(100, []() -> Async<int> { co_return 7; });
  std::vector<int> results;
  Background work = start<std::vector<int>>(all_of(std::move(jobs), 8), [&](auto r) { results = std::get<0>(r); });
  EXPECT_EQ(results, std::vector<int>(100, 7));
  Background none = start<std::vector<int>>(all_of({}, 8), [&](auto r) { results = std::get<0>(r); });
  EXPECT_TRUE(results.empty());
}

TEST(Together, ThrowsWhenAllHaveEnded) {
  Gates gates(2);
  gates.broken = {0};
  std::string what;
  Background work = start<std::vector<int>>(all_of(gates.jobs(), 2), [&](auto result) {
    try {
      std::rethrow_exception(std::get<1>(result));
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
  });
  gates.open(0);
  EXPECT_EQ(what, "");
  gates.open(1);
  EXPECT_EQ(what, "job 0");
}

TEST(Together, AbandonsWhatIsUnderWay) {
  auto owned = std::make_shared<int>(1);
  Gates gates(1);
  const auto hold = [&gates](std::shared_ptr<int> mine) {
    return [&gates, mine]() -> Async<int> { return Gates::pass(gates, 0); };
  };
  {
    Background work = start<std::vector<int>>(all_of({hold(owned)}, 1), [](auto) { FAIL(); });
    EXPECT_GT(owned.use_count(), 1);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace verba
