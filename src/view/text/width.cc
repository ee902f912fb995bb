// SPDX-License-Identifier: Apache-2.0
#include "view/text/width.h"

#include <utf8proc.h>

namespace verba {
namespace {

struct Character {
  utf8proc_int32_t point = -1;  ///< -1: the byte is no UTF-8
  std::size_t bytes = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  utf8proc_int32_t point = -1;
  const auto length = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  if (length <= 0) return {};
  return {point, static_cast<std::size_t>(length)};
}

std::size_t columns_of(const Character& character) {
  if (character.point < 0) return 1;
  if (character.point < 0x7f) return character.point < 0x20 ? 0 : 1;
  const int width = utf8proc_charwidth(character.point);
  return width > 0 ? static_cast<std::size_t>(width) : 0;
}

/// Past the escape sequence that begins at `at` (CSI, OSC, or one character after the escape).
std::size_t after_escape(std::string_view text, std::size_t at) {
  if (++at >= text.size()) return at;
  const char kind = text[at++];
  if (kind == '[') {
    while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7e)) ++at;
    return at < text.size() ? at + 1 : at;
  }
  if (kind == ']' || kind == 'P' || kind == '_' || kind == '^') {
    while (at < text.size() && text[at] != '\a' && text[at] != '\x1b') ++at;
    if (at < text.size() && text[at] == '\x1b') return at + 1 < text.size() ? at + 2 : at + 1;
    return at < text.size() ? at + 1 : at;
  }
  return at;
}

/// C0 and C1 controls, and the marks that turn the direction of writing around.
bool moves_things(utf8proc_int32_t point) {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e) ||
         (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\x1b') {
      at = after_escape(text, at);
      continue;
    }
    const Character character = character_at(text, at);
    if (character.point == '\t') {
      out += ' ';
    } else if (character.point >= 0 && !moves_things(character.point)) {
      out.append(text, at, character.bytes);
    }
    at += character.bytes;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    width += columns_of(character);
    at += character.bytes;
  }
  return width;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t width = 0, at = 0;
  while (at < text.size()) {
    const Character character = character_at(text, at);
    if (width + columns_of(character) > columns - 1) break;
    width += columns_of(character);
    at += character.bytes;
  }
  return std::string(text.substr(0, at)) + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out(text);
  const std::size_t width = display_width(text);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

}  // namespace verba
