// SPDX-License-Identifier: Apache-2.0
// Tasks that act in the place of others: update.tasks, delete.tasks, rollback.tasks (manifest/occasion.h).
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

/// The steps that delete what delete.tasks recorded act, where the whole of their deployment goes: all else that goes
/// there is then only forgotten, once they have acted. Where not the whole goes, they are themselves only forgotten.
void settle_deletes(Plan&, const Snapshot&);

/// The steps that are done with `acted`, because it is the last of its deployment's delete.tasks: ascending. None when
/// others of them have not acted yet, or when it is none. `statuses`: of the plan's steps.
std::vector<StepNumber> forgotten_with(const Step& acted, const Plan&, const std::vector<StepStatus>& statuses);
/// Was this step the last one that update.tasks brought about in its deployment?
bool is_last_of_update(const Step&, const Plan&, const std::vector<StepStatus>& statuses);

/// The graph with each of `leaders` before all of `group`, and after whatever else the group waits for; the latter only
/// where that makes no circle. Nodes below `steps` are steps. Linear in the graph, and in leaders times those steps; it
/// makes the graph anew, so many deployments that are led cost as often.
Graph led_by(const Graph& graph, std::span<const NodeId> leaders, std::span<const NodeId> group, std::size_t steps);

}  // namespace verba
