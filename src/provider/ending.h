// SPDX-License-Identifier: Apache-2.0
// What the end of a child comes to, for providers that work by children.
#pragma once

#include <optional>
#include <string>

#include "provider/provider.h"

namespace verba {

/// Why it did not succeed; nothing when it did.
std::optional<Outcome> failure_of(const Finished&, const Attempt&);

/// What no second try would help.
Failed failed_for_good(std::string message, std::string hint = {});

/// What is known of a piece of work that was broken off and is no child whose exit code tells.
Outcome broken_off();

/// Done, as there is nothing to do.
Async<Outcome> nothing_to_do(Value outputs = Map{});

}  // namespace verba
