// SPDX-License-Identifier: Apache-2.0
// Many words looked for in a text at once.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace verba {

/// A tree of words: adding one costs its length, looking costs the text's, however many words there are.
class WordTree {
 public:
  struct Span {
    std::size_t begin = 0, end = 0;
  };
  struct Found {
    std::vector<Span> spans;    ///< where words stand; those that overlap are one; in order
    std::size_t open_from = 0;  ///< from here on the text may be the beginning of a word; its size when it is not
  };

  /// `word` is not empty.
  void add(std::string_view word);
  bool empty() const { return ends_.size() == 1; }
  Found find(std::string_view text) const;
  bool occurs_in(std::string_view text) const;

 private:
  using Node = std::uint32_t;
  Node below(Node node, char c) const;
  /// How long the longest word is that begins there, 0 when there is none; `open`: the text ended before the tree did.
  std::size_t longest_at(std::string_view text, bool& open) const;

  std::array<Node, 256> first_{};                 // the children of the root, where most looks end
  std::unordered_map<std::uint64_t, Node> next_;  // (node, byte) -> node, for all others
  std::vector<bool> ends_{false};                 // by node: is it the end of a word?
};

}  // namespace verba
