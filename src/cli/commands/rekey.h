// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/session.h"

namespace verba {

/// verba state rekey [--new-key-file PATH].
int rekey_state(Call&, const std::string& state_path);

}  // namespace verba
