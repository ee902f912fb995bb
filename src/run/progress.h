// SPDX-License-Identifier: Apache-2.0
// How far a run is: a fold over events. All that a screen reads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "run/event.h"

namespace verba {

struct StepProgress {
  StepStatus status = StepStatus::pending;
  int attempt = 0;
  Instant began;
  Milliseconds took{0};
  std::string last_line;  ///< of its output; control characters removed
  std::string message;
  std::string hint;
};

/// Plain value.
struct Progress {
  RunId run = 0;
  const Plan* plan = nullptr;
  Instant began;
  std::optional<Instant> ended;
  std::optional<RunStatus> status;
  bool stopping = false;
  std::vector<StepProgress> steps;  ///< beside plan->steps
  std::size_t count(StepStatus) const;
  std::size_t done() const;  ///< steps that will not run any more
};

void apply(Progress&, const Event&);

}  // namespace verba
