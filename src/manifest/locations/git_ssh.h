// SPDX-License-Identifier: Apache-2.0
// Repositories that git gets to by ssh, and what ssh stumbles over.
#pragma once

#include <optional>
#include <string>

#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/system.h"

namespace verba {

/// What is wrong with the key that is to open the repository, or with the host's own, where ssh's complaint is about
/// that: what, and what to do. Nothing for other troubles, and for other ways than ssh. To show the key of a host it is
/// asked once more.
Async<std::optional<BadLocation>> ssh_trouble(System& system, Origin origin, std::string complaint);

}  // namespace verba
