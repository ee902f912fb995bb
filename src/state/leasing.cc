// SPDX-License-Identifier: Apache-2.0
#include "state/leasing.h"

#include <fmt/format.h>

#include "base/error.h"

namespace verba {

void throw_lease_lost(const Lease& lease) {
  throw Error(Error::Kind::locked, "state.lease-lost",
              fmt::format("the lease on deployments of '{}' was lost: it had expired and another run took it over, or "
                          "somebody unlocked it",
                          lease.environment),
              "nothing more was written; see `verba status`, then run it again");
}

void throw_not_alone(std::string_view environment, std::string_view deployment) {
  throw Error(Error::Kind::locked, "state.locked",
              fmt::format("'{}' of environment '{}' is being worked on", deployment, environment),
              "wait for it to end; this needs the whole state");
}

void throw_not_covered(std::string_view environment, std::string_view deployment) {
  throw Error(Error::Kind::locked, "state.not-covered",
              fmt::format("deployment '{}' of '{}' is not held by this run", deployment, environment));
}

bool may_be_taken_over(const Holder& holder, const LeaseRequest& request, const IsAlive& is_alive) {
  if (holder.expires <= request.now) return true;
  bool known = holder.owner.host == request.owner.host && holder.owner.boot_id == request.owner.boot_id;
  return known && is_alive && !is_alive(holder.owner);
}

}  // namespace verba
