// SPDX-License-Identifier: Apache-2.0
// A run as JSON lines: one object for each event.
#pragma once

#include <functional>
#include <string_view>

#include "run/event.h"
#include "value/value.h"

namespace verba {

/// One event: {event, at, run, ...}; see docs/manual/json.md. `plan` names the steps; REQUIRES: it is the run's plan.
Value event_value(const Event&, const Plan& plan);

/// Writes each event to `write` as one line, at once.
class JsonEvents : public Listener {
 public:
  explicit JsonEvents(std::function<void(std::string_view)> write) : write_(std::move(write)) {}
  void on(const Event&) noexcept override;

 private:
  std::function<void(std::string_view)> write_;
  const Plan* plan_ = nullptr;
};

}  // namespace verba
