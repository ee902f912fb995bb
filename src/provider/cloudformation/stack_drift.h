// SPDX-License-Identifier: Apache-2.0
// Is a stack as it was deployed?
#pragma once

#include <string>

#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {

/// What is different: "the template differs; parameter Domain is 'b', not 'a'". "" when nothing is. `body` is the
/// template that CloudFormation has. Values of NoEcho parameters ("****") are not compared, nor are parameters that are
/// left to their defaults. Shows no secret of `wanted` (its `secret` inputs are named, their values are not).
std::string difference(const WantedStack& wanted, const Value& inputs, const Stack& stack, const std::string& body);

}  // namespace verba
