// SPDX-License-Identifier: Apache-2.0
// Bytes as text (RFC 4648, with padding).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verba {

std::string to_base64(std::string_view bytes);
/// Strict: nothing but the one spelling that to_base64 writes; else nothing.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace verba
