// SPDX-License-Identifier: Apache-2.0
#include "os/timers.h"

#include <gtest/gtest.h>

#include <string>

namespace verba {
namespace {

using namespace std::chrono_literals;

TEST(Timers, CallsInOrderOfTimeThenOfMaking) {
  Timers timers;
  std::string order;
  timers.add(20ns, [&] { order += 'c'; });
  timers.add(10ns, [&] { order += 'a'; });
  timers.add(10ns, [&] { order += 'b'; });
  EXPECT_EQ(timers.next(), 10ns);
  EXPECT_FALSE(timers.call_due(9ns));
  EXPECT_TRUE(timers.call_due(15ns));
  EXPECT_EQ(order, "ab");
  EXPECT_TRUE(timers.call_due(20ns));
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(timers.empty());
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, ACancelledOneIsNotCalled) {
  Timers timers;
  int calls = 0;
  const TimerId first = timers.add(1ns, [&] { ++calls; });
  TimerId second = 0;
  timers.add(1ns, [&] { timers.cancel(second); });
  second = timers.add(2ns, [&] { ++calls; });
  timers.cancel(first);
  timers.cancel(first);
  EXPECT_TRUE(timers.call_due(5ns));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(timers.empty());
}

TEST(Timers, OneAddedByACallWaitsForTheNextTurn) {
  Timers timers;
  int calls = 0;
  timers.add(1ns, [&] { timers.add(1ns, [&] { ++calls; }); });
  EXPECT_TRUE(timers.call_due(5ns));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(timers.call_due(5ns));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace verba
