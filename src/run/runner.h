// SPDX-License-Identifier: Apache-2.0
// Carries out a plan.
#pragma once

#include <optional>

#include "manifest/model.h"
#include "plan/plan.h"
#include "provider/provider.h"
#include "run/event.h"
#include "run/hosts.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

struct RunSettings {
  std::size_t parallelism = 8;
  std::string scratch_directory;  ///< where attempts get their directories; made when needed
  std::string reason;
  std::string source;  ///< JSON, for the record
  std::string plan_json;
  Owner owner;
};

/// All that a run works with. Borrowed.
struct Workplace {
  System& system;
  Store& store;
  const Lease& lease;
  const Providers& providers;
  const Sealer& sealer;
  const Surroundings& surroundings;
  Hosts& hosts;
  Listener& listener;
  const Sources* sources = nullptr;  ///< for the places of mistakes that only show when inputs are known
};

struct RunResult {
  RunId run = 0;
  RunStatus status = RunStatus::succeeded;
};

/// Runs every step of the plan once its needs are done, at most `parallelism` at a time, the longest path below first.
/// One thread: this one. `started` is durable before a provider is called, `finished` before anything that needs the
/// step begins. SIGINT once: nothing new starts; twice: children are ended. Renews the lease as it goes.
/// A plan without steps makes no run (id 0), unless it concludes others; what it only notes is recorded.
/// A step that fails is an outcome; when the store fails, children are ended and Error(state) is thrown.
RunResult run_plan(const Plan&, const Model&, const Snapshot&, const RunSettings&, const Workplace&);

}  // namespace verba
