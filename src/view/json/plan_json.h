// SPDX-License-Identifier: Apache-2.0
// A plan, for programs. The names are written down in docs/manual/json.md and do not change.
#pragma once

#include "plan/plan.h"
#include "value/value.h"

namespace verba {

/// {environment, goal, summary, steps, kept, orphans, serial}. Secrets are marked: whatever prints it shows "***".
Value plan_value(const Plan&);

/// The goal alone: {kind, targets, prune}.
Value goal_value(const Goal&);

}  // namespace verba
