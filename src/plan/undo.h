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
#include "manifest/resource.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

/// The undoing of some steps. `plan` is the plan with a step added for each, and for each of rollback.tasks; `graph`
/// orders those and the deletes of what is temporary. What was done last, as far as the needs tell, is undone first; a
/// temporary thing is deleted between its users and what it needs. Where a deployment has rollback.tasks they come
/// before its steps, which are only recorded.
struct Undo {
  Plan plan;
  StepNumber first = 0;  ///< of the steps that were added
  Graph graph;
  std::vector<StepNumber> steps;       ///< of the first nodes; those above are gates
  std::vector<std::uint64_t> urgency;  ///< of each node: later beginnings go first
};

/// What is to be undone.
struct Undoing {
  const Plan& plan;                   ///< of which
  std::vector<StepNumber> begun;      ///< these steps, in the order in which they began
  std::vector<Done> carried;          ///< and before them these
  std::vector<StepNumber> cleanings;  ///< deletes of temporary things that are still to be done
  std::set<std::string> whole;        ///< deployments of which all is undone; only there are rollback.tasks done
  std::set<std::string> acted;        ///< addresses of rollback.tasks that have acted already
  const Snapshot& then;               ///< what was recorded when the plan was made
  const Snapshot& now;                ///< and now
};
Undo undo_of(const Undoing&, const Model&);

/// Batches of rollouts, by rollout and batch, and the deployment of each.
using BatchesOfDeployments = std::map<std::pair<std::size_t, std::size_t>, std::string>;

/// What is to be undone, in the order in which it `begun`: all in doomed deployments; and what is in doomed batches,
/// with what was built upon those where they are. Not what is in doubt, temporary, or asks.
std::vector<StepNumber> steps_to_undo(const Plan&, const std::vector<StepNumber>& begun,
                                      const std::vector<StepStatus>& statuses, const std::set<std::string>& doomed,
                                      const BatchesOfDeployments& doomed_batches);
/// What would be deleted by the undoing, by address, and who needs it that stays: that is not undone. `now`: what is
/// recorded.
std::map<std::string, std::string> needed_by_others(const std::vector<Done>&, const Snapshot& now);
/// Does it say itself how it is undone?
bool has_own_rollback(const Resource&);
/// Does anything of the run stay where a batch was undone?
bool keeps_some(const Undo&, const Plan&, const std::vector<StepNumber>& begun,
                const BatchesOfDeployments& doomed_batches);

}  // namespace verba
