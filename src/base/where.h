// SPDX-License-Identifier: Apache-2.0
// A place in a text that a person wrote.
#pragma once

#include <cstdint>

namespace verba {

/// One text held by Sources. Value 0 is "no text".
using SourceId = std::uint32_t;

/// A range of bytes [begin, end) in one text. Plain value, 12 bytes, so every node of a tree can carry one.
/// Lines and columns are worked out only when a person is to see them (Sources::position).
struct Where {
  SourceId source = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  explicit operator bool() const { return source != 0; }
  friend bool operator==(const Where&, const Where&) = default;
};

}  // namespace verba
