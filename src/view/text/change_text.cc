// SPDX-License-Identifier: Apache-2.0
#include "view/text/change_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "plan/diff.h"
#include "value/json.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// Of a text that is new or going away, so many lines are shown; of one that changes, so many.
constexpr std::size_t kTextLines = 12;
constexpr std::size_t kDiffLines = 40;
/// JSON with a longer line is laid out.
constexpr std::size_t kLongLine = 160;
/// Of a longer text on one line a piece of that length is shown.
constexpr std::size_t kMostBytes = 1000;
constexpr std::size_t kPieceBytes = 300;
constexpr std::size_t kLeadBytes = 60;

bool has_long_line(std::string_view text) {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end - begin > kLongLine) return true;
    begin = end + 1;
  }
  return false;
}

/// The text of a value that is shown by its lines.
std::optional<std::string> lined(const std::optional<Value>& value) {
  if (!value || !value->is_string() || value->secret) return std::nullopt;
  const std::string& text = value->string();
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && (text[first] == '{' || text[first] == '[') && has_long_line(text)) {
    std::string why;
    if (const std::optional<Value> json = parse_json(text, why)) return to_pretty_json(*json, SecretsAs::clear);
  }
  return text;
}

bool is_continued(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;  // inside a character of UTF-8
}

/// The piece of a long line that has `at` in it.
std::string shortened(const std::string& line, std::size_t at = 0) {
  if (line.size() <= kMostBytes) return line;
  std::size_t begin = at > kLeadBytes ? at - kLeadBytes : 0;
  while (begin > 0 && is_continued(line[begin])) --begin;
  std::size_t end = std::min(begin + kPieceBytes, line.size());
  while (end < line.size() && is_continued(line[end])) ++end;
  return fmt::format("{}{}{} ({} bytes)", begin > 0 ? "..." : "", line.substr(begin, end - begin),
                     end < line.size() ? "..." : "", line.size());
}

std::size_t first_difference(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

/// Of two values on one line each, with what differs in them.
std::pair<std::string, std::string> value_texts(const Value& before, const Value& after) {
  const std::string then = value_text(before);
  const std::string now = value_text(after);
  const std::size_t at = first_difference(then, now);
  return {shortened(then, at), shortened(now, at)};
}

/// The last part of the text may have no line end.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(printable(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::string left_out(std::size_t lines, Style style) {
  return style.dim(fmt::format("        ... {} more line{}", lines, lines == 1 ? "" : "s")) + "\n";
}

/// A text that is new or going away.
std::string whole_text(const std::string& text, bool is_new, Style style) {
  const auto lines = lines_of(text);
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < kTextLines; ++i) {
    const std::string line = (is_new ? "+ " : "- ") + shortened(lines[i]);
    out += "        " + (is_new ? style.green(line) : style.red(line)) + "\n";
  }
  if (lines.size() > kTextLines) out += left_out(lines.size() - kTextLines, style);
  return out;
}

std::string line_text(const DiffLine& line, const std::string& text, Style style) {
  switch (line.kind) {
    case DiffLine::Kind::added:
      return "        " + style.green("+ " + text) + "\n";
    case DiffLine::Kind::removed:
      return "        " + style.red("- " + text) + "\n";
    case DiffLine::Kind::gap:
      return "        " + style.dim("@ " + text) + "\n";
    case DiffLine::Kind::same:
      break;
  }
  return "          " + text + "\n";
}

std::string diff_text(const std::string& before, const std::string& after, Style style) {
  const std::vector<DiffLine> lines = diff_lines(before, after);
  const auto differs_at = [&](std::size_t i, std::size_t other) -> std::size_t {
    using enum DiffLine::Kind;
    const bool pair = other < lines.size() && ((lines[i].kind == removed && lines[other].kind == added) ||
                                               (lines[i].kind == added && lines[other].kind == removed));
    return pair ? first_difference(printable(lines[i].text), printable(lines[other].text)) : 0;
  };
  std::string out;
  for (std::size_t i = 0; i < lines.size() && i < kDiffLines; ++i) {
    const std::size_t at = std::max(differs_at(i, i + 1), i > 0 ? differs_at(i, i - 1) : 0);
    out += line_text(lines[i], shortened(printable(lines[i].text), at), style);
  }
  if (lines.size() > kDiffLines) out += left_out(lines.size() - kDiffLines, style);
  return out;
}

}  // namespace

std::string value_text(const Value& value) {
  if (value.secret) return "***";
  if (value.is_unknown()) return "(known after apply)";
  if (value.is_list() && has_unknown(value)) {
    std::string out = "[";
    for (const Value& item : value.list()) out += (out.size() > 1 ? ", " : "") + value_text(item);
    return out + "]";
  }
  if (value.is_map() && has_unknown(value)) {
    std::string out = "{";
    for (const auto& [key, item] : value.map()) {
      out += (out.size() > 1 ? ", " : "") + printable(key.name) + ": " + value_text(item);
    }
    return out + "}";
  }
  return to_json(value);
}

std::string change_text(const FieldChange& change, bool whole, Style style) {
  const std::string field = printable(change.field);
  const std::optional<std::string> before = lined(change.before);
  const std::optional<std::string> after = lined(change.after);
  const auto of_several = [](const std::optional<std::string>& text) {
    return text && text->find('\n') != std::string::npos;
  };
  if (before && after && (of_several(before) || of_several(after))) {
    return fmt::format("      {}:\n{}", field, diff_text(*before, *after, style));
  }
  if (of_several(after) && !change.before) return fmt::format("      {}:\n{}", field, whole_text(*after, true, style));
  if (of_several(before) && !change.after)
    return fmt::format("      {}:\n{}", field, whole_text(*before, false, style));
  if (!change.before) {
    const std::string text = shortened(value_text(*change.after));
    return fmt::format("      {}: {}\n", field, whole ? text : style.green(text));
  }
  if (!change.after) {
    return fmt::format("      {}: {} -> {}\n", field, style.red(shortened(value_text(*change.before))), "(gone)");
  }
  const auto [then, now] = value_texts(*change.before, *change.after);
  return fmt::format("      {}: {} -> {}\n", field, style.red(then), style.green(now));
}

}  // namespace verba
