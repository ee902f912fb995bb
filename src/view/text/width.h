// SPDX-License-Identifier: Apache-2.0
// How much room text takes on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace verba {

/// The text without anything that could move the cursor, change colours or ring: escape sequences are dropped whole,
/// a tab becomes a space, other control characters and bytes that are no UTF-8 are dropped.
std::string printable(std::string_view text);

/// Columns that printable text takes: 2 for wide characters, 0 for combining ones.
std::size_t display_width(std::string_view text);

/// As much of printable text as fits in `columns`; when something is left out it ends in "…".
std::string clipped(std::string_view text, std::size_t columns);

/// Printable text followed by spaces up to `columns`.
std::string padded(std::string_view text, std::size_t columns);

}  // namespace verba
