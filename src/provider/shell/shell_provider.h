// SPDX-License-Identifier: Apache-2.0
// ShellScript: any script, with any interpreter.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_shell_provider();

}  // namespace verba
