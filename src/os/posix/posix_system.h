// SPDX-License-Identifier: Apache-2.0
// The real world (Linux).
#pragma once

#include <memory>

#include "os/system.h"

namespace verba {

std::unique_ptr<System> make_posix_system();

}  // namespace verba
