// SPDX-License-Identifier: Apache-2.0
#include "run/undo.h"

#include <fmt/format.h>

namespace verba {
namespace {

std::string_view past(Action action) {
  switch (action) {
    case Action::create:
      return "created";
    case Action::update:
      return "updated";
    case Action::replace:
      return "replaced";
    case Action::remove:
      return "deleted";
    default:
      return "run";
  }
}

}  // namespace

Undo undo_of(const Plan& plan, const std::vector<StepNumber>& begun) {
  Undo undo{plan, static_cast<StepNumber>(plan.steps.size()), {}, {}};
  constexpr NodeId none = ~NodeId{0};
  std::vector<NodeId> nodes(plan.graph.size(), none);
  for (const StepNumber done : begun) {
    nodes[done] = static_cast<NodeId>(undo.plan.steps.size() - undo.first);
    Step step = plan.steps[done];
    step.reason = fmt::format("it was {}", past(step.action));
    step.action = Action::rollback;
    step.undoes = done;
    step.rollout.reset();
    step.changes.clear();
    undo.plan.steps.push_back(std::move(step));
  }
  auto next = static_cast<NodeId>(begun.size());
  for (NodeId& node : nodes) {
    if (node == none) node = next++;
  }
  // Turned round: what was needed is undone after what needed it. Batches do not need one another.
  std::vector<Graph::Edge> edges;
  for (NodeId node = 0; node < plan.graph.size() && node < plan.first_batch_gate; ++node) {
    for (const NodeId need : plan.graph.needs(node)) {
      if (need < plan.first_batch_gate) edges.emplace_back(nodes[need], nodes[node]);
    }
  }
  undo.graph = Graph(next, std::move(edges));
  undo.urgency.assign(next, 0);
  for (std::size_t i = 0; i < begun.size(); ++i) undo.urgency[i] = i + 1;
  return undo;
}

}  // namespace verba
