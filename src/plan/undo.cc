// SPDX-License-Identifier: Apache-2.0
#include "plan/undo.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "plan/occasions.h"
#include "plan/removal.h"
#include "plan/rollout.h"
#include "plan/steps.h"
#include "plan/temporary.h"
#include "value/json.h"

namespace verba {
namespace {

/// What rollback.tasks do in the place of others, by deployment: nodes of the graph of the undoing.
class Leaders {
 public:
  Leaders(Undo& undo, const Model& model) : undo_(undo), model_(model) {}

  /// Adds their steps, after those of all that is undone: the first `undone` nodes.
  void add(std::size_t undone, const std::set<std::string>& whole, const std::set<std::string>& acted) {
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
        if (acted.contains(model_.tasks[task].address)) continue;
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
    for (const Led& led : led_) undo_.graph = led_by(undo_.graph, led.nodes, led.group, undo_.steps.size());
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

constexpr NodeId kNone = ~NodeId{0};

class UndoMaker {
 public:
  UndoMaker(const Undoing& what, const Model& model) : what_(what), model_(model), leaders_(undo_, model) {
    undo_.plan = what.plan;
    undo_.first = static_cast<StepNumber>(what.plan.steps.size());
  }
  Undo make();

 private:
  void undo_carried();
  void undo_own();
  void undo(Done done);
  void clean();
  std::vector<NodeId> nodes_of_plan();
  void order_own(std::vector<Graph::Edge>& edges) const;
  void order_carried(std::vector<Graph::Edge>& edges);
  void order_needs_of_before(std::vector<Graph::Edge>& edges) const;
  void order_by_beginning(std::vector<Graph::Edge>& edges) const;
  NodeId node_of(std::string_view address) const {
    const auto found = nodes_.find(address);
    return found == nodes_.end() ? kNone : found->second;
  }

  const Undoing& what_;
  const Model& model_;
  Undo undo_;
  Leaders leaders_;
  NodeId first_own_ = 0;         ///< nodes below are what is carried: in all, the order of beginning
  NodeId next_ = 0;              ///< the next gate
  std::vector<NodeId> of_plan_;  ///< the node of each node of the plan's graph
  std::map<std::string, NodeId, std::less<>> nodes_;  ///< that undo or delete, by address
};

void UndoMaker::undo(Done done) {
  Step step = done.step;
  step.reason = fmt::format("it was {}", participle(step.action));
  if (done.run != 0) step.reason += fmt::format(" by run {}", done.run);
  step.action = Action::rollback;
  step.undoes = undo_.plan.done.size();
  step.rollout.reset();
  step.only_recorded = false;
  step.changes.clear();
  nodes_.insert_or_assign(step.address, static_cast<NodeId>(undo_.plan.done.size()));
  undo_.plan.steps.push_back(std::move(step));
  undo_.plan.done.push_back(std::move(done));
}

/// What this run did to the same thing as well is undone with it: once, to what was before both.
void UndoMaker::undo_carried() {
  std::map<std::string_view, StepNumber> own;
  for (const StepNumber number : what_.begun) own.emplace(what_.plan.steps[number].address, number);
  for (Done done : what_.carried) {
    if (const auto again = own.find(done.step.address); again != own.end()) {
      const bool replaced = done.step.action == Action::replace;
      done.step = what_.plan.steps[again->second];
      done.step.repairs = false;
      done.run = 0;
      done.made.reset();  // what is recorded now
      // What was not there before is deleted, whoever changed it since.
      if (!done.previous) done.step.only_recorded = false;
      if (replaced) done.step.action = Action::replace;
    }
    undo(std::move(done));
  }
  first_own_ = static_cast<NodeId>(undo_.plan.done.size());
}

void UndoMaker::undo_own() {
  for (const StepNumber number : what_.begun) {
    Done done{what_.plan.steps[number], std::nullopt};
    if (node_of(done.step.address) != kNone) continue;
    if (done.step.record) done.previous = what_.then.records[*done.step.record];
    if (done.previous && !done.previous->definition) done.previous.reset();
    undo(std::move(done));
  }
}

/// The undoing of a temporary thing is its delete.
void UndoMaker::clean() {
  for (const StepNumber cleaning : what_.cleanings) {
    nodes_.insert_or_assign(what_.plan.steps[cleaning].address, static_cast<NodeId>(undo_.steps.size()));
    undo_.steps.push_back(cleaning);
  }
}

std::vector<NodeId> UndoMaker::nodes_of_plan() {
  std::vector<NodeId> nodes(what_.plan.graph.size(), kNone);
  for (const StepNumber number : what_.begun) nodes[number] = node_of(what_.plan.steps[number].address);
  for (StepNumber number = 0; number < what_.plan.steps.size(); ++number) {
    const Step& step = what_.plan.steps[number];
    if (step.temporary && !is_cleaning(step)) nodes[number] = node_of(step.address);
  }
  for (NodeId& node : nodes) {
    if (node == kNone) node = next_++;
  }
  return nodes;
}

/// The plan turned round: what was needed is undone after what needed it. Batches do not need one another.
void UndoMaker::order_own(std::vector<Graph::Edge>& edges) const {
  const Plan& plan = what_.plan;
  const auto counts = [&](NodeId node) {
    return node < plan.first_batch_gate && (node >= plan.steps.size() || !is_cleaning(plan.steps[node]));
  };
  for (NodeId node = 0; node < plan.graph.size(); ++node) {
    for (const NodeId need : plan.graph.needs(node)) {
      if (counts(node) && counts(need)) edges.emplace_back(of_plan_[need], of_plan_[node]);
    }
  }
}

/// What earlier runs did has no plan any more: what is recorded says who needs whom.
void UndoMaker::order_carried(std::vector<Graph::Edge>& edges) {
  const Graph removal = removal_order(what_.now);
  const std::size_t first_cleaning = undo_.steps.size() - what_.cleanings.size();
  std::vector<NodeId> nodes(removal.size());
  for (NodeId node = 0; node < removal.size(); ++node) {
    const NodeId known = node < what_.now.records.size() ? node_of(what_.now.records[node].address) : kNone;
    const bool is_cleaned = known != kNone && known >= first_cleaning;
    nodes[node] = known < first_own_ || is_cleaned ? known : next_++;
    if (known != kNone && nodes[node] != known) edges.emplace_back(nodes[node], known);
  }
  for (NodeId used = 0; used < removal.size(); ++used) {
    for (const NodeId user : removal.needs(used)) edges.emplace_back(nodes[used], nodes[user]);
  }
  order_needs_of_before(edges);
}

/// What was deleted is in no record: of two of which one needed the other, the one that began later is undone first.
void UndoMaker::order_needs_of_before(std::vector<Graph::Edge>& edges) const {
  const std::vector<Done>& all = undo_.plan.done;
  for (NodeId node = 0; node < all.size(); ++node) {
    if (!all[node].previous) continue;
    std::string why;
    const std::optional<Value> needs = parse_json(all[node].previous->needs, why);
    for (const Value& need : needs && needs->is_list() ? needs->list() : List()) {
      const NodeId used = need.is_string() ? node_of(need.string()) : kNone;
      if (used >= all.size() || std::min(used, node) >= first_own_) continue;
      if (what_.now.find(all[node].step.address) && what_.now.find(all[used].step.address)) continue;
      if (used != node) edges.emplace_back(std::min(used, node), std::max(used, node));
    }
  }
}

/// One after the other: where manifests had turned needs round between two runs.
void UndoMaker::order_by_beginning(std::vector<Graph::Edge>& edges) const {
  const auto done = static_cast<NodeId>(undo_.plan.done.size());
  for (NodeId node = 0; node + 1 < done; ++node) edges.emplace_back(node, node + 1);
  for (NodeId node = done; node < undo_.steps.size(); ++node) {
    const bool cleans = is_cleaning(undo_.plan.steps[undo_.steps[node]]);
    if (cleans) edges.emplace_back(node, 0);
  }
}

Undo UndoMaker::make() {
  undo_carried();
  undo_own();
  leaders_.add(undo_.plan.done.size(), what_.whole, what_.acted);
  for (StepNumber step = undo_.first; step < undo_.plan.steps.size(); ++step) undo_.steps.push_back(step);
  clean();
  next_ = static_cast<NodeId>(undo_.steps.size());
  of_plan_ = nodes_of_plan();
  std::vector<Graph::Edge> edges;
  order_own(edges);
  if (first_own_ > 0) order_carried(edges);
  leaders_.order_among_them(edges);
  undo_.graph = Graph(next_, std::move(edges));
  if (first_own_ > 0 && !find_cycle(undo_.graph).empty()) {
    std::vector<Graph::Edge> plain;
    order_by_beginning(plain);
    leaders_.order_among_them(plain);
    undo_.graph = Graph(next_, std::move(plain));
  }
  leaders_.order();
  undo_.urgency.assign(next_, 0);
  for (std::size_t i = 0; i < undo_.plan.done.size(); ++i) undo_.urgency[i] = i + 1;
  return std::move(undo_);
}

}  // namespace

Undo undo_of(const Undoing& what, const Model& model) {
  return UndoMaker(what, model).make();
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

std::map<std::string, std::string> needed_by_others(const std::vector<Done>& to_undo, const Snapshot& now) {
  std::set<std::string_view> undone, made;
  for (const Done& done : to_undo) {
    undone.insert(done.step.address);
    if (!done.previous) made.insert(done.step.address);
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

bool has_own_rollback(const Resource& resource) {
  return stand_in_for(resource, Verb::rollback) != nullptr || resource.inputs.find("rollback") != nullptr;
}

bool keeps_some(const Undo& undo, const Plan& plan, const std::vector<StepNumber>& begun,
                const BatchesOfDeployments& doomed_batches) {
  std::set<std::string_view> homes;
  for (const auto& [batch, deployment] : doomed_batches) homes.insert(deployment);
  std::set<std::string_view> undone;
  for (const Done& done : undo.plan.done) undone.insert(done.step.address);
  return std::ranges::any_of(begun, [&](StepNumber step) {
    const Step& each = plan.steps[step];
    return !undone.contains(each.address) && homes.contains(each.deployment) && !each.temporary && !is_asking(each);
  });
}

}  // namespace verba
