// SPDX-License-Identifier: Apache-2.0
// What a stack exports, and what it imports.
#pragma once

#include "manifest/resource.h"
#include "manifest/schema.h"

namespace verba {

/// The names as far as the template and its parameters tell. In them pseudo parameters that are the same for all stacks
/// of an account and region stay as they are written: "${AWS::Region}-vpc". See TaskType::exchange.
Exchange exchange_of_stack(const Resource&);

}  // namespace verba
