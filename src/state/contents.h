// SPDX-License-Identifier: Apache-2.0
// All that a store holds, but for leases, as one value and as one JSON text. Private to this folder.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/store.h"

namespace verba {

struct RunContents {
  Run run;                        ///< its counts are not kept: see count_steps
  std::int64_t fence = 0;         ///< of the lease it was begun with
  Digest plan;                    ///< a blob
  std::vector<StepRecord> steps;  ///< by number, without a gap
  std::vector<LogLine> logs;      ///< in the order they came
};

struct Contents {
  std::int64_t last_fence = 0;  ///< the largest that was ever given
  RunId last_run = 0;
  std::map<std::string, std::int64_t> serials;  ///< by environment
  std::map<Digest, std::string> blobs;
  std::map<std::pair<std::string, std::string>, Record> records;  ///< by environment and address
  std::map<RunId, RunContents> runs;
  std::vector<StoredEvent> events;  ///< by id
};

/// Sets the counts of a run from its steps.
void count_steps(Run& run, const std::vector<StepRecord>& steps);

/// "verba-state/1". Bytes that are not UTF-8 are written as {"base64": ...}; all else reads back as it was.
std::string to_export_json(const Contents&);
/// Throws Error(state) "state.cannot-import" that says what is wrong and where in the text: not JSON, another format,
/// a field missing or of another type, a blob that is not what its digest says.
Contents from_export_json(std::string_view);

}  // namespace verba
