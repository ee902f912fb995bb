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

/// What was done in these deployments by all runs that an apply to them goes on with: those that were killed or stopped
/// on the way, since one came to its end there, found nothing to do, or was to destroy or go back. In the order in
/// which it began; not what is temporary or asks, and not what may still be at work. Looks at the last 100 runs of the
/// environment. Throws Error(state) "state.definition" when what was recorded of something is missing. What has moved
/// since is told by its name of today; `moves`: of the plan.
std::vector<Done> carried_over(const std::set<std::string>& deployments, const Snapshot& now,
                               const std::vector<Move>& moves, const PlanningAids&);
/// The same in all deployments, also in those of which one of these runs had finished its part: with `scope: run` it
/// would have been undone there, too.
std::vector<Done> carried_over_whole(const Snapshot& now, const std::vector<Move>& moves, const PlanningAids&);

/// What a run that was undoing has left of that. The model says how far that goes.
struct Left {
  std::vector<Done> done;         ///< not undone yet, by it or by who went on with it; as above
  std::set<std::string> led;      ///< deployments in which rollback.tasks do the undoing
  std::set<std::string> leaders;  ///< addresses of those that have acted
};
Left left_by(const Run&, const Snapshot& now, const Model&, const PlanningAids&);

}  // namespace verba
