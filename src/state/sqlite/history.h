// SPDX-License-Identifier: Apache-2.0
// Reading records, runs, steps, logs and events from SQLite. Private to this folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "state/sqlite/database.h"
#include "state/store.h"

namespace verba {

Snapshot read_snapshot(Database&, const std::string& environment);
/// The same without a transaction of its own, sorted by address.
std::vector<Record> read_records(Database&, const std::string& environment);
std::vector<std::string> read_environments(Database&);
std::vector<Run> read_runs(Database&, const std::string& environment, std::size_t limit);
std::optional<Run> read_run(Database&, RunId);
std::vector<StepRecord> read_steps(Database&, RunId);
std::vector<LogLine> read_logs(Database&, RunId, std::optional<StepNumber>);
std::vector<StoredEvent> read_events(Database&, std::int64_t after_id, std::size_t limit);
std::map<std::string, std::int64_t> read_durations(Database&, const std::string& environment);

}  // namespace verba
