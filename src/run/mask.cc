// SPDX-License-Identifier: Apache-2.0
#include "run/mask.h"

#include <algorithm>

#include "run/spellings.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t shortest_masked = 4;
constexpr std::size_t longest_line_bytes = 64 * 1024;

/// The bytes from `at` to `end`; what is hidden before `at` goes on in the words that begin there.
std::string masked(std::string_view text, const WordTree::Found& found, std::size_t at, std::size_t end) {
  std::string out;
  for (const auto& [begin, span_end] : found.spans) {
    if (begin >= end) break;
    if (begin >= at) out.append(text.substr(at, begin - at)).append("***");
    at = std::max(at, span_end);
  }
  if (at < end) out.append(text.substr(at, end - at));
  return out;
}

/// Behind the last line end before `limit` that is in no word; 0 when there is none.
std::size_t behind_last_line(std::string_view text, const WordTree::Found& found, std::size_t limit) {
  for (auto span = found.spans.rbegin(); limit > 0;) {
    const std::size_t line = text.rfind('\n', limit - 1);
    if (line == std::string_view::npos) return 0;
    while (span != found.spans.rend() && span->begin > line) ++span;
    if (span == found.spans.rend() || span->end <= line) return line + 1;
    limit = span->begin;
  }
  return 0;
}

std::string_view without_line_ends(std::string_view text) {
  const std::size_t begin = text.find_first_not_of("\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of("\r\n") + 1 - begin);
}

}  // namespace

void SecretWords::add_text(std::string_view whole) {
  // Line ends around it are no secret, and without them lines stay lines.
  const std::string text(without_line_ends(whole));
  if (text.size() < shortest_masked || !known_.insert(text).second) return;
  for (const std::string& word : spellings_of(text)) {
    if (word.size() >= shortest_masked) words_.add(word);
  }
}

void SecretWords::add_of(const Resource& resource) {
  add(resource.inputs);
  for (const StandIn& each : resource.instead) add_of(each.resource);
}

void SecretWords::add(const Value& value) {
  if (value.is_list()) {
    for (const Value& item : value.list()) add(item);
  } else if (value.is_map()) {
    for (const auto& [key, item] : value.map()) {
      if (value.secret) add_text(key.name);
      add(item);
    }
  } else if (value.secret) {
    add_text(value.is_string() ? value.string() : to_json(value, SecretsAs::clear));
  }
}

std::string SecretWords::mask(std::string_view text) const {
  if (words_.empty()) return std::string(text);
  return masked(text, words_.find(text), 0, text.size());
}

void SecretWords::taint(Value& value) const {
  if (value.is_list()) {
    for (Value& item : value.list()) taint(item);
  } else if (value.is_map()) {
    const bool in_key = std::ranges::any_of(value.map(), [&](const auto& entry) { return occur_in(entry.first.name); });
    if (in_key) return make_secret(value);
    for (auto& [key, item] : value.map()) taint(item);
  } else if (value.is_string() && occur_in(value.string())) {
    value.secret = true;
  }
}

std::string LineMasker::take(std::string_view bytes) {
  const bool has_line = bytes.find('\n') != std::string_view::npos;
  held_ += bytes;
  if (!has_line && held_.size() <= longest_line_bytes) return {};
  const WordTree::Found found = words_.words().find(held_);
  std::size_t end = behind_last_line(held_, found, found.open_from);
  if (end == 0 && held_.size() > longest_line_bytes) end = found.open_from;
  std::string out = masked(held_, found, hidden_, end);
  std::size_t hidden_end = hidden_;
  for (const auto& span : found.spans) {
    if (span.begin < end) hidden_end = std::max(hidden_end, span.end);
  }
  held_.erase(0, end);
  hidden_ = hidden_end > end ? hidden_end - end : 0;
  return out;
}

std::string LineMasker::rest() {
  std::string out = masked(held_, words_.words().find(held_), hidden_, held_.size());
  held_.clear();
  hidden_ = 0;
  return out;
}

}  // namespace verba
