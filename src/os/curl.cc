// SPDX-License-Identifier: Apache-2.0
#include "os/curl.h"

#include <algorithm>

#include "base/utf8.h"

namespace verba {

std::string quoted_for_curl(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view no_part = " :()<>@,;\\\"/[]?={}";
  return !name.empty() && name.find_first_of(no_part) == std::string_view::npos && !has_control(name) &&
         !has_control(value);
}

std::string essence_of(std::string_view complaint) {
  while (complaint.ends_with('\n') || complaint.ends_with('\r')) complaint.remove_suffix(1);
  // Of a certificate it says more: where to read about them, and how not to look at it.
  const std::size_t curl = complaint.find("curl: (");
  if (const auto end = complaint.find(") ", curl); curl != std::string_view::npos && end != std::string_view::npos) {
    complaint.remove_prefix(end + 2);
    return std::string(complaint.substr(0, complaint.find_first_of("\r\n")));
  }
  return std::string(complaint.substr(complaint.rfind('\n') + 1));
}

}  // namespace verba
