// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verba {

/// The media type of a file, by the suffix of its name (IANA's registry): "text/html; charset=utf-8". Text that is
/// UTF-8 says so, where the content is known. "application/octet-stream" where nothing is known.
std::string content_type_of(std::string_view name, std::optional<std::string_view> content);

}  // namespace verba
