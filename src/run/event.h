// SPDX-License-Identifier: Apache-2.0
// What happens in a run, as it happens. The screen, the JSON lines and the state's logs all come from these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/instant.h"
#include "os/system.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

struct RunBegan {
  RunId run = 0;
  Instant at;
  const Plan* plan = nullptr;  ///< outlives the run
};
/// Something failed, and what was done where it failed is going to be undone: steps were added to the plan.
struct RollbackBegan {
  Instant at;
  const Plan* plan = nullptr;  ///< with the added steps; in place of the one before until the run has ended
};
/// Something failed; after that long what was done is going to be undone, unless the person stops the run.
struct RollbackWaits {
  Instant at;
  Milliseconds delay{0};
};
struct StepBegan {
  StepNumber step = 0;
  int attempt = 1;
  Instant at;
};
/// Masked text; may end in mid-line only when the child has ended.
struct StepPrinted {
  StepNumber step = 0;
  Stream stream = Stream::output;
  Instant at;
  std::string_view lines;  ///< valid during the call
};
struct StepRetries {
  StepNumber step = 0;
  Instant at;
  int next_attempt = 2;
  Milliseconds delay{0};
  std::string message;  ///< why the last one failed
};
struct StepEnded {
  StepNumber step = 0;
  Instant at;
  StepStatus status = StepStatus::succeeded;
  std::string message;
  std::string hint;
  Milliseconds took{0};
};
/// The last step of a batch is over. A batch of which none was begun is not told of.
struct BatchEnded {
  std::string rollout;  ///< address of the task
  std::size_t number = 1;
  std::size_t of = 1;
  std::size_t succeeded = 0;
  std::size_t unchanged = 0;
  std::size_t failed = 0;  ///< or in doubt, or cancelled
  std::size_t skipped = 0;
  std::size_t failures = 0;  ///< in the batches so far
  std::size_t allowed = 0;   ///< so many may fail in all of them
  Instant at;
};
struct StopAsked {
  Instant at;
  bool at_once = false;  ///< the second time: children are ended
};
struct RunEnded {
  RunId run = 0;
  Instant at;
  RunStatus status = RunStatus::succeeded;
};
using Event = std::variant<RunBegan, RollbackWaits, RollbackBegan, StepBegan, StepPrinted, StepRetries, StepEnded,
                           BatchEnded, StopAsked, RunEnded>;

/// Told of every event, on the thread of the run. Must be quick and must not throw.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on(const Event&) noexcept = 0;
  /// Called about ten times a second while a run waits: for a screen that shows time passing.
  virtual void tick(Instant) noexcept {}
};

}  // namespace verba
