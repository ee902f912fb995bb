// SPDX-License-Identifier: Apache-2.0
// What has to be undone after a failure, and in which order.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
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

/// Batches of rollouts, by rollout and batch, and the deployment of each.
using BatchesOfDeployments = std::map<std::pair<std::size_t, std::size_t>, std::string>;

/// What is to be undone, in the order in which it `begun`: all in doomed deployments; and what is in doomed batches,
/// with what was built upon those where they are. Not what is in doubt, temporary, or asks.
std::vector<StepNumber> steps_to_undo(const Plan&, const std::vector<StepNumber>& begun,
                                      const std::vector<StepStatus>& statuses, const std::set<std::string>& doomed,
                                      const BatchesOfDeployments& doomed_batches);
/// What the run made, by address, and who needs it that stays: that is not undone. `now`: what is recorded.
std::map<std::string, std::string> needed_by_others(const Plan&, const std::vector<StepNumber>& to_undo,
                                                    const Snapshot& now);
/// Does anything of the run stay where a batch was undone?
bool keeps_some(const Undo&, const Plan&, const std::vector<StepNumber>& begun,
                const BatchesOfDeployments& doomed_batches);

/// `begun`: the steps to undo, in the order in which they began. `whole`: deployments of which all is undone; only
/// there are rollback.tasks done.
Undo undo_of(const Plan& plan, const std::vector<StepNumber>& begun, const Model&, const std::set<std::string>& whole);

}  // namespace verba
