// SPDX-License-Identifier: Apache-2.0
#include "run/inquiry.h"

#include "base/utf8.h"

namespace verba {
namespace {

constexpr std::size_t longest_detail_bytes = 4096;

}  // namespace

std::string presentable(const std::string& detail, const SecretWords& secrets) {
  if (detail.size() > longest_detail_bytes) return "what it printed is too long to be shown";
  std::string text = secrets.mask(detail);
  const bool readable = is_utf8(text);
  std::erase_if(text, [&](char c) { return c == '\0' || (!readable && static_cast<unsigned char>(c) >= 0x80); });
  return text;
}

void LastLine::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n') {
      settle();
    } else if (line_.size() <= longest_detail_bytes) {
      line_ += c;
    }
  }
}

std::string LastLine::text() {
  settle();
  return last_;
}

void LastLine::settle() {
  if (!line_.empty()) last_ = std::exchange(line_, {});
}

}  // namespace verba
