// SPDX-License-Identifier: Apache-2.0
// Is a stack as it was deployed?
#pragma once

#include <string>

#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {

/// A stack as CloudFormation has it.
struct StackThere {
  Stack stack;
  std::string body;         ///< of its template
  std::string policy = {};  ///< "" when it has none
};

/// What is different: "the template differs; parameter Domain is 'b', not 'a'". "" when nothing is. Values of NoEcho
/// parameters ("****") are not compared, nor are parameters that are left to their defaults. Shows no secret of
/// `wanted` (its `secret` inputs are named, their values are not).
std::string difference(const WantedStack& wanted, const Value& inputs, const StackThere& there);

}  // namespace verba
