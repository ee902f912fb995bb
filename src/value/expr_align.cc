// SPDX-License-Identifier: Apache-2.0
// Walks a decoded string and its YAML spelling side by side.
#include <algorithm>
#include <cstdint>

#include "value/expr_node.h"

namespace verba {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_break(char c) {
  return c == '\n' || c == '\r';
}

/// The two texts and how far we are in each. Every step either accounts for decoded bytes or gives up.
class Walk {
 public:
  Walk(std::string_view decoded, std::string_view raw) : decoded_(decoded), raw_(raw) {
    origin.reserve(decoded.size());
  }

  std::vector<std::uint32_t> origin;  ///< offsets into raw

  bool run() {
    if (raw_.empty()) return false;
    switch (raw_.front()) {
      case '\'':
        return ++r_, flow('\'');
      case '"':
        return ++r_, flow('"');
      case '|':
        return block(false);
      case '>':
        return block(true);
      default:
        return flow('\0');
    }
  }

 private:
  bool done() const { return origin.size() == decoded_.size(); }
  bool more() const { return r_ < raw_.size(); }
  char next() const { return decoded_[origin.size()]; }

  void take(std::size_t from, std::size_t bytes) {
    bytes = std::min(bytes, decoded_.size() - origin.size());
    origin.insert(origin.end(), bytes, static_cast<std::uint32_t>(from));
  }

  /// One byte that stands for itself.
  bool same() {
    if (raw_[r_] != next()) return false;
    take(r_++, 1);
    return true;
  }

  void skip_break() { r_ += raw_[r_] == '\r' && r_ + 1 < raw_.size() && raw_[r_ + 1] == '\n' ? 2 : 1; }
  void skip_blanks() {
    while (more() && is_blank(raw_[r_])) ++r_;
  }

  /// Plain and quoted text, where line ends fold.
  bool flow(char quote) {
    while (!done() && more()) {
      char c = raw_[r_];
      if (is_blank(c) || is_break(c)) {
        if (!white_space()) return false;
      } else if (quote == '\'' && c == '\'') {
        if (next() != '\'') return false;
        take(r_, 1);
        r_ += 2;
      } else if (quote == '"' && c == '\\') {
        if (!escape()) return false;
      } else if (!same()) {
        return false;
      }
    }
    return done();
  }

  /// Blanks within a line stand for themselves; blanks around line ends are dropped, and n line ends become one space
  /// or n - 1 line ends.
  bool white_space() {
    std::size_t start = r_;
    std::size_t end = r_;
    while (end < raw_.size() && is_blank(raw_[end])) ++end;
    if (end == raw_.size() || !is_break(raw_[end])) {
      while (r_ < end && !done()) {
        if (!same()) return false;
      }
      return true;
    }
    std::size_t breaks = 0;
    while (more() && (is_blank(raw_[r_]) || is_break(raw_[r_]))) {
      if (is_break(raw_[r_]))
        ++breaks, skip_break();
      else
        ++r_;
    }
    take(start, breaks == 1 ? 1 : breaks - 1);
    return true;
  }

  /// A backslash in double quotes.
  bool escape() {
    std::size_t start = r_++;
    if (!more()) return false;
    char c = raw_[r_];
    if (is_break(c)) {
      skip_break();
      skip_blanks();
      return true;
    }
    ++r_;
    std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    r_ = std::min(r_ + digits, raw_.size());
    take(start, character_bytes());
    return true;
  }

  /// Of the decoded character in hand.
  std::size_t character_bytes() const {
    unsigned char c = static_cast<unsigned char>(next());
    return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  }

  /// Text under | or >.
  bool block(bool folded) {
    while (more() && !is_break(raw_[r_])) ++r_;
    if (more()) skip_break();
    std::size_t indent = indentation();
    while (!done() && more()) {
      for (std::size_t i = 0; i < indent && more() && raw_[r_] == ' '; ++i) ++r_;
      while (!done() && more() && !is_break(raw_[r_])) {
        if (!same()) return false;
      }
      if (!more() || done()) break;
      if (folded)
        fold(indent);
      else if (next() != '\n')
        return false;
      else
        take(r_, 1), skip_break();
    }
    // The line ends that chomping keeps may lie behind the range.
    while (!done() && next() == '\n') take(raw_.size() - 1, 1);
    return done();
  }

  /// How many columns the first line with text lost.
  std::size_t indentation() const {
    std::size_t line = r_;
    while (line < raw_.size()) {
      std::size_t text = line;
      while (text < raw_.size() && raw_[text] == ' ') ++text;
      if (text < raw_.size() && !is_break(raw_[text])) {
        std::size_t first = decoded_.find_first_not_of('\n');
        if (first == std::string_view::npos) return 0;
        std::size_t kept = decoded_.find_first_not_of(' ', first);
        kept = (kept == std::string_view::npos ? decoded_.size() : kept) - first;
        return text - line - std::min(kept, text - line);
      }
      line = text;
      while (line < raw_.size() && is_break(raw_[line])) ++line;
    }
    return 0;
  }

  /// Line ends under >: one becomes a space, more lose one, those beside indented lines stay.
  void fold(std::size_t indent) {
    std::size_t start = r_;
    while (more()) {
      std::size_t line = r_;
      while (line < raw_.size() && raw_[line] == ' ' && line - r_ < indent) ++line;
      if (line == raw_.size() || !is_break(raw_[line])) break;
      r_ = line;
      skip_break();
    }
    if (next() == ' ')
      take(start, 1);
    else
      while (!done() && next() == '\n') take(start, 1);
  }

  std::string_view decoded_;
  std::string_view raw_;
  std::size_t r_ = 0;
};

}  // namespace

Alignment::Alignment(const Value& string, const Sources& sources) : whole_(string.where) {
  if (!whole_) return;
  std::string_view text = sources.text(whole_.source);
  std::size_t begin = std::min<std::size_t>(whole_.begin, text.size());
  std::string_view raw = text.substr(begin, whole_.end > begin ? whole_.end - begin : 0);
  if (raw == string.string()) {
    same_ = true;
    return;
  }
  Walk walk(string.string(), raw);
  if (!walk.run()) return;
  origin_ = std::move(walk.origin);
  for (std::uint32_t& at : origin_) at += whole_.begin;
}

Where Alignment::where(std::size_t begin, std::size_t end) const {
  if (same_) {
    return {whole_.source, whole_.begin + static_cast<std::uint32_t>(begin),
            whole_.begin + static_cast<std::uint32_t>(end)};
  }
  if (origin_.empty()) return whole_;
  if (begin >= origin_.size()) return {whole_.source, origin_.back() + 1, origin_.back() + 1};
  end = std::min(std::max(end, begin + 1), origin_.size());
  return {whole_.source, origin_[begin], std::max(origin_[end - 1], origin_[begin]) + 1};
}

}  // namespace verba
