// SPDX-License-Identifier: Apache-2.0
#include "os/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace verba {
namespace {

TEST(Trace, TellsWhatRunsAndWhatHasEnded) {
  const auto children = read_trace("began 1 witnessed 4 100 5000\nbegan 2 alone 5 101 5001\nended 1 3\n");
  ASSERT_EQ(children.size(), 2U);
  EXPECT_EQ(children.at("1").code, 3);
  EXPECT_EQ(children.at("1").process, 100);
  EXPECT_EQ(children.at("1").began_ms, 5000);
  EXPECT_TRUE(children.at("1").witnessed);
  EXPECT_EQ(children.at("1").slot, "4");
  EXPECT_FALSE(children.at("2").code);
  EXPECT_FALSE(children.at("2").witnessed);
}

TEST(Trace, AnotherTryIsAnotherChild) {
  const auto children = read_trace("began 1 alone 0 100 1\nended 1 3\nbegan 1 alone 0 200 2\n");
  EXPECT_FALSE(children.at("1").code);
  EXPECT_EQ(children.at("1").process, 200);
}

TEST(Trace, PassesOverWhatIsCutOrStrange) {
  const auto children =
      read_trace("began 1 alone 0 100\nended 7 0\n\nbegan 2 alone 0 x 1\nbegan 3 alone 0 9 9\nended 3 0");
  ASSERT_EQ(children.size(), 1U);
  EXPECT_FALSE(children.at("3").code) << "a line without its end may be half a line";
}

TEST(Slots, AreTakenAgain) {
  Slots slots;
  EXPECT_EQ(slots.take(), "0");
  EXPECT_EQ(slots.take(), "1");
  slots.give_back("0");
  EXPECT_EQ(slots.take(), "0");
  EXPECT_EQ(slots.take(), "2");
  EXPECT_THAT(slots.all(), testing::ElementsAre("0", "1", "2"));
}

}  // namespace
}  // namespace verba
