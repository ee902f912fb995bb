// SPDX-License-Identifier: Apache-2.0
// Where state is, its key, and who we are to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// --state, or .verba/state.db in the first location (a directory) or beside it (a file); here when it is fetched.
std::string state_path(Call&, const std::vector<Location>&);
/// For commands that only look at state: manifests need not be there when .verba/state.db is.
std::string state_path(Call&);

/// With the key that seals secrets (cli/state_key.h). `make` writes a new one when its file is not there; else one that
/// lives as long as the program stands in for it (nothing can be sealed with it yet).
enum class KeyUse { make, look };
Sealer open_sealer(Call&, Store&, const std::string& state_path, KeyUse);

/// -e, or the only environment that has anything deployed. Throws Error(usage) that lists them.
std::string deployed_environment(Call&, Store&);

/// The run of this number, or the "last" one (of -e, when that was said). Throws Error(usage) when there is none.
Run find_run(Call&, Store&, const std::string& word);

Owner owner_of(System&);
IsAlive alive_on(System&);

/// A lease that is given back when this goes away.
class HeldLease {
 public:
  HeldLease(Store& store, Lease lease) : store_(&store), lease_(std::move(lease)) {}
  HeldLease(HeldLease&& other) noexcept
      : store_(std::exchange(other.store_, nullptr)), lease_(std::move(other.lease_)) {}
  HeldLease& operator=(HeldLease&& other) noexcept;
  ~HeldLease();
  const Lease& lease() const { return lease_; }

 private:
  void release() noexcept;
  Store* store_;
  Lease lease_;
};

/// Takes back the locks of processes that are gone, and of those that slept too long: their runs are `interrupted`.
void end_dead_runs(Call&, Store&, const std::string& environment);

/// Locks deployments (sorted) of an environment; waits for others as long as --lock-timeout says, then throws
/// Error(locked) that names who holds it.
HeldLease lock(Call&, Store&, const std::string& environment, const std::vector<std::string>& deployments,
               const std::string& reason);

/// Puts a question on the terminal and waits for the answer; nothing at the end of the input. The lease is kept alive
/// meanwhile, and is ours when it returns: throws Error(locked) when it was lost.
std::optional<std::string> ask(Call&, Store&, const HeldLease&, const std::string& question);

}  // namespace verba
