// SPDX-License-Identifier: Apache-2.0
#include "base/sources.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace verba {

SourceId Sources::add(std::string name, std::string text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    throw Error(Error::Kind::system, "source.too-large", name + " is larger than 4 GiB");
  }
  texts_.push_back({std::move(name), std::move(text), {}});
  return static_cast<SourceId>(texts_.size());
}

const std::string& Sources::name(SourceId id) const {
  static const std::string none;
  return id == 0 || id > texts_.size() ? none : texts_[id - 1].name;
}

std::string_view Sources::text(SourceId id) const {
  return id == 0 || id > texts_.size() ? std::string_view() : std::string_view(texts_[id - 1].text);
}

const std::vector<std::uint32_t>& Sources::line_starts(const Text& source) const {
  if (source.line_starts.empty()) {
    source.line_starts.push_back(0);
    for (std::size_t at = source.text.find('\n'); at != std::string::npos; at = source.text.find('\n', at + 1)) {
      source.line_starts.push_back(static_cast<std::uint32_t>(at + 1));
    }
  }
  return source.line_starts;
}

Position Sources::position(Where where) const {
  if (where.source == 0 || where.source > texts_.size()) return {};
  const Text& source = texts_[where.source - 1];
  const auto& starts = line_starts(source);
  const auto begin = std::min<std::uint32_t>(where.begin, static_cast<std::uint32_t>(source.text.size()));
  const auto next = std::upper_bound(starts.begin(), starts.end(), begin);
  Position position{static_cast<std::uint32_t>(next - starts.begin()), 1};
  for (std::uint32_t at = *(next - 1); at < begin; ++at) {
    // A continuation byte of UTF-8 begins no character.
    if ((static_cast<unsigned char>(source.text[at]) & 0xC0U) != 0x80U) ++position.column;
  }
  // A place inside a character is that character.
  const bool inside = begin < source.text.size() && (static_cast<unsigned char>(source.text[begin]) & 0xC0U) == 0x80U;
  if (inside && position.column > 1) --position.column;
  return position;
}

std::string_view Sources::line(SourceId id, std::uint32_t line) const {
  if (id == 0 || id > texts_.size()) return {};
  const Text& source = texts_[id - 1];
  const auto& starts = line_starts(source);
  if (line == 0 || line > starts.size()) return {};
  std::string_view rest = std::string_view(source.text).substr(starts[line - 1]);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::string Sources::place(Where where) const {
  if (!where) return {};
  const Position at = position(where);
  return name(where.source) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace verba
