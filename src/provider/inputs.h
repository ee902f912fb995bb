// SPDX-License-Identifier: Apache-2.0
// What providers read out of the inputs of a resource.
#pragma once

#include <string>
#include <string_view>

#include "manifest/resource.h"
#include "value/value.h"

namespace verba {

/// The first secret in it that can be seen before evaluation; null: none.
const Value* find_secret(const Value&);

/// A field that is true or false.
bool is_true(const Resource&, std::string_view field, bool otherwise);

/// The environment variable in which a script finds a recorded output: "VERBA_OUTPUT_QUEUE_URL" of "queue-url".
std::string variable_of_output(std::string_view name);

}  // namespace verba
