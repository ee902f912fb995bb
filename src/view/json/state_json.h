// SPDX-License-Identifier: Apache-2.0
// What is in state, for programs. The names are written down in docs/manual/json.md and do not change.
#pragma once

#include <span>
#include <string_view>

#include "state/store.h"
#include "value/value.h"

namespace verba {

Value owner_value(const Owner&);
Value record_value(const Record&);
/// {id, environment, verb, reason, status, user, host, started, finished, steps, succeeded, failed}.
Value run_value(const Run&);
Value step_record_value(const StepRecord&);
Value log_line_value(const LogLine&, std::string_view address);

/// The instant as RFC 3339 text, or null.
Value instant_value(const std::optional<Instant>&);

}  // namespace verba
