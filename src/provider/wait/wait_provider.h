// SPDX-License-Identifier: Apache-2.0
// Wait: until something answers, or a time has come.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_wait_provider();

}  // namespace verba
