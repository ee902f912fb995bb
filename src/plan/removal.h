// SPDX-License-Identifier: Apache-2.0
// The order in which recorded things may be deleted.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "manifest/model.h"
#include "state/store.h"

namespace verba {

/// Nodes 0..records-1 are the snapshot's records, in order; above them are gates, one for each deployment that others
/// need as a whole. A node needs those that must be deleted (or changed) before it: its users, as they were recorded
/// when they were deployed. Needs that are no longer recorded are left out. Linear.
/// Throws Error(state) "state.record" when what was recorded cannot be read.
Graph removal_order(const Snapshot& snapshot);

/// By record: the one for which it stays. That is itself where it is not `to_go`, else one that needs it, by way of
/// others too, and is not to go; null: it can go. Linear; throws as above.
std::vector<const Record*> who_keeps(const Snapshot& snapshot, const std::vector<bool>& to_go);

/// What a record of this task says it needs: a JSON list of addresses, and "DEPLOYMENT.*" for the deployments that its
/// own one depends on.
std::string needs_of(const Model& model, TaskId task);

}  // namespace verba
