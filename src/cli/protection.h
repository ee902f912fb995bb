// SPDX-License-Identifier: Apache-2.0
// What an environment's protection asks of the person.
#pragma once

#include <string>

#include "cli/planning.h"

namespace verba {

/// In a freeze nothing is changed, unless --override-freeze says why: prints which one it is and throws Exit.
void require_no_freeze(Call&, Desk&);

/// Where `confirm` is set and the plan deletes something, the environment's name must be given: typed, --yes or not, or
/// by --confirm. False when there is nothing to confirm. Keeps the lease meanwhile; throws Exit or Error(usage) when it
/// is not given.
bool confirm_by_name(Call&, Desk&, const Planned&, const HeldLease&);

/// --reason, and why a freeze was overridden.
std::string reason_of(Call&);

}  // namespace verba
