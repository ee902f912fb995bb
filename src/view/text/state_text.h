// SPDX-License-Identifier: Apache-2.0
// What is in state, for people.
#pragma once

#include <string>
#include <vector>

#include "state/store.h"
#include "view/text/style.h"

namespace verba {

/// "3 minutes ago", "yesterday"-like words for a list; "in the future" never: a later instant is "just now".
std::string ago(Instant then, Instant now);
/// "2026-11-22 09:55:11" in UTC.
std::string short_time(Instant);

/// One line for each deployment of the records: how many tasks, how it is, by which run, when.
struct DeploymentStatus {
  std::string environment;
  std::string deployment;
  std::size_t tasks = 0, failed = 0, started = 0;
  bool held = false;  ///< somebody is at it now; set by who asked for leases
  RunId run = 0;
  Instant updated;
  std::optional<Instant> expires;  ///< the earliest of its tasks
  std::string place;               ///< the manifest's file

  /// "deployed", "failed", "interrupted", "in progress".
  std::string_view state() const;
};
std::vector<DeploymentStatus> deployment_statuses(const Snapshot&);
std::string status_text(const std::vector<DeploymentStatus>&, Instant now, Style);

std::string runs_text(const std::vector<Run>&, Instant now, Style);
/// One run with its steps.
std::string run_text(const Run&, const std::vector<StepRecord>&, Style);
std::string records_text(const std::vector<Record>&, Style);
/// "web is locked by ann on build-3 (process 4711) since 2026-..: apply".
std::string holder_text(const Holder&);

}  // namespace verba
