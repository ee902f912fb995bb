// SPDX-License-Identifier: Apache-2.0
// Secrets where they have no place.
#pragma once

#include "value/value.h"

namespace verba {

/// The first secret in it that can be seen before evaluation; null: none.
const Value* find_secret(const Value&);

}  // namespace verba
