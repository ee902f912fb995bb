// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.h"

#include <algorithm>
#include <numeric>

namespace verba {

std::vector<StepNumber> step_numbers(std::size_t first, std::size_t end) {
  std::vector<StepNumber> numbers(end - first);
  std::iota(numbers.begin(), numbers.end(), static_cast<StepNumber>(first));
  return numbers;
}

Schedule::Schedule(const Graph& graph, std::vector<StepNumber> steps, std::vector<std::uint64_t> urgency, NodeId soft)
    : graph_(graph),
      steps_(std::move(steps)),
      urgency_(std::move(urgency)),
      soft_(soft),
      missing_(graph.size()),
      blocked_(graph.size(), false) {
  node_of_.resize(steps_.empty() ? 0 : std::ranges::max(steps_) + 1);
  for (NodeId node = 0; node < steps_.size(); ++node) node_of_[steps_[node]] = node;
  for (NodeId node = 0; node < graph.size(); ++node) {
    missing_[node] = static_cast<std::uint32_t>(graph.needs(node).size());
  }
  // Gates that need nothing open at once; only then are the steps behind them ready.
  std::vector<NodeId> open;
  for (NodeId node = 0; node < graph.size(); ++node) {
    if (graph.needs(node).empty()) node < steps_.size() ? ready_.push({urgency_[node], node}) : open.push_back(node);
  }
  for (const NodeId gate : open) open_behind(gate);
}

std::optional<StepNumber> Schedule::take() {
  while (!ready_.empty()) {
    const NodeId node = ready_.top().node;
    ready_.pop();
    if (!blocked_[node]) return steps_[node];
  }
  return std::nullopt;
}

void Schedule::put_back(StepNumber step) {
  const NodeId node = node_of_[step];
  ready_.push({urgency_[node], node});
}

void Schedule::open_behind(NodeId done) {
  std::vector<NodeId> open{done};
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    count_down(next, open);
  }
}

void Schedule::count_down(NodeId done, std::vector<NodeId>& gates) {
  for (const NodeId user : graph_.users(done)) {
    if (--missing_[user] > 0 || blocked_[user]) continue;
    if (user < steps_.size()) {
      ready_.push({urgency_[user], user});
    } else {
      gates.push_back(user);
    }
  }
}

std::vector<StepNumber> Schedule::block(StepNumber step) {
  const NodeId node = node_of_[step];
  std::vector<StepNumber> steps;
  if (blocked_[node]) return steps;
  std::vector<NodeId> open{node};
  std::vector<NodeId> gates;
  blocked_[node] = true;
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    for (const NodeId user : graph_.users(next)) {
      if (user >= soft_ && --missing_[user] == 0) gates.push_back(user);
      if (user >= soft_ || blocked_[user]) continue;
      blocked_[user] = true;
      open.push_back(user);
      if (user < steps_.size()) steps.push_back(steps_[user]);
    }
  }
  for (const NodeId gate : gates) open_behind(gate);
  std::ranges::sort(steps);
  return steps;
}

}  // namespace verba
