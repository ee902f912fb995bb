// SPDX-License-Identifier: Apache-2.0
// Looks how recorded things are out there.
#pragma once

#include <string>
#include <vector>

#include "os/system.h"
#include "plan/observations.h"
#include "provider/provider.h"
#include "run/hosts.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

struct ObservationSettings {
  std::size_t parallelism = 8;
  Milliseconds timeout{60'000};   ///< of one check, where its task has no timeout of its own
  std::string scratch_directory;  ///< where checks get their directories; made when needed
};

/// What observing works with. Borrowed.
struct Viewpoint {
  System& system;
  Store& store;  ///< blobs only
  const Providers& providers;
  const Sealer& sealer;
  Hosts& hosts;
};

/// Asks the providers how these things are, at most `parallelism` at a time, from their recorded definitions alone:
/// the last good one, or the pending one of what was never finished. Needs no lock, changes nothing. One thread: this
/// one. A check that cannot be run or does not end in time is an observation too (`unknown`, with its reason). Secrets
/// of all that was looked at are masked in what is told.
/// SIGINT: children are ended, then Interrupted is thrown. Throws Error(state) when a definition cannot be read.
Observations observe(const std::vector<const Record*>& records, const ObservationSettings&, const Viewpoint&);

}  // namespace verba
