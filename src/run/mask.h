// SPDX-License-Identifier: Apache-2.0
// Keeps secrets out of what children print.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "manifest/resource.h"
#include "run/words.h"
#include "value/value.h"

namespace verba {

/// The words that must not be seen. Words of fewer than 4 characters are not masked: they would mask everything.
class SecretWords {
 public:
  /// Every secret scalar of a tree, in all its spellings (spellings.h), and the keys of secret maps.
  void add(const Value&);
  /// Those among its inputs.
  void add_of(const Resource&);
  bool empty() const { return words_.empty(); }
  const WordTree& words() const { return words_; }

  /// Every secret word becomes "***"; words that overlap become one.
  std::string mask(std::string_view text) const;
  bool occur_in(std::string_view text) const { return words_.occurs_in(text); }
  /// Marks every string of the tree that holds a secret word, and the whole of a map that has one in a key.
  void taint(Value&) const;

 private:
  void add_text(std::string_view);
  WordTree words_;
  std::unordered_set<std::string> known_;  ///< secrets that were added
};

/// One stream of a child, as it comes: gives out whole lines, masked. What may be the beginning of a secret is held
/// back until more is known, so one of several lines is found however it comes. A line longer than 64 KiB is given out
/// in pieces.
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
  std::size_t hidden_ = 0;  ///< bytes of `held_` that belong to a secret which is shown as "***" already
};

}  // namespace verba
