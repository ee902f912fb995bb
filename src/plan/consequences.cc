// SPDX-License-Identifier: Apache-2.0
#include "plan/consequences.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include "plan/temporary.h"

namespace verba {
namespace {

/// The steps of one deployment, by what their failure leads to.
using ByPolicy = std::array<std::vector<std::size_t>, 3>;

bool is_whole_run(const Model& model, std::string_view deployment) {
  const auto id = model.deployment(deployment);
  return id && model.deployments[*id].rollback.whole_run;
}

void tell_undone(const Plan& plan, std::size_t number, Consequence& consequence) {
  const Step& step = plan.steps[number];
  const bool only_repaired = step.repairs && step.changes.empty();
  if (step.temporary || only_repaired || is_asking(step)) return;
  (step.undoable ? consequence.undone : consequence.stay).push_back(number);
}

Consequence rolled_back(const Plan& plan, const Model& model, const ByPolicy& here, bool whole_run) {
  Consequence consequence;
  consequence.whole_run = whole_run;
  std::vector<std::size_t> steps;
  for (const auto& some : here) steps.insert(steps.end(), some.begin(), some.end());
  std::ranges::sort(steps);
  if (whole_run) {
    steps.resize(plan.steps.size());
    std::iota(steps.begin(), steps.end(), 0);
  }
  std::set<std::string_view> deployments;
  for (const std::size_t step : steps) {
    tell_undone(plan, step, consequence);
    deployments.insert(plan.steps[step].deployment);
  }
  for (const std::string_view deployment : deployments) {
    const auto id = model.deployment(deployment);
    if (!id) continue;
    for (const TaskId task : model.deployments[*id].on(Occasion::rollback)) {
      consequence.by.push_back(model.tasks[task].address);
    }
  }
  return consequence;
}

}  // namespace

OnFailure policy_of(const Plan& plan, const Step& step, const Model& model) {
  if (is_cleaning(step)) return OnFailure::keep_going;
  if (plan.goal.on_failure) return *plan.goal.on_failure;
  if (plan.goal.kind != Goal::Kind::apply) return OnFailure::keep_going;  // a destroy is not undone by deploying
  return step.task ? model.tasks[*step.task].on_failure : OnFailure::stop;
}

std::vector<Consequence> consequences_of(const Plan& plan, const Model& model) {
  std::vector<Consequence> all;
  if (plan.goal.kind != Goal::Kind::apply) return all;
  std::map<std::string_view, ByPolicy> deployments;
  for (std::size_t number = 0; number < plan.steps.size(); ++number) {
    const Step& step = plan.steps[number];
    if (is_cleaning(step)) continue;
    deployments[step.deployment][static_cast<std::size_t>(policy_of(plan, step, model))].push_back(number);
  }
  for (const auto& [deployment, steps] : deployments) {
    const auto kinds = std::ranges::count_if(steps, [](const auto& some) { return !some.empty(); });
    for (const OnFailure policy : {OnFailure::rollback, OnFailure::stop, OnFailure::keep_going}) {
      const std::vector<std::size_t>& some = steps[static_cast<std::size_t>(policy)];
      if (some.empty()) continue;
      Consequence consequence;
      if (policy == OnFailure::rollback) consequence = rolled_back(plan, model, steps, is_whole_run(model, deployment));
      consequence.deployment = deployment;
      consequence.policy = policy;
      for (const std::size_t step : kinds > 1 ? some : std::vector<std::size_t>()) {
        consequence.of.push_back(plan.steps[step].address);
      }
      all.push_back(std::move(consequence));
    }
  }
  return all;
}

}  // namespace verba
