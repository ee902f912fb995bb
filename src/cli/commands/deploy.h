// SPDX-License-Identifier: Apache-2.0
// What the commands that run a plan share: apply, destroy, rollback, resume, gc.
#pragma once

#include <optional>

#include "cli/command.h"
#include "cli/plan_file.h"
#include "cli/planning.h"

namespace verba {

/// From a goal to what became of it: plans, locks, shows, asks, runs. Gives the exit code. `file`: the plan file that
/// was asked for. --dry-run ends with the plan.
int deploy(Call&, Desk&, const Goal&, const std::optional<PlanFile>& file);

}  // namespace verba
