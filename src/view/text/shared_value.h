// SPDX-License-Identifier: Apache-2.0
// What several values have in common, for people: what is told once in place of a thousand times.
#pragma once

#include <span>
#include <string>

#include "value/value.h"

namespace verba {

/// The same for values that differ in nothing but their scalars: the names of maps, the lengths of lists, kinds and
/// what is secret.
std::string shape_of(const Value&);

/// One value in place of all, with "[FIRST to LAST]" where scalars differ; of texts only around the words that do. A
/// secret stays one. Linear. REQUIRES: at least one, all of one shape.
Value shared_value(std::span<const Value* const> all);

}  // namespace verba
