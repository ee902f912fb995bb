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

/// The steps of one deployment.
struct Here {
  std::vector<std::size_t> all;
  std::array<std::vector<std::size_t>, 3> by_policy;         ///< by what their failure leads to
  std::map<std::size_t, std::vector<std::size_t>> rollouts;  ///< those of which some may fail
};

void tell_undone(const Plan& plan, std::size_t number, Consequence& consequence) {
  const Step& step = plan.steps[number];
  const bool only_repaired = step.repairs && step.changes.empty();
  if (step.temporary || only_repaired || is_asking(step)) return;
  (step.undoable ? consequence.undone : consequence.stay).push_back(number);
}

/// What earlier runs did is undone with it; what this run does to the same things as well has been told.
void tell_carried(const Plan& plan, std::set<std::string_view>& deployments, Consequence& consequence) {
  const std::vector<Done>& carried = plan.carried_by(consequence.whole_run);
  if (carried.empty()) return;
  std::set<std::string_view> told;
  for (const Step& step : plan.steps) told.insert(step.address);
  for (std::size_t i = 0; i < carried.size(); ++i) {
    const Step& step = carried[i].step;
    if (consequence.whole_run) deployments.insert(step.deployment);
    if (deployments.contains(step.deployment) && !told.contains(step.address)) consequence.carried.push_back(i);
  }
}

/// `steps`: what is undone, unless it is all that the run did.
Consequence rolled_back(const Plan& plan, const Model& model, std::vector<std::size_t> steps, bool whole_run) {
  Consequence consequence;
  consequence.whole_run = whole_run;
  if (whole_run) {
    steps.resize(plan.steps.size());
    std::iota(steps.begin(), steps.end(), 0);
  }
  std::set<std::string_view> deployments;
  for (const std::size_t step : steps) {
    tell_undone(plan, step, consequence);
    deployments.insert(plan.steps[step].deployment);
  }
  tell_carried(plan, deployments, consequence);
  for (const std::string_view deployment : deployments) {
    const auto id = model.deployment(deployment);
    if (!id) continue;
    for (const TaskId task : model.deployments[*id].on(Occasion::rollback)) {
      consequence.by.push_back(model.tasks[task].address);
    }
  }
  return consequence;
}

std::map<std::string_view, Here> by_deployment(const Plan& plan, const Model& model) {
  std::map<std::string_view, Here> deployments;
  for (std::size_t number = 0; number < plan.steps.size(); ++number) {
    const Step& step = plan.steps[number];
    const bool only_forgotten = step.action == Action::remove && step.only_recorded;
    if (is_cleaning(step) || only_forgotten) continue;  // cannot fail
    Here& here = deployments[step.deployment];
    here.all.push_back(number);
    if (step.rollout) {
      here.rollouts[*step.rollout].push_back(number);
    } else {
      here.by_policy[static_cast<std::size_t>(policy_of(plan, step, model))].push_back(number);
    }
  }
  return deployments;
}

/// When more of its instances fail than may.
Consequence of_rollout(const Plan& plan, std::size_t rollout, const std::vector<std::size_t>& steps,
                       const Model& model) {
  const Step& first = plan.steps[steps.front()];
  const OnFailure policy = policy_of(plan, first, model);
  Consequence consequence;
  if (policy == OnFailure::rollback) {
    const bool whole_run = is_whole_run(model, first.deployment);
    consequence = rolled_back(plan, model, steps, whole_run);
    if (!whole_run) {  // the batch alone
      consequence.by.clear();
      consequence.carried.clear();
    }
  }
  consequence.deployment = first.deployment;
  consequence.policy = policy;
  consequence.rollout = rollout;
  return consequence;
}

}  // namespace

bool is_whole_run(const Model& model, std::string_view deployment) {
  const auto id = model.deployment(deployment);
  return id && model.deployments[*id].rollback.whole_run;
}

OnFailure policy_of(const Plan& plan, const Step& step, const Model& model) {
  if (is_cleaning(step) || plan.undoes()) return OnFailure::keep_going;
  if (plan.goal.on_failure) return *plan.goal.on_failure;
  if (plan.goal.kind != Goal::Kind::apply) return OnFailure::keep_going;  // a destroy is not undone by deploying
  return step.task ? model.tasks[*step.task].on_failure : OnFailure::stop;
}

std::vector<Consequence> consequences_of(const Plan& plan, const Model& model) {
  std::vector<Consequence> all;
  if (plan.goal.kind != Goal::Kind::apply) return all;
  for (const auto& [deployment, here] : by_deployment(plan, model)) {
    const auto kinds = std::ranges::count_if(here.by_policy, [](const auto& some) { return !some.empty(); });
    const bool told_apart = kinds > 1 || !here.rollouts.empty();
    for (const OnFailure policy : {OnFailure::rollback, OnFailure::stop, OnFailure::keep_going}) {
      const std::vector<std::size_t>& some = here.by_policy[static_cast<std::size_t>(policy)];
      if (some.empty()) continue;
      Consequence consequence;
      if (policy == OnFailure::rollback)
        consequence = rolled_back(plan, model, here.all, is_whole_run(model, deployment));
      consequence.deployment = deployment;
      consequence.policy = policy;
      for (const std::size_t step : told_apart ? some : std::vector<std::size_t>()) {
        consequence.of.push_back(plan.steps[step].address);
      }
      all.push_back(std::move(consequence));
    }
    for (const auto& [rollout, steps] : here.rollouts) all.push_back(of_rollout(plan, rollout, steps, model));
  }
  return all;
}

}  // namespace verba
