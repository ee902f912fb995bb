// SPDX-License-Identifier: Apache-2.0
#include "run/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "plan/occasions.h"

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

Step step_of(const Model& model, TaskId id) {
  const Task& task = model.tasks[id];
  Step step;
  step.address = task.address;
  step.deployment = model.deployments[task.deployment].name;
  step.type = task.type->name;
  step.account = model.accounts[task.account].name;
  step.action = Action::run;
  step.reason = fmt::format("{} is rolled back", step.deployment);
  step.occasion = Occasion::rollback;
  step.leaves_record = false;
  step.task = id;
  return step;
}

/// What rollback.tasks do in the place of others, by deployment: nodes of the graph of the undoing.
class Leaders {
 public:
  Leaders(Undo& undo, const Model& model) : undo_(undo), model_(model) {}

  /// Adds their steps, after those of all that is undone.
  void add(std::size_t undone, const std::set<std::string>& whole) {
    std::map<std::string_view, std::vector<NodeId>> groups;
    for (NodeId node = 0; node < undone; ++node)
      groups[undo_.plan.steps[undo_.first + node].deployment].push_back(node);
    std::vector<Step> added;
    for (const auto& [deployment, group] : groups) {
      const auto id = model_.deployment(deployment);
      if (!id || !whole.contains(std::string(deployment))) continue;
      if (model_.deployments[*id].on(Occasion::rollback).empty()) continue;
      Led& led = led_.emplace_back();
      led.group = group;
      for (const TaskId task : model_.deployments[*id].on(Occasion::rollback)) {
        led.tasks.push_back(task);
        led.nodes.push_back(static_cast<NodeId>(undone + added.size()));
        added.push_back(step_of(model_, task));
      }
    }
    for (const Led& led : led_) {
      for (const NodeId node : led.group) undo_.plan.steps[undo_.first + node].only_recorded = true;
    }
    for (Step& step : added) undo_.plan.steps.push_back(std::move(step));
  }

  void order() {
    const std::size_t steps = undo_.plan.steps.size() - undo_.first;
    for (const Led& led : led_) undo_.graph = led_by(undo_.graph, led.nodes, led.group, steps);
  }

  /// Among themselves they go as they say.
  void order_among_them(std::vector<Graph::Edge>& edges) const {
    for (const Led& led : led_) {
      for (std::size_t i = 0; i < led.tasks.size(); ++i) {
        for (const TaskId need : model_.tasks[led.tasks[i]].needs) {
          const auto found = std::ranges::find(led.tasks, need);
          if (found == led.tasks.end()) continue;
          edges.emplace_back(led.nodes[i], led.nodes[static_cast<std::size_t>(found - led.tasks.begin())]);
        }
      }
    }
  }

 private:
  struct Led {
    std::vector<TaskId> tasks;
    std::vector<NodeId> nodes;  ///< beside `tasks`
    std::vector<NodeId> group;
  };
  Undo& undo_;
  const Model& model_;
  std::vector<Led> led_;
};

}  // namespace

Undo undo_of(const Plan& plan, const std::vector<StepNumber>& begun, const Model& model,
             const std::set<std::string>& whole) {
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
    step.only_recorded = false;
    step.changes.clear();
    undo.plan.steps.push_back(std::move(step));
  }
  Leaders leaders(undo, model);
  leaders.add(begun.size(), whole);
  auto next = static_cast<NodeId>(undo.plan.steps.size() - undo.first);
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
  leaders.order_among_them(edges);
  undo.graph = Graph(next, std::move(edges));
  leaders.order();
  undo.urgency.assign(next, 0);
  for (std::size_t i = 0; i < begun.size(); ++i) undo.urgency[i] = i + 1;
  return undo;
}

}  // namespace verba
