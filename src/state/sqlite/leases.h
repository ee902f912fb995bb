// SPDX-License-Identifier: Apache-2.0
// Leases in SQLite. Private to this folder. Those that write: inside a WriteTransaction.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "state/sqlite/database.h"
#include "state/store.h"

namespace verba {

/// Throws Error(locked) "state.lease-lost" unless the lease is still there.
void require_lease(Database&, const Lease&);
/// Throws Error(locked) "state.not-covered" unless the lease covers that deployment.
void require_covered(Database&, const Lease&, const std::string& environment, std::string_view deployment);

std::variant<Lease, Holder> acquire_lease(Database&, const LeaseRequest&, const IsAlive&);
void renew_lease(Database&, const Lease&, Instant now, Milliseconds length);
void release_lease(Database&, const Lease&);
bool revoke_lease(Database&, const std::string& environment, std::int64_t fence, Instant now);
std::vector<Holder> list_leases(Database&, const std::string& environment);

}  // namespace verba
