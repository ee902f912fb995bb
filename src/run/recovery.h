// SPDX-License-Identifier: Apache-2.0
// What became of the steps that were under way when an earlier `verba` died.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "os/system.h"
#include "provider/provider.h"
#include "run/hosts.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// What to take for true where nobody can know whether a step happened.
enum class WhenInDoubt : std::uint8_t { rerun, assume_done };

/// All that recovery works with. Borrowed.
struct RecoveryAids {
  System& system;
  Store& store;
  const Lease& lease;
  const Providers& providers;
  const Sealer& sealer;
  const std::string& scratch_directory;  ///< of the runs
  Hosts& hosts;
  /// Asked for each step in doubt: its address, and why nobody knows. May throw, to leave everything from here on as it
  /// is.
  std::function<WhenInDoubt(const std::string& address, const std::string& why)> decide;
  std::function<void(const std::string& line)> tell;  ///< for the person; masked
};

/// Settles every record of the lease's deployments that says `started`: of runs that died, and of steps that ended in
/// doubt. REQUIRES: the lease is held, so whoever began the step is gone. In this order:
///   1. its process group may be at work still: then it is waited for, so that never a second copy runs beside it.
///      Ctrl-C ends it (TERM, and five seconds later KILL), and what came of it is the last thing that is settled;
///   2. the trace says that it ended by itself: then it is recorded as if we had been there;
///   3. a check (Provider::observe) says how the thing is;
///   4. the trace says that it never began: what was there is as it was before; or that it was ended before its end: it
///      failed, and is run again like all that failed; likewise what is `idempotent`;
///   5. else `decide` is asked.
/// Each settled step is durable before the next is looked at. True when anything was settled; the records have changed
/// then. Throws Error(state), Interrupted after Ctrl-C, and what `decide` throws.
bool settle_interrupted(const Snapshot&, const RecoveryAids&);

/// Removes files of runs of this environment that are over and left nothing unsettled: who is killed at the very end of
/// a run leaves some. Needs no lock.
void tidy_scratch(const Snapshot&, System&, Store&, const std::string& scratch_directory);

}  // namespace verba
