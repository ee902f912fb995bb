// SPDX-License-Identifier: Apache-2.0
// Temporary tasks: made for a run because a task that needs them has something to do, and deleted when that is done.
//
// Between runs they are not there and nobody misses them. What such a task had when it was last there is remembered
// (Lifetime::over), so that those who read its outputs compare as if it were. The deletes are the last steps of a plan:
// each waits for the users of its thing, however they end. What failed or was stopped does not block it.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "plan/targets.h"
#include "state/store.h"

namespace verba {

/// For each task that is called up, a task that needs it: one that `changes`, or one that is itself called up. What
/// asks people is called up by anything behind it, through deployments and what is kept. Linear.
std::vector<std::optional<TaskId>> needed_temporaries(const Model& model, const std::vector<bool>& changes);

/// A temporary task, and the step that deletes it.
using Cleanings = std::unordered_map<TaskId, NodeId>;
/// Each is deleted after its users; of two that are temporary, the user first. Where a failure would undo the users,
/// that needs it, too: unless `at_once` it is then deleted after all of their deployments. `of_model`: from the nodes
/// of the model's graph to those of the plan's.
void order_cleaning(const Model& model, const Cleanings& cleanings, const std::vector<NodeId>& of_model, bool at_once,
                    std::vector<Graph::Edge>& edges);

/// What need not be remembered any more once this plan to destroy is carried out: that of deployments of which nothing
/// stays.
std::vector<Record> forgotten_after(const Plan& plan, const Snapshot& snapshot);

/// Of the targets, the records that have expired (`--ttl`) and that nothing needs which lasts: warnings tell of the
/// others that have. Linear.
std::vector<std::size_t> expired_records(const Snapshot& snapshot, const Targets& targets, Instant now,
                                         Diagnostics& diagnostics);

/// Is --ttl said for it? It is for what is named, and for what comes along with a deployment of which nothing was
/// there: what others may rely on already lasts as long as it did. `before`: of the run.
bool is_for_a_while(const Goal&, const Snapshot& before, const std::string& deployment, const std::string& address);

/// What --ttl makes of a record: it expires that long after `now`; 0: it lasts.
void let_expire(Record& record, Milliseconds ttl, Instant now);

/// Is this the delete of a temporary thing?
inline bool is_cleaning(const Step& step) {
  return step.temporary && step.action == Action::remove;
}
/// They are the last steps of a plan: from this one on.
StepNumber first_cleaning(const Plan& plan);
/// Node k is the cleaning step first_cleaning() + k; who needs whom among them.
Graph cleaning_graph(const Plan& plan);

}  // namespace verba
