// SPDX-License-Identifier: Apache-2.0
// What tasks take of one another by a name that is known to AWS alone, as stacks import what others export.
#pragma once

#include "base/diagnostic.h"
#include "manifest/model.h"

namespace verba {

/// Whoever takes something needs the task that gives it: adds these needs to the model, as if somebody had written
/// them, as far as `surroundings` tell the names; outputs are not known yet. That two wait for each other is a mistake;
/// other mistakes are found when inputs are evaluated for a plan.
void order_exchanges(Model&, Surroundings surroundings, Diagnostics&);

}  // namespace verba
