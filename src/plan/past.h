// SPDX-License-Identifier: Apache-2.0
// What a deployment had at the end of a past run.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/digest.h"
#include "plan/moves.h"
#include "state/store.h"

namespace verba {

struct Past {
  RunId run = 0;                              ///< at whose end; 0: before the first one
  std::map<std::string, Digest> definitions;  ///< by address
};

/// Goes back from what is recorded now, run by run, taking back the steps that succeeded: to the end of run `to`, or to
/// where it was before the last run that changed the deployment, or left something unfinished there, and before those
/// that this one went on with (plan/carried.h). What has moved
/// since (`movedFrom`) bears its name of today, and belongs to where it is today. What was taken out of state by hand
/// stays out. An unknown deployment, a run that is unknown or of another environment, and a deployment
/// that no run has changed are diagnostics; then nothing.
std::optional<Past> past_of(Store& store, const Snapshot& now, const NamesOfToday& names, const std::string& deployment,
                            std::optional<RunId> to, Diagnostics& diagnostics);

}  // namespace verba
