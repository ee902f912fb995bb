// SPDX-License-Identifier: Apache-2.0
#include "run/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "plan/occasions.h"
#include "plan/rollout.h"
#include "plan/steps.h"
#include "value/json.h"

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
        added.push_back(step_of(model_, task, Action::run, fmt::format("{} is rolled back", deployment)));
        added.back().task = task;
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

std::vector<StepNumber> steps_to_undo(const Plan& plan, const std::vector<StepNumber>& begun,
                                      const std::vector<StepStatus>& statuses, const std::set<std::string>& doomed,
                                      const BatchesOfDeployments& doomed_batches) {
  std::vector<NodeId> batches;
  std::set<std::string_view> homes;
  for (const StepNumber step : begun) {
    const std::optional<std::size_t>& rollout = plan.steps[step].rollout;
    if (!rollout || !doomed_batches.contains({*rollout, plan.steps[step].batch})) continue;
    batches.push_back(step);
    homes.insert(plan.steps[step].deployment);
  }
  const std::vector<bool> of_batches = built_on(plan, batches);
  std::vector<StepNumber> all;
  for (const StepNumber number : begun) {
    const Step& step = plan.steps[number];
    if (statuses[number] == StepStatus::in_doubt || step.temporary) continue;  // in doubt: it may still be at work
    if (is_asking(step)) continue;
    if (doomed.contains(step.deployment) || (of_batches[number] && homes.contains(step.deployment))) {
      all.push_back(number);
    }
  }
  return all;
}

std::map<std::string, std::string> needed_by_others(const Plan& plan, const std::vector<StepNumber>& to_undo,
                                                    const Snapshot& now) {
  std::set<std::string_view> undone, made;
  for (const StepNumber number : to_undo) {
    undone.insert(plan.steps[number].address);
    if (plan.steps[number].action == Action::create) made.insert(plan.steps[number].address);
  }
  std::vector<const Record*> staying;
  for (const Record& record : now.records) {
    if (!undone.contains(record.address) && record.lifetime == Lifetime::lasting) staying.push_back(&record);
  }
  std::map<std::string, std::string> needed;
  while (!staying.empty()) {
    const Record& user = *staying.back();
    staying.pop_back();
    std::string why;
    const std::optional<Value> needs = parse_json(user.needs, why);
    for (const Value& need : needs && needs->is_list() ? needs->list() : List()) {
      if (!need.is_string() || !made.contains(need.string())) continue;
      if (!needed.emplace(need.string(), user.address).second) continue;
      if (const Record* stays = now.find(need.string())) staying.push_back(stays);
    }
  }
  return needed;
}

bool keeps_some(const Undo& undo, const Plan& plan, const std::vector<StepNumber>& begun,
                const BatchesOfDeployments& doomed_batches) {
  std::set<std::string_view> homes;
  for (const auto& [batch, deployment] : doomed_batches) homes.insert(deployment);
  std::vector<bool> undone(plan.steps.size(), false);
  for (StepNumber step = undo.first; step < undo.plan.steps.size(); ++step) {
    if (const std::optional<std::size_t>& undoes = undo.plan.steps[step].undoes) undone[*undoes] = true;
  }
  return std::ranges::any_of(begun, [&](StepNumber step) {
    const Step& each = plan.steps[step];
    return !undone[step] && homes.contains(each.deployment) && !each.temporary && !is_asking(each);
  });
}

}  // namespace verba
