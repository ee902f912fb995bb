// SPDX-License-Identifier: Apache-2.0
// A plan, for programs. The names are written down in docs/manual/json.md and do not change.
#pragma once

#include <optional>

#include "plan/plan.h"
#include "value/value.h"

namespace verba {

/// {environment, goal, summary, steps, kept, orphans, serial}. Secrets are marked: whatever prints it shows "***".
Value plan_value(const Plan&);

List texts(const std::vector<std::string>&);

/// The goal alone: {kind, targets, prune, refresh, preview, ttl, to}.
Value goal_value(const Goal&);
/// Reads back what goal_value() wrote; nothing when it is something else.
std::optional<Goal> goal_from(const Value&);

}  // namespace verba
