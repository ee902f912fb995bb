// SPDX-License-Identifier: Apache-2.0
// What the kernel said, as an Error.
#pragma once

#include <string>
#include <string_view>

namespace verba::posix {

/// Throws Error(system, code, "DOING: strerror"). `code` has static storage.
[[noreturn]] void fail(std::string_view code, const std::string& doing, int error_number);

}  // namespace verba::posix
