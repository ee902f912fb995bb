// SPDX-License-Identifier: Apache-2.0
// What an environment's protection, and that of single tasks, says of a plan.
#pragma once

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "plan/planner.h"

namespace verba {

/// Does it delete anything that is meant to last, be it to make a new one?
bool deletes(const Plan&);

/// A diagnostic when the plan deletes something where `allowDelete` is false, and for each protected thing that it
/// would delete or replace. Of what a task of the manifests replaces, the manifests say whether it is protected; of all
/// else, its record. What protects itself (Field::protects) does so as it was deployed.
void check_deletes(const Model&, const Snapshot&, const Plan&, const PlanningAids&, Diagnostics&);

}  // namespace verba
