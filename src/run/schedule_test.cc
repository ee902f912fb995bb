// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

std::vector<StepNumber> run_all(Schedule& schedule) {
  std::vector<StepNumber> taken;
  while (const auto step = schedule.take()) {
    taken.push_back(*step);
    schedule.finish(*step);
  }
  return taken;
}

TEST(Schedule, TakesTheMostUrgentReadyStepFirst) {
  const Graph graph(3, {});
  Schedule schedule(graph, step_numbers(0, 3), {1, 5, 5});
  EXPECT_EQ(run_all(schedule), (std::vector<StepNumber>{1, 2, 0}));
}

TEST(Schedule, PassesThroughGates) {
  // 1 needs gate 2, which needs gate 3, which needs 0; gate 4 needs nothing and 0 needs it.
  const Graph graph(5, {{1, 2}, {2, 3}, {3, 0}, {0, 4}});
  Schedule schedule(graph, step_numbers(0, 2), {1, 1, 0, 0, 0});
  EXPECT_EQ(schedule.take(), 0U);
  EXPECT_EQ(schedule.take(), std::nullopt);
  schedule.finish(0);
  EXPECT_EQ(schedule.take(), 1U);
}

TEST(Schedule, BlocksEverythingBehindAStep) {
  const Graph graph(5, {{1, 4}, {4, 0}, {2, 1}});  // node 4 is a gate, 3 is apart
  Schedule schedule(graph, step_numbers(0, 4), {1, 1, 1, 1, 0});
  EXPECT_EQ(schedule.take(), 0U);
  EXPECT_EQ(schedule.block(0), (std::vector<StepNumber>{1, 2}));
  EXPECT_TRUE(schedule.block(0).empty());
  EXPECT_EQ(schedule.take(), 3U);
  EXPECT_EQ(schedule.take(), std::nullopt);
}

TEST(Schedule, ASoftGateOpensWhenItsNeedsAreDoneOrWillNeverBe) {
  // 3 waits at soft gate 5 for 0, 1 and 2; 2 needs 1; 4 needs 3 and, by soft gate 6, gate 5.
  const Graph graph(7, {{5, 0}, {5, 1}, {5, 2}, {2, 1}, {3, 5}, {6, 3}, {6, 5}, {4, 6}});
  Schedule schedule(graph, step_numbers(0, 5), {1, 1, 1, 1, 1, 0, 0}, 5);
  EXPECT_EQ(schedule.take(), 0U);
  EXPECT_EQ(schedule.take(), 1U);
  EXPECT_EQ(schedule.block(1), std::vector<StepNumber>{2});
  EXPECT_TRUE(schedule.block(1).empty()) << "and counts once";
  EXPECT_EQ(schedule.take(), std::nullopt) << "0 is still at work";
  schedule.finish(0);
  EXPECT_EQ(schedule.take(), 3U);
  EXPECT_EQ(schedule.take(), std::nullopt);
  EXPECT_TRUE(schedule.block(3).empty());
  EXPECT_EQ(schedule.take(), 4U);
}

TEST(Schedule, WhatIsBlockedAheadDoesNotOpenALaterGate) {
  // Batches 0 | 1 | 2 with gates 3 and 4: 1 will never be done, but 2 waits for 0 all the same.
  const Graph graph(5, {{3, 0}, {1, 3}, {4, 1}, {4, 3}, {2, 4}});
  Schedule schedule(graph, step_numbers(0, 3), {1, 1, 1, 0, 0}, 3);
  schedule.block(1);
  EXPECT_EQ(schedule.take(), 0U);
  EXPECT_EQ(schedule.take(), std::nullopt);
  schedule.finish(0);
  EXPECT_EQ(schedule.take(), 2U);
}

TEST(Schedule, OpensAChainOfGatesWithoutRecursion) {
  constexpr NodeId length = 200'000;
  std::vector<Graph::Edge> edges;
  for (NodeId gate = 1; gate < length; ++gate) edges.emplace_back(gate, gate + 1);
  edges.emplace_back(0, 1);
  const Graph graph(length + 1, edges);
  Schedule schedule(graph, step_numbers(0, 1), std::vector<std::uint64_t>(length + 1, 0));
  EXPECT_EQ(schedule.take(), 0U);
}

}  // namespace
}  // namespace verba
