// SPDX-License-Identifier: Apache-2.0
// Plans of deletes alone, from what is recorded: users first.
#pragma once

#include "base/diagnostic.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "state/store.h"

namespace verba {

/// All that is recorded; or the targets, and what needs them. The model says what targets mean.
Plan make_destroy(const Model&, const Snapshot&, const Goal&, const PlanningAids&, Diagnostics&);

/// What is temporary and was left over, and what has expired: of the targets, when there are some.
Plan make_clean(const Model&, const Snapshot&, const Goal&, const PlanningAids&, Diagnostics&);

}  // namespace verba
