// SPDX-License-Identifier: Apache-2.0
// CloudFormation: stacks, by change sets, without AWS's own tools.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_cloudformation_provider();

}  // namespace verba
