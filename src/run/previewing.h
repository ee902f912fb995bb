// SPDX-License-Identifier: Apache-2.0
// Asks what a plan would do inside of things.
#pragma once

#include <functional>
#include <string>

#include "manifest/model.h"
#include "plan/plan.h"
#include "run/observation.h"

namespace verba {

/// Asks the providers of new and of changed things (Provider::preview), at most `parallelism` at a time, and writes
/// what they say into the steps. A step that waits for outputs of others is left out: nobody can tell. `cannot` hears
/// of each other one that cannot be told, and why; masked. Nothing is deployed; no lock is needed. One thread: this
/// one. SIGINT: what is under way is ended, then Interrupted is thrown.
void preview(Plan& plan, const Model&, const Snapshot&, const Surroundings&, const ObservationSettings&,
             const Viewpoint&, const std::function<void(const std::string& address, const std::string& why)>& cannot);

}  // namespace verba
