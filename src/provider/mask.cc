// SPDX-License-Identifier: Apache-2.0
#include "provider/mask.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "provider/spellings.h"
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

/// Past the escape sequence that begins at `at` (CSI, OSC and its like, or one character after the escape).
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
  if (kind < 0x20 || kind > 0x2f) return at;
  while (at < text.size() && text[at] >= 0x20 && text[at] <= 0x2f) ++at;  // such as ESC ( B, of `tput sgr0`
  return at < text.size() ? at + 1 : at;
}

/// How many bytes the character takes that begins there; 0 when it is no UTF-8.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return bytes <= text.size() && is_utf8(text.substr(0, bytes)) ? bytes : 0;
}

/// C1 controls, and the marks that turn the direction of writing around.
bool moves_things(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
  if (character.size() != 3 || byte(0) != 0xe2) return false;
  return (byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
         (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

/// Is there anything that a screen may not show as it is? Line ends aside.
bool may_differ_on_screen(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x7f || (byte < 0x20 && byte != '\n');
  });
}

/// A text as a screen shows it, and where each byte of that stands in the text; then the text's size.
struct View {
  std::string text;
  std::vector<std::size_t> at;
};

void add_shown(View& view, std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size();) {
    const OnScreen here = on_screen(text, at);
    for (std::size_t i = at; here.shown && i < here.end; ++i) {
      view.text += text[i] == '\t' ? ' ' : text[i];
      view.at.push_back(i);
    }
    at = here.end;
  }
}

View shown_whole(std::string_view text) {
  View view;
  add_shown(view, text, 0);
  view.at.push_back(text.size());
  return view;
}

View shown_by_line(std::string_view text) {
  View view;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    add_shown(view, text.substr(0, end), at);
    if (end < text.size()) {
      view.text += '\n';
      view.at.push_back(end);
    }
    at = end + 1;
  }
  view.at.push_back(text.size());
  return view;
}

/// Adds the words of a view, where they stand in the text.
void add_found(WordTree::Found& found, const WordTree& words, const View& view) {
  const WordTree::Found seen = words.find(view.text);
  for (const auto& [begin, end] : seen.spans) found.spans.push_back({view.at[begin], view.at[end - 1] + 1});
  found.open_from = std::min(found.open_from, view.at[seen.open_from]);
}

/// In order, those that overlap as one.
void put_in_order(std::vector<WordTree::Span>& spans) {
  std::ranges::sort(spans, {}, &WordTree::Span::begin);
  std::size_t kept = 0;
  for (const WordTree::Span& span : spans) {
    if (kept > 0 && span.begin < spans[kept - 1].end) {
      spans[kept - 1].end = std::max(spans[kept - 1].end, span.end);
    } else {
      spans[kept++] = span;
    }
  }
  spans.resize(kept);
}

}  // namespace

OnScreen on_screen(std::string_view text, std::size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first == 0x1b) return {after_escape(text, at), false};
  if (first < 0x80) return {at + 1, (first >= 0x20 && first != 0x7f) || first == '\t'};
  const std::size_t bytes = character_bytes(text.substr(at));
  if (bytes == 0) return {at + 1, false};
  return {at + bytes, !moves_things(text.substr(at, bytes))};
}

WordTree::Found SecretWords::find(std::string_view text, bool by_line) const {
  if (words_.empty()) return {{}, text.size()};
  WordTree::Found found = words_.find(text);
  const bool differs = may_differ_on_screen(text);
  const bool joins = !by_line && text.find('\n') != std::string_view::npos;
  if (differs) add_found(found, words_, shown_by_line(text));
  if (joins) add_found(found, words_, shown_whole(text));
  if (differs || joins) put_in_order(found.spans);
  return found;
}

void SecretWords::add_word(std::string_view word) {
  if (word.size() < shortest_masked) return;
  words_.add(word);
  if (!may_differ_on_screen(word)) return;
  const std::string shown = shown_by_line(word).text;
  if (shown.size() >= shortest_masked) words_.add(shown);
}

void SecretWords::add_text(std::string_view whole) {
  // Line ends around it are no secret, and without them lines stay lines.
  const std::string text(without_line_ends(whole));
  if (text.size() < shortest_masked || !known_.insert(text).second) return;
  for (const std::string& word : spellings_of(text)) add_word(word);
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
  return masked(text, find(text, false), 0, text.size());
}

bool SecretWords::occur_in(std::string_view text) const {
  return !find(text, false).spans.empty();
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
  const WordTree::Found found = words_.find(held_, true);
  std::size_t end = behind_last_line(held_, found, found.open_from);
  if (end == 0 && held_.size() > longest_line_bytes) end = found.open_from;
  std::string out = masked(held_, found, hidden_, end);
  std::size_t hidden_end = hidden_;
  for (const auto& span : found.spans) {
    if (span.begin < end) hidden_end = std::max(hidden_end, span.end);
  }
  held_.erase(0, end);
  hidden_ = hidden_end > end ? hidden_end - end : 0;
  if (held_.size() > longest_line_bytes) drop_unseen();
  return out;
}

/// So that what may be the beginning of a secret and then noise without end is not held for ever.
void LineMasker::drop_unseen() {
  if (!may_differ_on_screen(held_)) return;
  View view = shown_by_line(held_);
  hidden_ = static_cast<std::size_t>(std::ranges::lower_bound(view.at, hidden_) - view.at.begin());
  held_ = std::move(view.text);
}

std::string LineMasker::rest() {
  std::string out = masked(held_, words_.find(held_, true), hidden_, held_.size());
  held_.clear();
  hidden_ = 0;
  return out;
}

}  // namespace verba
