// SPDX-License-Identifier: Apache-2.0
// How far the rollouts of a run are: what each batch came to, and how many instances have failed.
#pragma once

#include <optional>
#include <vector>

#include "plan/plan.h"
#include "run/event.h"

namespace verba {

/// Borrows the plan. Steps that are in no batch, and steps that were added to the plan, mean nothing to it.
class Batches {
 public:
  explicit Batches(const Plan& plan);

  /// A step is over, however it ended. What is to be told when it was the last of its batch; nothing of a batch of
  /// which none was begun.
  std::optional<BatchEnded> over(StepNumber step, StepStatus status, Instant at);
  /// Have more failed than may?
  bool too_many(std::size_t rollout) const;

 private:
  struct Tally {
    std::size_t open = 0;  ///< steps that are not over
    BatchEnded so_far;
  };
  const Plan& plan_;
  std::vector<std::vector<Tally>> batches_;  ///< by rollout, then by batch
  std::vector<std::size_t> failures_;        ///< by rollout
};

}  // namespace verba
