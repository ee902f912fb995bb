// SPDX-License-Identifier: Apache-2.0
// The words of the store's statuses, read back. Private to this folder; the other direction is to_string().
#pragma once

#include <string_view>

#include "state/store.h"

namespace verba {

/// Throws Error(state) "state.corrupt" for a word that is none.
RecordStatus record_status(std::string_view word);
Lifetime lifetime(std::string_view word);
RunStatus run_status(std::string_view word);
StepStatus step_status(std::string_view word);

}  // namespace verba
