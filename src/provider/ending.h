// SPDX-License-Identifier: Apache-2.0
// What the end of a child comes to, for providers that work by children.
#pragma once

#include <optional>

#include "provider/provider.h"

namespace verba {

/// Why it did not succeed; nothing when it did.
std::optional<Outcome> failure_of(const Finished&, const Attempt&);

}  // namespace verba
