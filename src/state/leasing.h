// SPDX-License-Identifier: Apache-2.0
// The errors of leases, in the same words for every store, and who may be taken over. Private to this folder.
#pragma once

#include <string_view>

#include "state/store.h"

namespace verba {

[[noreturn]] void throw_lease_lost(const Lease&);
/// Something was to be done with the whole state.
[[noreturn]] void throw_not_alone(std::string_view environment, std::string_view deployment);
[[noreturn]] void throw_not_covered(std::string_view environment, std::string_view deployment);

/// Has it expired, or is its owner dead? Only an owner on the host and boot of who asks can be known to be dead: two
/// hosts of one name have different boots.
bool may_be_taken_over(const Holder&, const LeaseRequest&, const IsAlive&);

}  // namespace verba
