// SPDX-License-Identifier: Apache-2.0
#include "view/text/markdown.h"

namespace verba {
namespace {

/// `code` and **strong** of one line.
std::string inline_text(std::string_view line, Style style) {
  std::string out;
  while (!line.empty()) {
    const bool code = line.front() == '`';
    const bool strong = line.starts_with("**");
    const std::string_view mark = code ? "`" : "**";
    if (code || strong) {
      const auto end = line.find(mark, mark.size());
      if (end != std::string_view::npos) {
        const auto words = line.substr(mark.size(), end - mark.size());
        if (style.colour) {
          out += code ? style.cyan(words) : style.bold(words);
        } else {
          out += code ? "`" + std::string(words) + "`" : std::string(words);
        }
        line.remove_prefix(end + mark.size());
        continue;
      }
    }
    out += line.front();
    line.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string markdown_text(std::string_view markdown, Style style) {
  std::string out;
  bool code = false;
  while (!markdown.empty()) {
    const auto end = markdown.find('\n');
    std::string_view line = markdown.substr(0, end);
    markdown = end == std::string_view::npos ? std::string_view{} : markdown.substr(end + 1);
    if (line.starts_with("```")) {
      code = !code;
    } else if (code) {
      out += line.empty() ? "\n" : "    " + std::string(line) + "\n";
    } else if (line.starts_with("#")) {
      line.remove_prefix(line.find_first_not_of("# "));
      out += style.bold(line) + "\n";
    } else {
      out += inline_text(line, style) + "\n";
    }
  }
  return out;
}

}  // namespace verba
