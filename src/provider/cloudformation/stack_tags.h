// SPDX-License-Identifier: Apache-2.0
// The tags of a stack, which CloudFormation hands on to all its resources.
#pragma once

#include "base/diagnostic.h"
#include "value/value.h"

namespace verba {

/// Adds what is wrong with them, as far as it is known: how many there are, how long they are ("AWS CloudFormation API
/// Reference", Tag), whose their names are, and secrets. What some services refuse in tags is a warning.
void check_tags(const Value& tags, Diagnostics&);

}  // namespace verba
