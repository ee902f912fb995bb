// SPDX-License-Identifier: Apache-2.0
// The program: words in, exit code out.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "os/system.h"

namespace verba {

/// Runs one command and says what went wrong, if anything, to the console. The one place that turns what escapes into
/// an exit code. `program` is called with that code at the very end, while large values are still there: the real
/// program ends the process in it, since taking them apart would only cost time.
int run_program(const std::vector<std::string>& words, System&, Console&, void (*finish)(int) = nullptr);

}  // namespace verba
