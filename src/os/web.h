// SPDX-License-Identifier: Apache-2.0
// One request over HTTP, as a coroutine.
#pragma once

#include <optional>

#include "os/async.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

/// Sends it and waits for its answer. Nothing when `stop` was requested before that came; whether the server got the
/// request is not known then. Borrows system and stop. Destroying it forgets the request.
Async<std::optional<WebAnswer>> ask(System& system, WebRequest request, Stop& stop);

}  // namespace verba
