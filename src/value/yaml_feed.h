// SPDX-License-Identifier: Apache-2.0
// What libyaml is given to read in place of a text. Private to this folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace verba {

/// libyaml reads YAML 1.1, where U+0085, U+2028 and U+2029 end a line, and knows a byte order mark only at the very
/// start. YAML 1.2 and we count lines otherwise, so libyaml gets a copy in which each such character is another one:
/// as many characters as before, maybe fewer bytes. Without such characters it is the text itself.
class Feed {
 public:
  /// Borrows `text`. Reports the characters that a text must not have, up to a hundred of them. Linear.
  Feed(std::string_view text, SourceId source, Diagnostics& diagnostics);

  /// What to read for the text from this byte on. REQUIRES: a character starts there.
  std::string_view from(std::size_t byte) const { return fed().substr(fed_byte(byte)); }
  /// The byte of the text for the one `ahead` bytes behind the start of from(byte).
  std::size_t byte_behind(std::size_t byte, std::size_t ahead) const;

 private:
  void look(std::size_t at, SourceId source, Diagnostics& diagnostics);
  void mark(std::size_t at, SourceId source, Diagnostics& diagnostics);
  /// Only comments and empty lines stand between the place and '---' or the end of the text, or '...' before it.
  bool before_document(std::size_t at);
  void report(std::size_t at, std::size_t size, std::string_view code, std::string message, std::string hint,
              SourceId source, Diagnostics& diagnostics);
  void replace(std::size_t at, std::size_t size, std::string_view by);
  std::string_view fed() const { return copied_ ? std::string_view(copy_) : text_; }
  std::size_t fed_byte(std::size_t byte) const;

  std::string_view text_;
  std::string copy_;
  bool copied_ = false;
  std::size_t done_ = 0;  ///< up to here the text is in the copy
  std::size_t reported_ = 0;
  std::size_t text_start_ = 0;  ///< behind the byte order marks at the start of the text
  std::size_t line_start_ = 0;  ///< behind the last one at the start of a line
  std::size_t judged_ = 0;      ///< up to here they all stand before a document, or none does
  bool judgement_ = false;
  std::vector<std::size_t> shortened_;  ///< where a byte order mark became a line end, in bytes of the text
};

inline constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// A line "---" or "--- ..." begins at this byte of a text, maybe behind a byte order mark.
bool is_document_start(std::string_view text, std::size_t at);

}  // namespace verba
