// SPDX-License-Identifier: Apache-2.0
#include "view/text/width.h"

#include <utf8proc.h>

#include "provider/mask.h"

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

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const OnScreen here = on_screen(text, at);
    if (text[at] == '\t') {
      out += ' ';
    } else if (here.shown) {
      out.append(text, at, here.end - at);
    }
    at = here.end;
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
