// SPDX-License-Identifier: Apache-2.0
// Is what is recorded as it is wanted? If not, what brings it about, and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifest/model.h"
#include "plan/inputs.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "state/store.h"

namespace verba {

/// Members as those of Step.
struct Decision {
  Action action = Action::update;
  std::string reason;
  std::vector<FieldChange> changes;
  bool repairs = false;
  bool drifted = false;
};

/// Of a task that is recorded; nothing: it is as wanted. `missed`: somebody reads its outputs, and nobody knows them.
/// Throws Error(state) when what is recorded cannot be read.
std::optional<Decision> decide(const Model&, TaskId, const Record&, const Inputs& wanted, bool missed,
                               const PlanningAids&);

/// The fields that differ between what is recorded (null: nothing is) and what is wanted; contents of files too. A
/// replace makes room for it, which may never have been finished: then it is compared with what was begun. Throws as
/// above.
std::vector<FieldChange> changes_since(const Record*, Action, const Inputs& wanted, const PlanningAids&);

}  // namespace verba
