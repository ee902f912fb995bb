// SPDX-License-Identifier: Apache-2.0
// Keeps secrets out of what children print.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

#include "manifest/resource.h"
#include "provider/words.h"
#include "value/value.h"

namespace verba {

/// What a screen of ours makes of the character or escape sequence at one place of a text.
struct OnScreen {
  std::size_t end;  ///< of the character or sequence
  bool shown;       ///< as it is, a tab as a space; else not at all: controls, sequences, bytes that are no UTF-8
};
OnScreen on_screen(std::string_view text, std::size_t at);

/// The words that must not be seen. They are found also where what no screen shows stands between their letters: it is
/// dropped on the way there, and would put a word together again.
///
/// Words of fewer than 4 characters are not masked: they would mask everything.
class SecretWords {
 public:
  /// Every secret scalar of a tree, in all its spellings (spellings.h), and the keys of secret maps.
  void add(const Value&);
  /// Those among its inputs.
  void add_of(const Resource&);
  bool empty() const { return words_.empty(); }
  /// The words in it; `by_line`: it is shown line by line, not as a whole.
  WordTree::Found find(std::string_view text, bool by_line) const;

  /// Every secret word becomes "***"; words that overlap become one.
  std::string mask(std::string_view text) const;
  bool occur_in(std::string_view text) const;
  /// Marks every string of the tree that holds a secret word, and the whole of a map that has one in a key.
  void taint(Value&) const;

 private:
  void add_text(std::string_view);
  void add_word(std::string_view);
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
  void drop_unseen();

  const SecretWords& words_;
  std::string held_;
  std::size_t hidden_ = 0;  ///< bytes of `held_` that belong to a secret which is shown as "***" already
};

}  // namespace verba
