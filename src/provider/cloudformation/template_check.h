// SPDX-License-Identifier: Apache-2.0
// What is wrong with a template, and with what is said about it, before AWS is asked.
#pragma once

#include <optional>

#include "base/diagnostic.h"
#include "manifest/resource.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {

/// Adds what is wrong with the template of a resource and those that it nests, as far as their texts tell: what cannot
/// be read, has no resources or too many, nests itself; what its parts name and it does not have (dangling_in());
/// parameters that it does not declare, that have no value, or one that they do not take (not_taken()); capabilities
/// that it needs. The inputs are evaluated; Unknown may stand in them.
void check_template(const Resource&, Where task, Diagnostics&);

/// The first of all that is wrong with a stack, as check_stack() and check_template() find it; nothing: it can be sent.
/// What only transforms need is left to AWS: what it took before it takes again.
/// REQUIRES: the inputs are evaluated.
std::optional<BadStack> fault_of(const Resource&);

}  // namespace verba
