// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Graph chain(NodeId length) {
  std::vector<Graph::Edge> edges;
  for (NodeId id = 1; id < length; ++id) edges.emplace_back(id, id - 1);
  return Graph(length, std::move(edges));
}

// Every node needs the next in a ring.
Graph ring(NodeId length) {
  std::vector<Graph::Edge> edges;
  for (NodeId id = 0; id < length; ++id) edges.emplace_back(id, (id + 1) % length);
  return Graph(length, std::move(edges));
}

TEST(Graph, is_empty_by_default) {
  EXPECT_EQ(Graph().size(), 0u);
  EXPECT_THAT(order(Graph()), IsEmpty());
  EXPECT_THAT(find_cycle(Graph()), IsEmpty());
  EXPECT_THAT(order(Graph(0, {})), IsEmpty());
}

TEST(Graph, sorts_and_merges_edges) {
  const Graph graph(4, {{3, 2}, {3, 0}, {3, 2}, {1, 0}, {3, 2}, {2, 0}});
  EXPECT_THAT(graph.needs(3), ElementsAre(0, 2));
  EXPECT_THAT(graph.needs(0), IsEmpty());
  EXPECT_THAT(graph.users(0), ElementsAre(1, 2, 3));
  EXPECT_THAT(graph.users(2), ElementsAre(3));
  EXPECT_THAT(graph.users(3), IsEmpty());
}

TEST(Order, puts_needs_first_and_the_smallest_id_before_others) {
  EXPECT_THAT(order(Graph(5, {})), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(order(Graph(5, {{0, 4}, {1, 0}})), ElementsAre(2, 3, 4, 0, 1));
  EXPECT_THAT(order(Graph(4, {{0, 2}, {3, 1}})), ElementsAre(1, 2, 0, 3));
}

TEST(Order, takes_the_smallest_across_words_of_the_free_set) {
  // All wait for the last one, which therefore comes first.
  std::vector<Graph::Edge> edges;
  for (NodeId id = 0; id < 5000; ++id) edges.emplace_back(id, 5000);
  const auto sorted = order(Graph(5001, std::move(edges)));
  ASSERT_EQ(sorted.size(), 5001u);
  EXPECT_EQ(sorted[0], 5000u);
  for (NodeId id = 0; id < 5000; ++id) ASSERT_EQ(sorted[id + 1], id);
}

TEST(Order, leaves_out_what_is_in_or_above_a_cycle) {
  EXPECT_THAT(order(Graph(4, {{1, 2}, {2, 1}, {3, 1}})), ElementsAre(0));
}

TEST(FindCycle, finds_none_in_a_diamond) {
  EXPECT_THAT(find_cycle(Graph(4, {{3, 1}, {3, 2}, {1, 0}, {2, 0}})), IsEmpty());
}

TEST(FindCycle, gives_the_cycle_without_the_way_to_it) {
  // 0 needs 1 needs 3 needs 2 needs 1
  EXPECT_THAT(find_cycle(Graph(4, {{0, 1}, {1, 3}, {3, 2}, {2, 1}})), ElementsAre(1, 3, 2));
}

TEST(FindCycle, finds_a_node_that_needs_itself) {
  EXPECT_THAT(find_cycle(Graph(3, {{1, 1}, {2, 1}})), ElementsAre(1));
}

TEST(FindCycle, follows_a_million_nodes) {
  const auto cycle = find_cycle(ring(1'000'000));
  ASSERT_EQ(cycle.size(), 1'000'000u);
  EXPECT_EQ(cycle.front(), 0u);
  EXPECT_EQ(cycle[1], 1u);
}

TEST(Reach, follows_needs_or_users) {
  const Graph graph(6, {{1, 0}, {2, 1}, {3, 1}, {5, 4}});
  const std::vector<NodeId> one = {1};
  EXPECT_THAT(reach(graph, one, Direction::needs), ElementsAre(true, true, false, false, false, false));
  EXPECT_THAT(reach(graph, one, Direction::users), ElementsAre(false, true, true, true, false, false));
  EXPECT_THAT(reach(graph, {}, Direction::users), ElementsAre(false, false, false, false, false, false));
}

TEST(WeightBelow, is_the_heaviest_way_to_an_end) {
  const Graph graph(4, {{1, 0}, {2, 0}, {3, 2}});
  const std::vector<std::uint64_t> weights = {1, 10, 2, 4};
  EXPECT_THAT(weight_below(graph, weights), ElementsAre(11, 10, 6, 4));
}

TEST(Levels, are_the_longest_way_up) {
  EXPECT_THAT(levels(Graph(4, {{1, 0}, {2, 1}, {3, 0}, {3, 2}})), ElementsAre(0, 1, 2, 3));
}

TEST(Reduce, drops_what_another_way_implies) {
  const Graph graph(4, {{1, 0}, {2, 1}, {2, 0}, {3, 2}, {3, 0}, {3, 1}});
  EXPECT_THAT(edges_of(reduce(graph)), ElementsAre(Graph::Edge{1, 0}, Graph::Edge{2, 1}, Graph::Edge{3, 2}));
}

TEST(Reduce, keeps_a_diamond) {
  const Graph graph(4, {{1, 0}, {2, 0}, {3, 1}, {3, 2}});
  EXPECT_EQ(edges_of(reduce(graph)), edges_of(graph));
}

TEST(Graph, handles_chains_of_a_million) {
  constexpr NodeId length = 1'000'000;
  const Graph graph = chain(length);
  const auto sorted = order(graph);
  ASSERT_EQ(sorted.size(), length);
  EXPECT_EQ(sorted.back(), length - 1);
  EXPECT_THAT(find_cycle(graph), IsEmpty());
  EXPECT_EQ(levels(graph).back(), length - 1);
  EXPECT_EQ(weight_below(graph, std::vector<std::uint64_t>(length, 1)).front(), length);
  const std::vector<NodeId> last = {length - 1};
  const auto reached = reach(graph, last, Direction::needs);
  EXPECT_TRUE(reached.front());
  EXPECT_EQ(reduce(graph).needs(length - 1).size(), 1u);
}

}  // namespace
}  // namespace verba
