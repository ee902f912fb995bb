// SPDX-License-Identifier: Apache-2.0
#include "plan/occasions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace verba {
namespace {

using testing::ElementsAre;

TEST(Occasions, LeadersComeAfterWhatTheirGroupWaitsFor) {
  // 0 waits for 3, which is none of theirs; through a gate, 5, for 4 as well. 2 leads 0 and 1.
  const Graph graph(6, {{0, 3}, {0, 5}, {5, 4}});
  const std::vector<NodeId> leaders{2};
  const std::vector<NodeId> group{0, 1};
  EXPECT_THAT(order(led_by(graph, leaders, group, 5)), ElementsAre(3, 4, 2, 1, 5, 0));
}

TEST(Occasions, WhatWaitsForTheGroupIsNotWaitedFor) {
  // 0 waits for 3, and 3 for 1: the leader of 0 and 1 cannot come after 3.
  const Graph graph(4, {{0, 3}, {3, 1}});
  const std::vector<NodeId> leaders{2};
  const std::vector<NodeId> group{0, 1};
  EXPECT_THAT(order(led_by(graph, leaders, group, 4)), ElementsAre(2, 1, 3, 0));
}

TEST(Occasions, TwoThatWouldWaitForEachOtherLeadAllTheSame) {
  // Groups {0, 1} and {2, 3}: 0 waits for 2, and 3 for 1. Both leaders, 4 and 5, cannot wait.
  const Graph graph(6, {{0, 2}, {3, 1}});
  const Graph first = led_by(graph, std::vector<NodeId>{4}, std::vector<NodeId>{0, 1}, 6);
  const Graph both = led_by(first, std::vector<NodeId>{5}, std::vector<NodeId>{2, 3}, 6);
  EXPECT_TRUE(find_cycle(both).empty());
  EXPECT_THAT(both.needs(2), ElementsAre(5));
  EXPECT_THAT(both.needs(0), ElementsAre(2, 4));
}

}  // namespace
}  // namespace verba
