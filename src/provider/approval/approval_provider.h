// SPDX-License-Identifier: Apache-2.0
// Approval: until enough people said yes (Attempt::answers), or one said no.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_approval_provider();

}  // namespace verba
