// SPDX-License-Identifier: Apache-2.0
// Colour for terminals, and nothing for everything else.
#pragma once

#include <string>
#include <string_view>

namespace verba {

/// Marks words with ANSI colour when `colour` is set; else gives them back as they are. A plain value.
struct Style {
  bool colour = false;

  std::string bold(std::string_view text) const { return with("1", text); }
  std::string dim(std::string_view text) const { return with("2", text); }
  std::string red(std::string_view text) const { return with("31", text); }
  std::string green(std::string_view text) const { return with("32", text); }
  std::string yellow(std::string_view text) const { return with("33", text); }
  std::string blue(std::string_view text) const { return with("34", text); }
  std::string cyan(std::string_view text) const { return with("36", text); }

 private:
  std::string with(std::string_view code, std::string_view text) const {
    if (!colour) return std::string(text);
    std::string out = "\x1b[";
    out.append(code).append("m").append(text).append("\x1b[0m");
    return out;
  }
};

}  // namespace verba
