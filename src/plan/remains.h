// SPDX-License-Identifier: Apache-2.0
// What steps that were broken off or failed may have left: other things, as replaces do under other names, and of the
// same thing what was not wanted before and is not wanted now. It is recorded with what is pending
// (Definition::remains), from step to step, until one comes to its good end.
#pragma once

#include <optional>
#include <vector>

#include "plan/definition.h"
#include "provider/provider.h"
#include "state/store.h"

namespace verba {

/// What was begun on what is recorded and came to no good end since, the first of it first.
std::vector<Definition> begun_on(const Record&, Store&, const Sealer&);

/// Those of `begun` that may have left what neither `next`, which is begun now, nor `good`, which is recorded beside
/// it, nor a later one would make. They have to stay known.
std::vector<Definition> remains_beside(const Definition& next, const std::optional<Definition>& good,
                                       const std::vector<Definition>& begun, const Providers&);

}  // namespace verba
