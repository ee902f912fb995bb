// SPDX-License-Identifier: Apache-2.0
#include "run/fallout.h"

#include <algorithm>
#include <iterator>

#include "plan/consequences.h"

namespace verba {

bool Fallout::add(const Step& failed, StepStatus status) {
  const OnFailure policy = policy_of(plan_, failed, model_);
  if (policy == OnFailure::keep_going) return false;
  bool any_new = stopped_.insert(failed.deployment).second;
  // What is in doubt may still be at work: nothing is undone beside it.
  if (policy != OnFailure::rollback || status == StepStatus::in_doubt) return any_new;
  const RollbackRules& rules = rules_of(failed);
  delay_ = std::max(delay_, rules.delay);
  if (failed.rollout && !rules.whole_run) {
    doomed_batches_.emplace(std::pair(*failed.rollout, failed.batch), failed.deployment);
  } else {
    doomed_.insert(failed.deployment);
  }
  if (!rules.whole_run) return any_new;
  dooms_whole_run_ = true;
  for (const Step& step : plan_.steps) {
    any_new = stopped_.insert(step.deployment).second || any_new;
    doomed_.insert(step.deployment);
  }
  for (const Done& done : plan_.carried_whole) doomed_.insert(done.step.deployment);
  return any_new;
}

std::vector<Done> Fallout::carried() const {
  std::vector<Done> carried;
  std::ranges::copy_if(plan_.carried_by(dooms_whole_run_), std::back_inserter(carried),
                       [&](const Done& done) { return doomed_.contains(done.step.deployment); });
  return carried;
}

const RollbackRules& Fallout::rules_of(const Step& step) const {
  static const RollbackRules usual;
  const auto deployment = model_.deployment(step.deployment);
  return deployment ? model_.deployments[*deployment].rollback : usual;
}

}  // namespace verba
