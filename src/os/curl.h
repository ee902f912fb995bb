// SPDX-License-Identifier: Apache-2.0
// The words of curl, whoever asks it for what.
#pragma once

#include <string>
#include <string_view>

namespace verba {

/// A value in curl's configuration.
std::string quoted_for_curl(std::string_view text);

/// What could become a second header is none.
bool is_header(std::string_view name, std::string_view value);

/// What a command has to complain of, from all that it printed: what follows "curl: (60) ", where curl says that, else
/// the last line.
std::string essence_of(std::string_view complaint);

}  // namespace verba
