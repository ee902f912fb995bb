// SPDX-License-Identifier: Apache-2.0
// Keeps secrets out of what children print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "value/value.h"

namespace verba {

/// The words that must not be seen. Words of fewer than 4 characters are not masked: they would mask everything.
class SecretWords {
 public:
  /// Every secret scalar of a tree: its text, each line of it, and its base64 and URL-encoded spellings.
  void add(const Value&);
  bool empty() const { return words_.empty(); }
  std::size_t longest() const { return longest_; }

  /// Every secret word becomes "***".
  std::string mask(std::string_view text) const;
  bool occur_in(std::string_view text) const;
  /// Marks every string of the tree that holds a secret word.
  void taint(Value&) const;

 private:
  void add_text(std::string_view);
  void add_word(std::string);
  std::vector<std::string> words_;  ///< longest first, so that the whole goes before its parts
  std::size_t longest_ = 0;
};

/// One stream of a child, as it comes: gives out whole lines, masked. A line longer than 64 KiB is given out in pieces,
/// cut so that no secret is torn.
class LineMasker {
 public:
  explicit LineMasker(const SecretWords& words) : words_(words) {}
  /// What can be shown now; perhaps nothing.
  std::string take(std::string_view bytes);
  /// The rest, at the end of the stream.
  std::string rest();

 private:
  const SecretWords& words_;
  std::string held_;
};

}  // namespace verba
