// SPDX-License-Identifier: Apache-2.0
// Text that everybody can read.
#pragma once

#include <string_view>

namespace verba {

/// Is it UTF-8, every character spelled in the shortest way (RFC 3629)? Bytes that are not would spoil state and JSON.
bool is_utf8(std::string_view text);

/// Is there a control character of ASCII in it? No name, path or address has one.
bool has_control(std::string_view text);

}  // namespace verba
