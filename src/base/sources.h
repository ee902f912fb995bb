// SPDX-License-Identifier: Apache-2.0
// The texts that were read, kept so that messages can show the line that is wrong.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/where.h"

namespace verba {

/// A place as a person counts it: lines and columns from 1, columns in characters (code points).
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Owns texts. Only grows: a SourceId, and a string_view of a text, stay valid as long as the Sources.
/// Not thread-safe while texts are added.
class Sources {
 public:
  /// `name` is what messages call it: a path as the person gave it, a URL, "<command line>".
  SourceId add(std::string name, std::string text);

  const std::string& name(SourceId) const;
  std::string_view text(SourceId) const;
  /// The first character of `where`.
  Position position(Where) const;
  /// The whole line (1-based) without its line end.
  std::string_view line(SourceId, std::uint32_t line) const;
  /// "infra/web.yaml:14:9".
  std::string place(Where) const;

 private:
  struct Text {
    std::string name;
    std::string text;
    mutable std::vector<std::uint32_t> line_starts;  ///< Made on first use.
  };
  const std::vector<std::uint32_t>& line_starts(const Text&) const;
  std::deque<Text> texts_;
};

}  // namespace verba
