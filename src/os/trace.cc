// SPDX-License-Identifier: Apache-2.0
#include "os/trace.h"

#include <algorithm>

#include "base/number.h"

namespace verba {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

}  // namespace

std::string printed_file(const Trace& trace, Stream stream) {
  return trace.file + "-" + trace.slot + (stream == Stream::output ? ".out" : ".err");
}

std::string Slots::take() {
  if (free_.empty()) return std::to_string(taken_++);
  std::string slot = std::move(free_.back());
  free_.pop_back();
  return slot;
}

std::vector<std::string> Slots::all() const {
  std::vector<std::string> slots;
  for (std::size_t slot = 0; slot < taken_; ++slot) slots.push_back(std::to_string(slot));
  return slots;
}

std::map<std::string, TracedChild, std::less<>> read_trace(std::string_view text) {
  std::map<std::string, TracedChild, std::less<>> children;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::vector<std::string_view> words = words_of(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (words.size() == 6 && words[0] == "began") {
      const auto process = number_in<std::int64_t>(words[4]);
      const auto began = number_in<std::int64_t>(words[5]);
      if (process && began) {
        children[std::string(words[1])] = {*process, *began, words[2] == "witnessed", std::string(words[3]),
                                           std::nullopt};
      }
    } else if (words.size() == 3 && words[0] == "ended") {
      const auto child = children.find(words[1]);
      if (child != children.end()) child->second.code = number_in<int>(words[2]);
    }
  }
  return children;
}

}  // namespace verba
