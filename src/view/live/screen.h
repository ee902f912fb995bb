// SPDX-License-Identifier: Apache-2.0
// The block at the bottom of a terminal that shows how far a run is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "run/progress.h"
#include "view/text/style.h"

namespace verba {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// How long the plan's longest chain of steps took in earlier runs; nothing when less than half of the steps have been
/// seen before. `durations`: milliseconds by address.
std::optional<Milliseconds> expected_time(const Plan&, const std::map<std::string, std::int64_t>& durations);

/// The lines of the block: one with the bar, counts and times, then one for each running step, the oldest first, with
/// its age and last line of output. No line is wider than the screen, and the block leaves two rows free: what does
/// not fit is counted ("... and 3 more").
std::vector<std::string> live_block(const Progress&, Instant now, ScreenSize, std::optional<Milliseconds> expected,
                                    Style);

}  // namespace verba
