// SPDX-License-Identifier: Apache-2.0
// What a stack exports, and what it imports.
#pragma once

#include <vector>

#include "manifest/resource.h"
#include "manifest/schema.h"
#include "provider/cloudformation/wanted_stack.h"
#include "provider/exchanger.h"

namespace verba {

/// As far as the template and its parameters tell; outputs that a condition leaves out are not among it. In names,
/// pseudo parameters that are the same for all stacks of an account and region stay as they are written:
/// "${AWS::Region}-vpc". See Exchanger::terms.
Terms terms_of_stack(const Resource&);
/// What it exports, by output. See WantedExport.
std::vector<WantedExport> exports_of_template(const Resource&);
/// Its names. See TaskType::exchange.
Exchange exchange_of_stack(const Resource&);

}  // namespace verba
