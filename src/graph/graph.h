// SPDX-License-Identifier: Apache-2.0
// A directed graph over small integers, and what can be asked of it. Knows nothing of tasks.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace verba {

using NodeId = std::uint32_t;

/// Immutable. An edge (a, b) says: a needs b, b comes first. Double edges and edges to itself are allowed; the first
/// are merged, the others are cycles. All functions are linear in nodes + edges unless told, and use no recursion:
/// chains of any length are fine.
class Graph {
 public:
  using Edge = std::pair<NodeId, NodeId>;

  Graph() = default;
  Graph(std::size_t nodes, std::vector<Edge> edges);

  std::size_t size() const { return needs_begin_.empty() ? 0 : needs_begin_.size() - 1; }
  std::span<const NodeId> needs(NodeId) const;  ///< ascending
  std::span<const NodeId> users(NodeId) const;  ///< who needs it; ascending

 private:
  std::vector<std::uint32_t> needs_begin_, users_begin_;
  std::vector<NodeId> needs_, users_;
};

/// All of them, by the node that needs, then by the one that is needed.
std::vector<Graph::Edge> edges_of(const Graph&);

/// Every node after what it needs; among the free ones always the smallest id first: stable, and for people the
/// order of the manifests. Shorter than size() when there is a cycle.
std::vector<NodeId> order(const Graph&);

/// The nodes of one cycle, each needing the next, the last needing the first; empty when there is none. Deterministic;
/// the smallest id comes first.
std::vector<NodeId> find_cycle(const Graph&);

/// Marks everything that `from` needs, directly or not, `from` included; with `users`, everything that needs them.
enum class Direction { needs, users };
std::vector<bool> reach(const Graph&, std::span<const NodeId> from, Direction);

/// For each node the heaviest path from it through its users, its own weight included: who has the most to wait for it
/// goes first. REQUIRES: no cycle.
std::vector<std::uint64_t> weight_below(const Graph&, std::span<const std::uint64_t> weights);

/// For each node the length of the longest path of needs under it: the level to draw it on. REQUIRES: no cycle.
std::vector<std::uint32_t> levels(const Graph&);

/// Without the edges that another path implies. Nodes × edges in the worst case: for drawings. REQUIRES: no cycle.
Graph reduce(const Graph&);

}  // namespace verba
