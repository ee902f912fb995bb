// SPDX-License-Identifier: Apache-2.0
#include "run/at_work.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/trace.h"
#include "run/live_step.h"

namespace verba {

std::optional<std::int64_t> process_at_work(const Record& record, System& system, Store& store,
                                            const std::string& scratch_directory) {
  if (record.status != RecordStatus::started) return std::nullopt;
  const std::optional<Run> run = store.run(record.run);
  if (!run || run->owner.host != system.host() || run->owner.boot_id != system.boot_id()) return std::nullopt;
  const auto children = read_trace(system.read_file(trace_of_run(scratch_directory, record.run)).value_or(""));
  for (const StepRecord& step : store.steps(record.run)) {
    if (step.address != record.address) continue;
    const std::string label = fmt::format("{}", step.number);
    for (const auto& [name, child] : children) {
      const bool of_step = name == label || name.starts_with(label + ":");
      if (of_step && !child.code && system.group_is_alive(child.process, child.began_ms)) return child.process;
    }
  }
  return std::nullopt;
}

}  // namespace verba
