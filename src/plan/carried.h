// SPDX-License-Identifier: Apache-2.0
// What earlier runs did and nobody has undone: what a killed or stopped run began is part of the run that goes on with
// it, and so is undone with it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "plan/moves.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "state/store.h"

namespace verba {

/// Is it a step that undoes another?
bool is_undoing(const StepRecord&);

/// What a run has to do with the next one that changed a deployment: nothing; it was killed or stopped, and the next
/// one went on with it; or it came to an end of its own there.
enum class Part : std::uint8_t { none, of_the_next, an_end };
Part part_in(const std::string& deployment, const Run&, Store&, const NamesOfToday& names_of_then);

/// Fills in Plan::carried and carried_whole, and locks the deployments of the latter: with `scope: run`, what the runs
/// did that this one goes on with may have to be undone where this one does nothing. REQUIRES: its steps and locks are
/// there. Looks at the last 100 runs of the environment. Throws Error(state) "state.definition" when what was recorded
/// of something is missing.
void note_carried(Plan&, const Model&, const Snapshot& now, const std::vector<Move>& moves, const PlanningAids&);
/// With no step to do, all that was done before is as wanted, whatever broke off the runs that did it: see
/// Plan::concludes.
void conclude(Plan&, const Snapshot& now, const std::vector<Move>& moves, const PlanningAids&);

/// What a run that was undoing has left of that.
struct Left {
  std::vector<Done> done;         ///< not undone yet, by it or by who went on with it; the first begun first
  std::set<std::string> led;      ///< deployments in which rollback.tasks do the undoing
  std::set<std::string> leaders;  ///< addresses of those that have acted
};
Left left_by(const Run&, const Snapshot& now, const PlanningAids&);

}  // namespace verba
