// SPDX-License-Identifier: Apache-2.0
// A text as libyaml counts it, and what libyaml says of its mistakes in a person's words. Private to this folder.
#pragma once

#include <yaml.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace verba {

/// libyaml counts code points and does not see a byte order mark; we count bytes of the text as it is.
class Marks {
 public:
  /// Borrows `text`. Linear.
  explicit Marks(std::string_view text);
  /// At most the size of the text. Constant time.
  std::uint32_t byte(const yaml_mark_t& mark) const;
  /// The byte that libyaml counts from: behind the byte order mark at first.
  std::size_t start() const { return start_; }
  /// From now on libyaml reads from this byte. REQUIRES: a character starts there, and not before start(). Linear in
  /// the distance.
  void start_at(std::size_t byte);
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::size_t start_ = 0;
  std::size_t characters_ = 0;  ///< before start_
  bool ascii_ = true;
  std::vector<std::uint32_t> starts_;  ///< the byte of every 64th code point, unless all is ASCII
};

/// A '[' or '{' that waits for its other half.
struct OpenBracket {
  std::size_t at = 0;
  bool map = false;
};

/// What is wrong, where, and what to do. `odd_byte` is where the text is not UTF-8, if that is the mistake; `open` the
/// innermost bracket that is open. REQUIRES: the parser has failed.
Diagnostic explain(const yaml_parser_t&, SourceId, const Marks&, std::size_t odd_byte,
                   const std::optional<OpenBracket>& open);

}  // namespace verba
