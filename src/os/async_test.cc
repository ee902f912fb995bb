// SPDX-License-Identifier: Apache-2.0
#include "os/async.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace verba {
namespace {

/// Something to wait for that a test lets happen.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) noexcept { waiting = h; }
  void await_resume() const noexcept {}
  void open() { std::exchange(waiting, {}).resume(); }
};

Async<int> wait_then(Gate& gate, int value) {
  co_await gate;
  co_return value;
}

Async<int> add_one(Async<int> inner) {
  const int value = co_await inner;
  co_return value + 1;
}

Async<int> fail_with(std::string what) {
  throw std::runtime_error(what);
  co_return 0;
}

TEST(Async, RunsNothingUntilStarted) {
  bool ran = false;
  auto body = [](bool& flag) -> Async<int> {
    flag = true;
    co_return 1;
  };
  Async<int> work = body(ran);
  EXPECT_FALSE(ran);
  int result = 0;
  Background background = start<int>(std::move(work), [&](Result<int> r) { result = std::get<0>(r); });
  EXPECT_TRUE(ran);
  EXPECT_EQ(result, 1);
  EXPECT_TRUE(background.finished());
}

TEST(Async, WaitsAndGoesOn) {
  Gate gate;
  int result = 0;
  Background background = start<int>(add_one(wait_then(gate, 41)), [&](Result<int> r) { result = std::get<0>(r); });
  EXPECT_FALSE(background.finished());
  EXPECT_EQ(result, 0);
  gate.open();
  EXPECT_EQ(result, 42);
  EXPECT_TRUE(background.finished());
}

TEST(Async, AThrowReachesTheOneWhoWaits) {
  std::string what;
  Background background = start<int>(add_one(fail_with("no")), [&](Result<int> r) {
    try {
      std::rethrow_exception(std::get<1>(r));
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
  });
  EXPECT_EQ(what, "no");
}

TEST(Async, DestroyingTheBackgroundDestroysWhatItOwns) {
  Gate gate;
  auto owned = std::make_shared<int>(1);
  bool done = false;
  {
    auto hold = [](std::shared_ptr<int> mine, Gate& g) -> Async<int> {
      co_await g;
      co_return *mine;
    };
    Background background = start<int>(add_one(hold(owned, gate)), [&](Result<int>) { done = true; });
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_FALSE(done);
}

Async<int> descend(int depth) {
  if (depth == 0) co_return 0;
  const int below = co_await descend(depth - 1);
  co_return below + 1;
}

// Each level is a frame on the heap; only an optimised build turns the transfers into jumps, so the depth is modest.
TEST(Async, DeepChainsEnd) {
  int result = 0;
  Background background = start<int>(descend(2000), [&](Result<int> r) { result = std::get<0>(r); });
  EXPECT_EQ(result, 2000);
}

TEST(Async, CarriesValuesThatOnlyMove) {
  auto make = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  int result = 0;
  Background background =
      start<std::unique_ptr<int>>(make(), [&](Result<std::unique_ptr<int>> r) { result = *std::get<0>(r); });
  EXPECT_EQ(result, 7);
}

}  // namespace
}  // namespace verba
