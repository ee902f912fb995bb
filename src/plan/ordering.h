// SPDX-License-Identifier: Apache-2.0
// The graph of a plan: which step waits for which.
#pragma once

#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "plan/temporary.h"
#include "state/store.h"

namespace verba {

/// Records (by place in the snapshot) that are deleted, and the steps that delete them.
using Removals = std::unordered_map<std::size_t, NodeId>;

/// Steps keep their place; every other node of the model's graph, and every record that stands between deletes, becomes
/// a gate above them. Linear.
Graph order_of_changes(const Model&, const Snapshot&, const std::vector<Step>&, const Removals&, const Cleanings&);

/// Only a delete waits for its users: an update of what stays goes before the delete of what it no longer uses. The
/// delete in a replace waits for those users that go, with all of theirs. `removal`: see removal_order(), of so many
/// `records`; `nodes`: the node of the plan for each of its nodes.
void order_deletes(const Graph& removal, std::size_t records, const std::vector<NodeId>& nodes,
                   const std::vector<Step>& steps, std::vector<Graph::Edge>& edges);

/// Of deletes alone: users first, by what was recorded of their needs.
Graph order_of_deletes(const Snapshot&, const std::vector<Step>&, const Removals&);

}  // namespace verba
