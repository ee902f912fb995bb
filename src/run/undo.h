// SPDX-License-Identifier: Apache-2.0
// What has to be undone after a failure, and in which order.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

/// The undoing of some steps of a plan. `plan` is the plan with a step added for each, and for each of rollback.tasks;
/// `graph` orders those: node k is step `first` + k, nodes above are gates. What was done last, as far as the graph
/// tells, is undone first. Where a deployment has rollback.tasks they come before its steps, which are only recorded.
struct Undo {
  Plan plan;
  StepNumber first = 0;
  Graph graph;
  std::vector<std::uint64_t> urgency;  ///< of each node: later beginnings go first
};

/// `begun`: the steps to undo, in the order in which they began. `whole`: deployments of which all is undone; only
/// there are rollback.tasks done.
Undo undo_of(const Plan& plan, const std::vector<StepNumber>& begun, const Model&, const std::set<std::string>& whole);

}  // namespace verba
