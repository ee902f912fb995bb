// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace verba {

namespace {

constexpr std::size_t kSaved = kByteOrderMark.size() - 1;  ///< bytes, when a line end stands for it
constexpr std::size_t kReported = 100;

struct LineBreak {
  std::string_view bytes;
  std::string_view instead;  ///< of the same size; neither a blank nor anything that YAML knows
  std::string_view name;
  std::string_view escape;
};

constexpr std::array<LineBreak, 3> kLineBreaks = {{
    {"\xc2\x85", "\xc2\xa0", "U+0085", "\\N"},
    {"\xe2\x80\xa8", "\xe2\x80\xa2", "U+2028", "\\L"},
    {"\xe2\x80\xa9", "\xe2\x80\xa2", "U+2029", "\\P"},
}};

bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

/// Behind what says nothing: byte order marks, blanks, empty lines and comments.
std::size_t behind_comments(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text.substr(at).starts_with(kByteOrderMark)) {
      at += kByteOrderMark.size();
    } else if (text[at] == '#') {
      at = std::min(text.find_first_of("\r\n", at), text.size());
    } else if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

Feed::Feed(std::string_view text, SourceId source, Diagnostics& diagnostics) : text_(text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return;  // UTF-16 or UTF-32
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0xc2 || c == 0xe2 || c == 0xef) look(i, source, diagnostics);
  }
  if (copied_) copy_ += text.substr(done_);
}

void Feed::look(std::size_t at, SourceId source, Diagnostics& diagnostics) {
  const std::string_view rest = text_.substr(at);
  if (rest.starts_with(kByteOrderMark)) return mark(at, source, diagnostics);
  for (const LineBreak& one : kLineBreaks) {
    if (!rest.starts_with(one.bytes)) continue;
    replace(at, one.bytes.size(), one.instead);
    return report(at, one.bytes.size(), "yaml.line-break",
                  fmt::format("the character {} ends a line for some readers of YAML and not for others", one.name),
                  fmt::format("remove it; in double quotes it is written {}", one.escape), source, diagnostics);
  }
}

void Feed::mark(std::size_t at, SourceId source, Diagnostics& diagnostics) {
  const bool of_text = at == text_start_;
  if (!of_text && at != line_start_ && !ends_line(text_[at - 1])) return;
  line_start_ = at + kByteOrderMark.size();
  if (of_text) text_start_ = line_start_;
  if (at == 0) return;  // Marks skips it
  replace(at, kByteOrderMark.size(), "\n");
  shortened_.push_back(at);
  if (of_text || before_document(at)) return;
  report(at, kByteOrderMark.size(), "yaml.byte-order-mark", "a byte order mark stands in the middle of the text",
         "remove it; files that are joined need a line '---' between them", source, diagnostics);
}

bool Feed::before_document(std::size_t at) {
  if (at >= judged_) {
    judged_ = behind_comments(text_, at);
    judgement_ = judged_ == text_.size() || is_document_start(text_, judged_);
  }
  const std::string_view before = text_.substr(0, at);
  return judgement_ || before.ends_with("\n...\n") || before.ends_with("\n...\r\n");
}

void Feed::report(std::size_t at, std::size_t size, std::string_view code, std::string message, std::string hint,
                  SourceId source, Diagnostics& diagnostics) {
  if (++reported_ > kReported) return;
  diagnostics.error(code, std::move(message),
                    {source, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + size)}, std::move(hint));
}

void Feed::replace(std::size_t at, std::size_t size, std::string_view by) {
  copied_ = true;
  copy_.append(text_, done_, at - done_).append(by);
  done_ = at + size;
}

std::size_t Feed::fed_byte(std::size_t byte) const {
  const auto before = std::ranges::lower_bound(shortened_, byte) - shortened_.begin();
  return byte - kSaved * static_cast<std::size_t>(before);
}

std::size_t Feed::byte_behind(std::size_t byte, std::size_t ahead) const {
  std::size_t at = byte + ahead;
  for (auto next = std::ranges::lower_bound(shortened_, byte); next != shortened_.end() && *next < at; ++next) {
    at += kSaved;
  }
  return at;
}

bool is_document_start(std::string_view text, std::size_t at) {
  if (text.substr(at, 3) != "---") return false;
  if (at + 3 < text.size() && std::string_view(" \t\r\n").find(text[at + 3]) == std::string_view::npos) return false;
  return at == 0 || ends_line(text[at - 1]) || text.substr(0, at).ends_with(kByteOrderMark);
}

}  // namespace verba
