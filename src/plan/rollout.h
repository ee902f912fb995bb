// SPDX-License-Identifier: Apache-2.0
// Batches: some instances of a task after the others.
//
// Each batch has a gate above the steps: it waits for the steps of the batch and for the gate before, and the steps of
// the next batch wait for it. It is soft: that a step failed or will never be done is as good to it as its end.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/plan.h"

namespace verba {

/// Cuts the steps of tasks with `rollout` into batches, in the order of the plan: fills in Plan::rollouts and what the
/// steps say of them. Linear.
void cut_into_batches(Plan&, const Model&);
/// Likewise of a plan that goes back, whose graph is made: all its steps that restore something and that are told of
/// here, by address, each after those that it needs. So no batches wait for each other.
void cut_into_batches(Plan&, const std::map<std::string, RolloutRules>&);

/// Adds the gates to the plan's graph: an edge or two for each step. Batches that would wait for each other are a
/// diagnostic ("plan.batch-cycle"), and the plan is not to be used.
void order_batches(Plan&, const Model&, Diagnostics&);

/// Of accounts that cannot be got into, those without which the plan can be carried out all the same: they are only
/// asked for by rollouts that let as many fail.
std::vector<std::string> spared(const Plan&, const std::vector<std::string>& accounts);

/// Marks these nodes of the plan's graph and all that needs them; that a batch comes later is no need. Linear.
std::vector<bool> built_on(const Plan&, const std::vector<NodeId>& nodes);

}  // namespace verba
