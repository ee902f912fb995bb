// SPDX-License-Identifier: Apache-2.0
#include "value/text.h"

#include <utility>

#include "base/utf8.h"

namespace verba {

std::variant<std::string, NotFound> as_text(std::variant<std::string, NotFound> answer, std::string_view what) {
  const auto* text = std::get_if<std::string>(&answer);
  if (text == nullptr || is_utf8(*text)) return answer;
  return NotFound{std::string(what) + " is not UTF-8 text", "convert it, or pass it as base64"};
}

}  // namespace verba
