// SPDX-License-Identifier: Apache-2.0
#include "run/batches.h"

namespace verba {

Batches::Batches(const Plan& plan) : plan_(plan), failures_(plan.rollouts.size(), 0) {
  for (const Rollout& rollout : plan.rollouts) batches_.emplace_back(rollout.batches);
  for (const Step& step : plan.steps) {
    if (step.rollout) ++batches_[*step.rollout][step.batch - 1].open;
  }
}

std::optional<BatchEnded> Batches::over(StepNumber number, StepStatus status, Instant at) {
  if (number >= plan_.steps.size() || !plan_.steps[number].rollout) return std::nullopt;
  const Step& step = plan_.steps[number];
  Tally& tally = batches_[*step.rollout][step.batch - 1];
  BatchEnded& batch = tally.so_far;
  if (status == StepStatus::succeeded) {
    ++batch.succeeded;
  } else if (status == StepStatus::unchanged) {
    ++batch.unchanged;
  } else if (status == StepStatus::skipped) {
    ++batch.skipped;
  } else {
    ++batch.failed;
    ++failures_[*step.rollout];
  }
  const bool last = --tally.open == 0;
  if (!last || batch.succeeded + batch.unchanged + batch.failed == 0) return std::nullopt;
  const Rollout& rollout = plan_.rollouts[*step.rollout];
  batch.rollout = rollout.address;
  batch.number = step.batch;
  batch.of = rollout.batches;
  batch.failures = failures_[*step.rollout];
  batch.allowed = rollout.max_failures;
  batch.at = at;
  return batch;
}

bool Batches::too_many(std::size_t rollout) const {
  return failures_[rollout] > plan_.rollouts[rollout].max_failures;
}

}  // namespace verba
