// SPDX-License-Identifier: Apache-2.0
// The passes from a plan to what became of it.
#pragma once

#include "cli/planning.h"
#include "run/runner.h"

namespace verba {

/// --parallelism, or 4 for each processor. Throws Error(usage).
std::size_t parallelism_of(Call&);

/// Says what is wrong with --parallelism and its like before anything else is done. Throws Error(usage).
void check_run_flags(Call&);

/// --dry-run, of the commands that have it.
bool is_dry_run(Call&);

/// Without --yes somebody must be there to ask. Throws Error(usage).
void require_answer(Call&);

/// Asks, unless --yes was said; keeps the lease meanwhile. Throws Exit when the answer is no.
void confirm(Call&, Desk&, const Planned&, const HeldLease&);

/// Runs the plan and shows how it goes: live on a terminal, as lines elsewhere, as JSON lines with -o jsonl.
RunResult carry_out(Call&, Desk&, const Planned&, const HeldLease&, Format);

}  // namespace verba
