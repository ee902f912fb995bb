// SPDX-License-Identifier: Apache-2.0
// A text as libyaml counts it, and what libyaml says of its mistakes in a person's words. Private to this folder.
#pragma once

#include <yaml.h>

#include <cstdint>
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
  /// The text without the byte order mark.
  std::string_view body() const { return text_.substr(skipped_); }
  std::size_t skipped() const { return skipped_; }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::size_t skipped_ = 0;
  bool ascii_ = true;
  std::vector<std::uint32_t> starts_;  ///< the byte of every 64th code point, unless all is ASCII
};

/// What is wrong, where, and what to do. REQUIRES: the parser has failed.
Diagnostic explain(const yaml_parser_t&, SourceId, const Marks&);

}  // namespace verba
