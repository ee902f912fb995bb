// SPDX-License-Identifier: Apache-2.0
// Telling people what became of a run.
#pragma once

#include "cli/planning.h"
#include "run/runner.h"

namespace verba {

/// Sends what `notify` of the deployments of the run and of its environment asks for, one message after another, each
/// in half a minute at most. What cannot be sent is said as a warning; nothing is thrown for it.
void notify(Call&, Desk&, const RunResult&);

}  // namespace verba
