// SPDX-License-Identifier: Apache-2.0
// Plans that go back: to what a deployment had at the end of a past run, or to where a run that failed began.
#pragma once

#include "base/diagnostic.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "state/store.h"

namespace verba {

/// Of the one deployment that the goal names: what was not there then is deleted, what is gone is created again, what
/// differs is updated back, all from what was recorded. Needs no manifests and evaluates nothing. Creates and updates
/// follow the needs of then, deletes the needs of now turned round. Throws Error(state) "state.definition" when what
/// was recorded of something is missing. Creates and updates of tasks with `rollout` come in batches, by what was last
/// recorded of it.
Plan make_rollback(const Snapshot&, const Goal&, const PlanningAids&, Diagnostics&);

/// Goes on with the undoing that the run of Goal::undoes had begun, and deletes what is temporary and left over there.
/// The model says what rollback.tasks there are; nothing else of it is asked for. Throws as above.
Plan make_undoing(const Model&, const Snapshot&, const Goal&, const PlanningAids&);

}  // namespace verba
