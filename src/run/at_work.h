// SPDX-License-Identifier: Apache-2.0
// What a run that died has left at work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "os/system.h"
#include "state/store.h"

namespace verba {

/// The process group on this machine that still works on the step which the record says is `started`. Nothing when
/// there is none that is known of.
std::optional<std::int64_t> process_at_work(const Record&, System&, Store&, const std::string& scratch_directory);

}  // namespace verba
