// SPDX-License-Identifier: Apache-2.0
// What expressions may ask of this machine: files, secrets, variables, scripts.
#pragma once

#include "manifest/model.h"
#include "os/system.h"

namespace verba {

/// Every answer is asked for once and remembered, so that a plan and its run see the same. Secrets: env:NAME,
/// file:PATH, command:LINE (by `sh -c`, at most a minute; trailing line ends are stripped). Borrows the system.
Surroundings make_surroundings(System&);

}  // namespace verba
