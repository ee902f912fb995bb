// SPDX-License-Identifier: Apache-2.0
#include "provider/spellings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>

#include "base/base64.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t shortest_part = 8;   // of an encoded text: less could be anything
constexpr std::size_t shortest_whole = 4;  // of a text all of whose bits are looked for
constexpr std::size_t fold_columns[] = {64, 76};

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out(text);
  for (std::size_t at = out.find(what); at != std::string::npos; at = out.find(what, at + by.size())) {
    out.replace(at, what.size(), by);
  }
  return out;
}

/// All that the digits may be which hold bits of a text behind that many foreign bytes: the first and the last of them
/// hold bits of its neighbours, too.
void add_with_neighbours(std::vector<std::string>& forms, std::string_view text, std::size_t before) {
  const std::size_t begin = before * 8 / 6;
  const std::size_t end = ((before + text.size()) * 8 + 5) / 6;
  constexpr std::array<unsigned, 3> ahead = {1, 4, 16};   // what the bits of the byte before may be
  constexpr std::array<unsigned, 3> behind = {1, 16, 4};  // and those of the byte behind
  const unsigned endings = behind.at((before + text.size()) % 3);
  for (unsigned first = 0; first < ahead.at(before); ++first) {
    for (unsigned last = 0; last < endings; ++last) {
      std::string whole(before, static_cast<char>(first));
      whole.append(text) += static_cast<char>(last * (256 / endings));
      forms.push_back(to_base64(whole).substr(begin, end - begin));
    }
  }
}

void add_base64(std::vector<std::string>& all, std::string_view text) {
  const std::string whole = to_base64(text);
  std::vector<std::string> forms{whole};
  for (std::size_t before = 0; before < 3; ++before) {
    // The digits that come from bits of the secret alone, behind that many foreign bytes.
    const std::string shifted = to_base64(std::string(before, '\0') + std::string(text));
    const std::size_t begin = (before * 8 + 5) / 6;
    const std::size_t end = (before + text.size()) * 8 / 6;
    if (end >= begin + shortest_part) {
      forms.push_back(shifted.substr(begin, end - begin));
    } else if (text.size() >= shortest_whole) {
      add_with_neighbours(forms, text, before);
    }
  }
  for (const std::size_t columns : fold_columns) {
    for (std::size_t at = 0; whole.size() > columns && at < whole.size(); at += columns) {
      if (whole.size() - at >= shortest_part) forms.push_back(whole.substr(at, columns));
    }
  }
  for (const std::string& form : forms) {
    all.push_back(form);
    std::string url_safe = replaced(replaced(form, "+", "-"), "/", "_");
    if (url_safe != form) all.push_back(std::move(url_safe));
  }
}

void add_url(std::vector<std::string>& all, std::string_view text) {
  std::string upper, lower;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    upper += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    lower += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  for (const std::string& form : {upper, lower}) {
    all.push_back(form);
    all.push_back(replaced(form, "%20", "+"));
    all.push_back(replaced(replaced(form, "%2F", "/"), "%2f", "/"));  // in a path
    all.push_back(replaced(form, "%", "%25"));                        // in an address inside of another one
  }
}

/// The code point at `at`, and how many bytes it takes. The text is UTF-8.
std::pair<std::uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length && at + i < text.size(); ++i) {
    point = point << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return {point, length};
}

std::string unicode(std::uint32_t unit, bool upper) {
  return upper ? fmt::format("\\u{:04X}", unit) : fmt::format("\\u{:04x}", unit);
}

/// Such characters as \u in a text that is escaped as JSON wants it at least.
std::string with_unicode(std::string text, std::string_view characters, bool upper) {
  for (const char c : characters) {
    const std::string plain = c == '"' ? "\\\"" : std::string(1, c);
    text = replaced(text, plain, unicode(static_cast<unsigned char>(c), upper));
  }
  return text;
}

/// All but ASCII as \u.
std::string in_ascii(std::string_view text, bool upper) {
  const auto unit = [upper](std::uint32_t u) { return unicode(u, upper); };
  std::string ascii;
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, length] = code_point(text, at);
    if (point < 0x80) {
      ascii += text[at];
    } else if (point < 0x10000) {
      ascii += unit(point);
    } else {
      ascii += unit(0xD7C0 + (point >> 10U)) + unit(0xDC00 + (point & 0x3FFU));
    }
    at += length;
  }
  return ascii;
}

/// What is escaped beside what must be: characters of HTML, as much as some libraries take for dangerous; the slash.
void add_json(std::vector<std::string>& all, std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);
  const std::string escaped = quoted.substr(1, quoted.size() - 2);
  std::set<std::string> forms;
  for (const bool upper : {false, true}) {
    for (const std::string& form : {escaped, in_ascii(escaped, upper)}) {
      for (const std::string_view characters : {"", "<>&", "<>&'", "<>&'\"", "<>&'\"+`"}) {
        forms.insert(with_unicode(form, characters, upper));
      }
    }
  }
  for (const std::string& form : forms) {
    for (const std::string_view slash : {"/", "\\/", "\\u002f", "\\u002F"}) all.push_back(replaced(form, "/", slash));
  }
}

void add_hex(std::vector<std::string>& all, std::string_view text) {
  std::string lower, upper;
  for (const char c : text) {
    lower += fmt::format("{:02x}", static_cast<unsigned char>(c));
    upper += fmt::format("{:02X}", static_cast<unsigned char>(c));
  }
  all.push_back(std::move(lower));
  all.push_back(std::move(upper));
}

void add_lines(std::vector<std::string>& all, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    all.emplace_back(line);
    if (line.ends_with('\r')) all.emplace_back(line.substr(0, line.size() - 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

std::vector<std::string> spellings_of(std::string_view secret) {
  std::vector<std::string> all{std::string(secret)};
  add_base64(all, secret);
  add_url(all, secret);
  add_json(all, secret);
  add_hex(all, secret);
  if (secret.find('\'') != std::string_view::npos) {
    all.push_back(replaced(secret, "'", "'\\''"));
    all.push_back(replaced(secret, "'", "'\"'\"'"));
  }
  if (secret.find('\n') != std::string_view::npos) add_lines(all, secret);
  return all;
}

}  // namespace verba
