// SPDX-License-Identifier: Apache-2.0
// The plan that puts a deployment back to what it had at the end of a past run.
#pragma once

#include "base/diagnostic.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "state/store.h"

namespace verba {

/// Of the one deployment that the goal names: what was not there then is deleted, what is gone is created again, what
/// differs is updated back, all from what was recorded. Needs no manifests and evaluates nothing. Creates and updates
/// follow the needs of then, deletes the needs of now turned round. Throws Error(state) "state.definition" when what
/// was recorded of something is missing.
Plan make_rollback(const Snapshot&, const Goal&, const PlanningAids&, Diagnostics&);

}  // namespace verba
