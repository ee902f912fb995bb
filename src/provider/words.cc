// SPDX-License-Identifier: Apache-2.0
#include "provider/words.h"

#include <algorithm>

namespace verba {
namespace {

std::uint64_t edge(std::uint32_t node, char c) {
  return std::uint64_t{node} << 8U | static_cast<unsigned char>(c);
}

}  // namespace

void WordTree::add(std::string_view word) {
  Node node = 0;
  for (const char c : word) {
    Node& child = node == 0 ? first_[static_cast<unsigned char>(c)] : next_[edge(node, c)];
    if (child == 0) {
      child = static_cast<Node>(ends_.size());
      ends_.push_back(false);
    }
    node = child;
  }
  ends_[node] = true;
}

WordTree::Node WordTree::below(Node node, char c) const {
  if (node == 0) return first_[static_cast<unsigned char>(c)];
  const auto found = next_.find(edge(node, c));
  return found == next_.end() ? 0 : found->second;
}

std::size_t WordTree::longest_at(std::string_view text, bool& open) const {
  std::size_t longest = 0;
  Node node = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = below(node, text[i]);
    if (node == 0) return longest;
    if (ends_[node]) longest = i + 1;
  }
  open = true;
  return longest;
}

WordTree::Found WordTree::find(std::string_view text) const {
  Found found{{}, text.size()};
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool open = false;
    const std::size_t length = longest_at(text.substr(at), open);
    if (open) found.open_from = std::min(found.open_from, at);
    if (length == 0) continue;
    if (!found.spans.empty() && at < found.spans.back().end) {
      found.spans.back().end = std::max(found.spans.back().end, at + length);
    } else {
      found.spans.push_back({at, at + length});
    }
  }
  return found;
}

bool WordTree::occurs_in(std::string_view text) const {
  bool open = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (longest_at(text.substr(at), open) > 0) return true;
  }
  return false;
}

}  // namespace verba
