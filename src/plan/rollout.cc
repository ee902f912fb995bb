// SPDX-License-Identifier: Apache-2.0
#include "plan/rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace verba {
namespace {

constexpr std::size_t kShownSteps = 20;

/// The task that the step is an instance of, when that is rolled out.
const Task* rolled_out(const Step& step, const Model& model) {
  const Task* task = step.task ? &model.tasks[*step.task] : nullptr;
  return task && task->rollout ? task : nullptr;
}

std::string in_batch(const Plan& plan, const Step& step) {
  return step.rollout
             ? fmt::format("{} in batch {} of {}", step.address, step.batch, plan.rollouts[*step.rollout].batches)
             : step.address;
}

/// Why one step of a circle waits for the next one.
Frame edge_of(const Plan& plan, const Model& model, const Step& from, const Step& to) {
  const Where rollout = from.rollout && from.task ? model.tasks[*from.task].rollout->where : Where{};
  if (from.rollout && from.rollout == to.rollout && from.batch > to.batch) {
    return {fmt::format("{} comes after {}", in_batch(plan, from), in_batch(plan, to)), rollout};
  }
  return {fmt::format("{} needs {}", from.address, to.address), from.task ? model.tasks[*from.task].where : Where{}};
}

void report_circle(const Plan& plan, const Model& model, const std::vector<NodeId>& circle, Diagnostics& diagnostics) {
  std::vector<const Step*> steps;
  for (const NodeId node : circle) {
    if (node < plan.steps.size()) steps.push_back(&plan.steps[node]);
  }
  if (steps.empty()) return;
  Diagnostic finding{
      Severity::error, "plan.batch-cycle", "with these batches some wait for each other: ", {}, {}, {}, {}};
  for (std::size_t i = 0; i < steps.size() && i < kShownSteps; ++i) {
    const Step& next = *steps[(i + 1) % steps.size()];
    finding.message += steps[i]->address + " -> ";
    finding.related.push_back(edge_of(plan, model, *steps[i], next));
    if (!finding.where && steps[i]->rollout && steps[i]->task)
      finding.where = model.tasks[*steps[i]->task].rollout->where;
  }
  if (steps.size() > kShownSteps) finding.message += fmt::format("({} more) -> ", steps.size() - kShownSteps);
  finding.message += steps.front()->address;
  finding.hint = "name the instances in the order in which they need each other, or make the batches larger";
  diagnostics.add(std::move(finding));
}

/// Puts one step after the other into the batches of its task.
class Cutting {
 public:
  explicit Cutting(Plan& plan) : plan_(plan) {}

  void add(Step& step, const RolloutRules& rules) {
    const std::string address = step.address.substr(0, step.address.find('['));
    const auto [rollout, is_new] = known_.emplace(address, plan_.rollouts.size());
    if (is_new) {
      plan_.rollouts.push_back({address, rules.batch, rules.max_failures, 0});
      steps_.push_back(0);
    }
    Rollout& of = plan_.rollouts[rollout->second];
    step.rollout = rollout->second;
    step.batch = steps_[rollout->second]++ / of.batch + 1;
    of.batches = step.batch;
  }

 private:
  Plan& plan_;
  std::unordered_map<std::string, std::size_t> known_;
  std::vector<std::size_t> steps_;  ///< of each rollout
};

}  // namespace

void cut_into_batches(Plan& plan, const Model& model) {
  Cutting cutting(plan);
  for (Step& step : plan.steps) {
    if (const Task* task = rolled_out(step, model)) cutting.add(step, *task->rollout);
  }
}

void cut_into_batches(Plan& plan, const std::map<std::string, RolloutRules>& rollouts) {
  if (rollouts.empty()) return;
  Cutting cutting(plan);
  for (const NodeId node : order(plan.graph)) {
    if (node >= plan.steps.size() || !plan.steps[node].restores) continue;
    const auto rules = rollouts.find(plan.steps[node].address);
    if (rules != rollouts.end()) cutting.add(plan.steps[node], rules->second);
  }
}

void order_batches(Plan& plan, const Model& model, Diagnostics& diagnostics) {
  const bool any = std::ranges::any_of(plan.rollouts, [](const Rollout& rollout) { return rollout.batches > 1; });
  if (!any) return;
  auto next = static_cast<NodeId>(plan.graph.size());
  plan.first_batch_gate = next;
  std::vector<Graph::Edge> edges = edges_of(plan.graph);
  std::vector<NodeId> first_gates;  // of each rollout: the gate after its first batch
  for (const Rollout& rollout : plan.rollouts) {
    first_gates.push_back(next);
    for (std::size_t batch = 2; batch < rollout.batches; ++batch)
      edges.emplace_back(next + batch - 1, next + batch - 2);
    next += static_cast<NodeId>(rollout.batches - 1);
  }
  for (NodeId node = 0; node < plan.steps.size(); ++node) {
    const Step& step = plan.steps[node];
    if (!step.rollout) continue;
    const auto after = static_cast<NodeId>(first_gates[*step.rollout] + step.batch - 1);
    if (step.batch < plan.rollouts[*step.rollout].batches) edges.emplace_back(after, node);
    if (step.batch > 1) edges.emplace_back(node, after - 1);
  }
  plan.graph = Graph(next, std::move(edges));
  if (const std::vector<NodeId> circle = find_cycle(plan.graph); !circle.empty()) {
    report_circle(plan, model, circle, diagnostics);
  }
}

std::vector<std::string> spared(const Plan& plan, const std::vector<std::string>& accounts) {
  std::vector<std::set<std::string_view>> missed(plan.rollouts.size());
  std::set<std::string_view> needed;
  for (const Step& step : plan.steps) {
    if (std::ranges::find(accounts, step.account) == accounts.end()) continue;
    step.rollout ? missed[*step.rollout].insert(step.account) : needed.insert(step.account);
  }
  for (std::size_t i = 0; i < missed.size(); ++i) {
    if (missed[i].size() > plan.rollouts[i].max_failures) needed.insert(missed[i].begin(), missed[i].end());
  }
  std::vector<std::string> others;
  std::ranges::copy_if(accounts, std::back_inserter(others),
                       [&](const std::string& account) { return !needed.contains(account); });
  return others;
}

std::vector<bool> built_on(const Plan& plan, const std::vector<NodeId>& nodes) {
  std::vector<bool> marked(plan.graph.size(), false);
  std::vector<NodeId> open;
  const auto mark = [&](NodeId node) {
    if (node >= plan.first_batch_gate || marked[node]) return;
    marked[node] = true;
    open.push_back(node);
  };
  for (const NodeId node : nodes) mark(node);
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    for (const NodeId user : plan.graph.users(next)) mark(user);
  }
  return marked;
}

}  // namespace verba
