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

/// update.tasks bring it about: the step only records it.
bool is_brought_about(const Step&);
/// Acts in the place of others: of update.tasks or, where they act, of delete.tasks.
bool leads_others(const Step&);
/// What `leader` and those beside it bring about or delete: ascending.
std::vector<StepNumber> steps_led_by(const Step& leader, const Plan&);
/// Where more is undone than update.tasks brought about, what those have done is no longer what there is: their
/// records, to be forgotten, so that whoever deploys it next runs them again. `now`: what is recorded.
std::vector<Record> updates_no_longer_done(const std::vector<Done>& to_undo, const Model&, const Snapshot& now);

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
