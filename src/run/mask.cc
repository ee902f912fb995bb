// SPDX-License-Identifier: Apache-2.0
#include "run/mask.h"

#include <fmt/format.h>

#include <algorithm>

#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t shortest_masked = 4;
constexpr std::size_t longest_line_bytes = 64 * 1024;

std::string base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > text.size() ? '=' : digits[group >> (18 - 6 * k) & 63U];
    }
  }
  return out;
}

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

void SecretWords::add_word(std::string word) {
  if (word.size() < shortest_masked || std::ranges::find(words_, word) != words_.end()) return;
  longest_ = std::max(longest_, word.size());
  const auto shorter = std::ranges::find_if(words_, [&](const std::string& w) { return w.size() < word.size(); });
  words_.insert(shorter, std::move(word));
}

void SecretWords::add_text(std::string_view text) {
  if (text.size() < shortest_masked) return;
  add_word(std::string(text));
  add_word(base64(text));
  add_word(url_encoded(text));
  add_word(json_escaped(text));
  if (text.find('\n') == std::string_view::npos) return;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    add_word(std::string(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

void SecretWords::add(const Value& value) {
  if (value.is_list()) {
    for (const Value& item : value.list()) add(item);
  } else if (value.is_map()) {
    for (const auto& [key, item] : value.map()) add(item);
  } else if (value.secret) {
    add_text(value.is_string() ? value.string() : to_json(value, SecretsAs::clear));
  }
}

std::string SecretWords::mask(std::string_view text) const {
  std::string out(text);
  for (const std::string& word : words_) {
    for (std::size_t at = out.find(word); at != std::string::npos; at = out.find(word, at + 3)) {
      out.replace(at, word.size(), "***");
    }
  }
  return out;
}

bool SecretWords::occur_in(std::string_view text) const {
  return std::ranges::any_of(words_,
                             [&](const std::string& word) { return text.find(word) != std::string_view::npos; });
}

void SecretWords::taint(Value& value) const {
  if (value.is_list()) {
    for (Value& item : value.list()) taint(item);
  } else if (value.is_map()) {
    for (auto& [key, item] : value.map()) taint(item);
  } else if (value.is_string() && occur_in(value.string())) {
    value.secret = true;
  }
}

std::string LineMasker::take(std::string_view bytes) {
  held_ += bytes;
  const std::size_t last = held_.rfind('\n');
  if (last != std::string::npos) {
    std::string lines = held_.substr(0, last + 1);
    held_.erase(0, last + 1);
    return words_.empty() ? lines : words_.mask(lines);
  }
  if (held_.size() <= longest_line_bytes) return {};
  // What is held back is as long as the longest secret, so that one that is not whole yet is not torn.
  std::string masked = words_.mask(held_);
  const std::size_t keep = std::min(words_.longest(), masked.size());
  held_ = masked.substr(masked.size() - keep);
  masked.resize(masked.size() - keep);
  return masked;
}

std::string LineMasker::rest() {
  std::string masked = words_.mask(held_);
  held_.clear();
  return masked;
}

}  // namespace verba
