// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "value/expr.h"

namespace verba {

/// The answer, unless it is no text: what is not UTF-8 could be written into a Value, and never be read back. `what`:
/// "the file 'a'".
std::variant<std::string, NotFound> as_text(std::variant<std::string, NotFound> answer, std::string_view what);

}  // namespace verba
