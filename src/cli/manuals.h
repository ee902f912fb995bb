// SPDX-License-Identifier: Apache-2.0
// The manual pages, which are inside the program.
#pragma once

#include <string_view>

namespace verba {

/// The page (Markdown) of a command; empty when there is none.
std::string_view manual_of(std::string_view command);

}  // namespace verba
