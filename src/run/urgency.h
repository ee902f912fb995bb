// SPDX-License-Identifier: Apache-2.0
// Which of the steps that are ready goes first.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "state/store.h"

namespace verba {

/// For Schedule, of each node of the plan's graph: the longest path below goes first, by the `durations` of former runs
/// (in milliseconds, by address). Of a destroy: what was deployed last; of an undoing: what was done last.
std::vector<std::uint64_t> urgency_of(const Plan&, const Snapshot&,
                                      const std::map<std::string, std::int64_t>& durations);

}  // namespace verba
