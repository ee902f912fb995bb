// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.h"

#include <algorithm>

namespace verba {

Schedule::Schedule(const Graph& graph, std::size_t steps, std::vector<std::uint64_t> urgency, NodeId soft)
    : graph_(graph),
      steps_(steps),
      urgency_(std::move(urgency)),
      soft_(soft),
      missing_(graph.size()),
      blocked_(graph.size(), false) {
  for (NodeId node = 0; node < graph.size(); ++node) {
    missing_[node] = static_cast<std::uint32_t>(graph.needs(node).size());
  }
  // Gates that need nothing open at once; only then are the steps behind them ready.
  std::vector<NodeId> open;
  for (NodeId node = 0; node < graph.size(); ++node) {
    if (graph.needs(node).empty()) node < steps_ ? ready_.push({urgency_[node], node}) : open.push_back(node);
  }
  for (const NodeId gate : open) finish(gate);
}

std::optional<StepNumber> Schedule::take() {
  while (!ready_.empty()) {
    const NodeId node = ready_.top().node;
    ready_.pop();
    if (!blocked_[node]) return node;
  }
  return std::nullopt;
}

void Schedule::put_back(StepNumber step) {
  ready_.push({urgency_[step], step});
}

void Schedule::finish(NodeId node) {
  std::vector<NodeId> done{node};
  while (!done.empty()) {
    const NodeId next = done.back();
    done.pop_back();
    count_down(next, done);
  }
}

void Schedule::count_down(NodeId done, std::vector<NodeId>& gates) {
  for (const NodeId user : graph_.users(done)) {
    if (--missing_[user] > 0 || blocked_[user]) continue;
    if (user < steps_) {
      ready_.push({urgency_[user], user});
    } else {
      gates.push_back(user);
    }
  }
}

std::vector<StepNumber> Schedule::block(NodeId node) {
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
      if (user < steps_) steps.push_back(user);
    }
  }
  for (const NodeId gate : gates) finish(gate);
  std::ranges::sort(steps);
  return steps;
}

}  // namespace verba
