// SPDX-License-Identifier: Apache-2.0
// How a run ended, from how its steps did.
#pragma once

#include <vector>

#include "plan/plan.h"
#include "plan/undo.h"
#include "state/store.h"

namespace verba {

/// Borrows all.
struct Ending {
  const Plan& plan;
  const std::vector<StepStatus>& statuses;  ///< of the plan's steps, then of those that undo
  const Undo* undo;                         ///< null: nothing was undone
  const std::vector<StepNumber>& begun;
  const BatchesOfDeployments& doomed_batches;
  bool stopped;      ///< the person asked for it
  bool undo_is_due;  ///< and that kept an undoing from beginning
};
RunStatus status_of(const Ending&);

}  // namespace verba
