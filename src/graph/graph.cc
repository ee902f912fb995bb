// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace verba {
namespace {

// A set of small integers that gives its smallest in a handful of steps whatever its size: words of 64 flags, over them
// words that say which of those are not empty, and so on up to one word. A heap would cost a logarithm more.
class SmallestFirst {
 public:
  explicit SmallestFirst(std::size_t size) {
    do {
      size = (size + 63) / 64;
      levels_.emplace_back(size, 0);
    } while (size > 1);
  }

  bool empty() const { return levels_.back().empty() || levels_.back().front() == 0; }

  void insert(NodeId id) {
    for (auto& level : levels_) {
      level[id / 64] |= std::uint64_t{1} << (id % 64);
      id /= 64;
    }
  }

  NodeId take() {
    std::size_t id = 0;
    for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
      id = id * 64 + static_cast<std::size_t>(std::countr_zero((*level)[id]));
    }
    std::size_t at = id;
    for (auto& level : levels_) {
      auto& word = level[at / 64];
      word &= ~(std::uint64_t{1} << (at % 64));
      if (word != 0) break;
      at /= 64;
    }
    return static_cast<NodeId>(id);
  }

 private:
  std::vector<std::vector<std::uint64_t>> levels_;
};

std::vector<std::uint32_t> need_counts(const Graph& graph) {
  std::vector<std::uint32_t> counts(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) counts[id] = static_cast<std::uint32_t>(graph.needs(id).size());
  return counts;
}

// counts[i + 1] holds how many belong to i; afterwards counts[i] is where i begins.
void sum_up(std::vector<std::uint32_t>& counts) {
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
}

}  // namespace

// Two passes of counting sort: by what is needed, then by who needs it. The second pass meets the needs of each node in
// ascending order, so equal edges come one after the other.
Graph::Graph(std::size_t nodes, std::vector<Edge> edges) : needs_begin_(nodes + 1), users_begin_(nodes + 1) {
  std::vector<NodeId> from(edges.size());
  for (const auto& [user, need] : edges) ++users_begin_[need + 1];
  sum_up(users_begin_);
  auto next = users_begin_;
  for (const auto& [user, need] : edges) from[next[need]++] = user;

  std::vector<std::uint32_t> begin(nodes + 1);
  for (const auto& edge : edges) ++begin[edge.first + 1];
  sum_up(begin);
  std::vector<NodeId> sorted(edges.size());
  auto end = begin;
  for (NodeId need = 0; need < nodes; ++need) {
    for (std::uint32_t i = users_begin_[need]; i < users_begin_[need + 1]; ++i) {
      const NodeId user = from[i];
      if (end[user] > begin[user] && sorted[end[user] - 1] == need) continue;
      sorted[end[user]++] = need;
    }
  }
  needs_.reserve(edges.size());
  std::fill(users_begin_.begin(), users_begin_.end(), 0);
  for (NodeId user = 0; user < nodes; ++user) {
    for (std::uint32_t i = begin[user]; i < end[user]; ++i) {
      needs_.push_back(sorted[i]);
      ++users_begin_[sorted[i] + 1];
    }
    needs_begin_[user + 1] = static_cast<std::uint32_t>(needs_.size());
  }
  sum_up(users_begin_);
  users_.resize(needs_.size());
  next = users_begin_;
  for (NodeId user = 0; user < nodes; ++user) {
    for (const NodeId need : needs(user)) users_[next[need]++] = user;
  }
}

std::span<const NodeId> Graph::needs(NodeId id) const {
  return {needs_.data() + needs_begin_[id], needs_.data() + needs_begin_[id + 1]};
}

std::span<const NodeId> Graph::users(NodeId id) const {
  return {users_.data() + users_begin_[id], users_.data() + users_begin_[id + 1]};
}

std::vector<Graph::Edge> edges_of(const Graph& graph) {
  std::vector<Graph::Edge> edges;
  for (NodeId node = 0; node < graph.size(); ++node) {
    for (const NodeId need : graph.needs(node)) edges.emplace_back(node, need);
  }
  return edges;
}

std::vector<NodeId> order(const Graph& graph) {
  std::vector<NodeId> result;
  result.reserve(graph.size());
  auto waiting_for = need_counts(graph);
  SmallestFirst free(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (waiting_for[id] == 0) free.insert(id);
  }
  while (!free.empty()) {
    const NodeId id = free.take();
    result.push_back(id);
    for (const NodeId user : graph.users(id)) {
      if (--waiting_for[user] == 0) free.insert(user);
    }
  }
  return result;
}

// What cannot be ordered needs something that cannot be ordered either, so walking from need to need among those must
// come back to where it has been.
std::vector<NodeId> find_cycle(const Graph& graph) {
  std::vector<bool> ordered(graph.size());
  std::size_t count = 0;
  for (const NodeId id : order(graph)) {
    ordered[id] = true;
    ++count;
  }
  if (count == graph.size()) return {};
  const auto first = std::find(ordered.begin(), ordered.end(), false);
  auto at = static_cast<NodeId>(first - ordered.begin());
  std::vector<bool> seen(graph.size());
  std::vector<NodeId> path;
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    for (const NodeId need : graph.needs(at)) {
      if (ordered[need]) continue;
      at = need;
      break;
    }
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
  return path;
}

std::vector<bool> reach(const Graph& graph, std::span<const NodeId> from, Direction direction) {
  std::vector<bool> reached(graph.size());
  std::vector<NodeId> open;
  const auto mark = [&](NodeId id) {
    if (reached[id]) return;
    reached[id] = true;
    open.push_back(id);
  };
  for (const NodeId id : from) mark(id);
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (const NodeId next : direction == Direction::needs ? graph.needs(id) : graph.users(id)) mark(next);
  }
  return reached;
}

std::vector<std::uint64_t> weight_below(const Graph& graph, std::span<const std::uint64_t> weights) {
  std::vector<std::uint64_t> result(weights.begin(), weights.end());
  const auto sorted = order(graph);
  for (auto id = sorted.rbegin(); id != sorted.rend(); ++id) {
    std::uint64_t heaviest = 0;
    for (const NodeId user : graph.users(*id)) heaviest = std::max(heaviest, result[user]);
    result[*id] += heaviest;
  }
  return result;
}

std::vector<std::uint32_t> levels(const Graph& graph) {
  std::vector<std::uint32_t> result(graph.size());
  for (const NodeId id : order(graph)) {
    for (const NodeId need : graph.needs(id)) result[id] = std::max(result[id], result[need] + 1);
  }
  return result;
}

// An edge is implied when its end can be reached from another need of the same node. The walk goes no deeper than the
// lowest level of those needs: below it there is nothing to find.
Graph reduce(const Graph& graph) {
  constexpr NodeId nobody = std::numeric_limits<NodeId>::max();
  const auto level = levels(graph);
  std::vector<NodeId> reached_for(graph.size(), nobody);
  std::vector<Graph::Edge> kept;
  std::vector<NodeId> open;
  for (NodeId user = 0; user < graph.size(); ++user) {
    const auto needs = graph.needs(user);
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    for (const NodeId need : needs) lowest = std::min(lowest, level[need]);
    if (needs.size() > 1) open.assign(needs.begin(), needs.end());
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      for (const NodeId next : graph.needs(id)) {
        if (level[next] < lowest || reached_for[next] == user) continue;
        reached_for[next] = user;
        open.push_back(next);
      }
    }
    for (const NodeId need : needs) {
      if (reached_for[need] != user) kept.emplace_back(user, need);
    }
  }
  return Graph(graph.size(), std::move(kept));
}

}  // namespace verba
