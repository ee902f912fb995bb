// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/digest.h"
#include "base/utf8.h"
#include "value/expr.h"
#include "value/keys.h"
#include "value/numbers.h"

namespace verba {

namespace json = boost::json;

namespace {

/// Builds Values from Boost's parse events. Open lists and maps share two stacks, so that a finished one is made in
/// its final size at once.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  Value result;
  std::string why;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }

  bool on_array_end(std::size_t n, json::error_code&) {
    List list(std::make_move_iterator(values_.end() - static_cast<std::ptrdiff_t>(n)),
              std::make_move_iterator(values_.end()));
    values_.resize(values_.size() - n);
    return add(std::move(list));
  }

  bool on_object_end(std::size_t n, json::error_code& ec) {
    std::vector<Map::Entry> entries(n);
    for (std::size_t i = n; i-- > 0;) {
      entries[i] = {Key{std::move(keys_.back()), {}}, std::move(values_.back())};
      keys_.pop_back();
      values_.pop_back();
    }
    auto repeated = repeated_keys(entries);
    if (!repeated.empty()) {
      return fail(fmt::format("the key '{}' is there twice", entries[repeated.front().second].first.name), ec);
    }
    Map map;
    map.reserve(n);
    for (Map::Entry& entry : entries) map.append(std::move(entry.first), std::move(entry.second));
    return add(std::move(map));
  }

  bool on_key_part(json::string_view s, std::size_t, json::error_code&) { return part(s); }
  bool on_string_part(json::string_view s, std::size_t, json::error_code&) { return part(s); }
  bool on_key(json::string_view s, std::size_t, json::error_code&) {
    part(s);
    keys_.push_back(std::move(text_));
    text_.clear();
    return true;
  }
  bool on_string(json::string_view s, std::size_t, json::error_code&) {
    part(s);
    add(std::move(text_));
    text_.clear();
    return true;
  }

  bool on_number_part(json::string_view s, json::error_code&) { return part(s); }
  bool on_int64(std::int64_t i, json::string_view, json::error_code&) {
    text_.clear();
    return add(i);
  }
  bool on_uint64(std::uint64_t, json::string_view s, json::error_code&) {
    part(s);
    return large();
  }
  bool on_double(double d, json::string_view s, json::error_code& ec) {
    part(s);
    if (text_.find_first_not_of("-0123456789") == std::string::npos) return large();
    // Boost's own conversion may be off by one in the last digit.
    std::from_chars(text_.data(), text_.data() + text_.size(), d);
    text_.clear();
    if (!std::isfinite(d)) return fail("the number is too large", ec);
    return add(d);
  }
  bool on_bool(bool b, json::error_code&) { return add(b); }
  bool on_null(json::error_code&) { return add(Null{}); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  bool finish() {
    if (values_.size() != 1) return false;
    result = std::move(values_.back());
    return true;
  }

 private:
  /// An integer past 64 bits: as text it keeps its digits.
  bool large() {
    add(std::move(text_));
    text_.clear();
    return true;
  }

  bool part(json::string_view s) {
    text_.append(s.data(), s.size());
    return true;
  }
  bool add(Value value) {
    values_.push_back(std::move(value));
    return true;
  }
  bool fail(std::string message, json::error_code& ec) {
    why = std::move(message);
    ec = json::error::exception;
    return false;
  }

  std::vector<Value> values_;
  std::vector<std::string> keys_;
  std::string text_;
};

std::string describe(json::error_code ec) {
  switch (static_cast<json::error>(ec.value())) {
    case json::error::extra_data:
      return "something follows the end of the document";
    case json::error::incomplete:
      return "the text ends too early";
    case json::error::too_deep:
      return "it is nested deeper than 256 levels";
    case json::error::illegal_leading_surrogate:
    case json::error::illegal_trailing_surrogate:
    case json::error::expected_utf16_escape:
      return "an escape is half of a surrogate pair";
    case json::error::expected_hex_digit:
      return "an escape \\u needs four hexadecimal digits";
    case json::error::exponent_overflow:
      return "the number is too large";
    default:
      return "the syntax is wrong (" + ec.message() + ")";
  }
}

/// Boost has no error of its own for bytes that are not UTF-8.
bool utf8_problem(json::error_code ec, std::string_view text, std::size_t at) {
  return static_cast<json::error>(ec.value()) == json::error::syntax && at < text.size() &&
         static_cast<unsigned char>(text[at]) >= 0x80;
}

}  // namespace

std::optional<Value> parse_json(std::string_view text, std::string& why) {
  json::parse_options options;
  options.max_depth = 256;
  json::basic_parser<Builder> parser(options);
  json::error_code ec;
  std::size_t at = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && at < text.size()) ec = json::error::extra_data;
  if (!ec && parser.handler().finish()) return std::move(parser.handler().result);
  std::string& own = parser.handler().why;
  if (own.empty()) own = utf8_problem(ec, text, at) ? "the text is not UTF-8" : describe(ec);
  why = fmt::format("{}, at byte {}", own, at);
  return std::nullopt;
}

namespace {

/// What text begins with, when that makes a terminal move or shows the rest in another order (C1, RFC 6429;
/// bidirectional controls, Unicode UAX 9), as an escape; else "".
std::string_view moving(std::string_view text) {
  constexpr std::array<std::string_view, 9> orders = {"\\u202a", "\\u202b", "\\u202c", "\\u202d", "\\u202e",
                                                      "\\u2066", "\\u2067", "\\u2068", "\\u2069"};
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  if (byte(0) == 0xe2 && byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) return orders[byte(2) - 0xaa];
  if (byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return orders[byte(2) - 0xa6 + 5];
  if (byte(0) != 0xc2 || byte(1) < 0x80 || byte(1) > 0x9f) return {};
  static const std::array<std::string, 32> controls = [] {
    std::array<std::string, 32> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = fmt::format("\\u{:04x}", 0x80 + i);
    return all;
  }();
  return controls[byte(1) - 0x80];
}

}  // namespace

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::string_view character = text.substr(i, lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
    const bool right = is_utf8(character);
    out += right ? character : "\xef\xbf\xbd";
    i += right ? character.size() : 1;
  }
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  const auto foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::ranges::any_of(text, foreign) && !is_utf8(text)) return append_json_string(out, as_utf8(text));
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (const std::string_view moves = foreign(c) ? moving(text.substr(i)) : ""; !moves.empty()) {
      out.append(text, done, i - done).append(moves);
      i += static_cast<unsigned char>(c) == 0xc2 ? 1 : 2;
      done = i + 1;
      continue;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    out.append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  out.append(text, done, std::string_view::npos);
  out += '"';
}

void append_real(std::string& out, double d) {
  char digits[32];
  auto [end, ec] = std::to_chars(digits, digits + sizeof digits, d);
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  out += text;
  // Read again it must be a real, not an integer.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

namespace {

/// Writes for people and tools.
class Writer {
 public:
  Writer(SecretsAs secrets, bool pretty) : secrets_(secrets), pretty_(pretty) {}

  void write(const Value& value) {
    if (value.secret && secrets_ == SecretsAs::stars) {
      out += "\"***\"";
      return;
    }
    switch (value.kind()) {
      case Value::Kind::unknown:
      case Value::Kind::null:
        out += "null";
        break;
      case Value::Kind::boolean:
        out += value.boolean() ? "true" : "false";
        break;
      case Value::Kind::integer:
        out += fmt::to_string(value.integer());
        break;
      case Value::Kind::real:
        real(value.real());
        break;
      case Value::Kind::string:
        append_json_string(out, value.string());
        break;
      case Value::Kind::expression:
        append_json_string(out, value.expression().text());
        break;
      case Value::Kind::list:
        list(value.list());
        break;
      case Value::Kind::map:
        map(value.map());
        break;
    }
  }

  std::string out;

 private:
  void real(double d) {
    // JSON has no word for what is not finite.
    if (std::isfinite(d))
      append_real(out, d);
    else
      out += "null";
  }

  void list(const List& items) {
    if (items.empty()) {
      out += "[]";
      return;
    }
    open('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) next();
      write(items[i]);
    }
    close(']');
  }

  void map(const Map& entries) {
    if (entries.empty()) {
      out += "{}";
      return;
    }
    open('{');
    bool first = true;
    for (const Map::Entry& entry : entries) {
      if (!first) next();
      first = false;
      append_json_string(out, entry.first.name);
      out += pretty_ ? ": " : ":";
      write(entry.second);
    }
    close('}');
  }

  void open(char bracket) {
    out += bracket;
    ++depth_;
    new_line();
  }
  void next() {
    out += ',';
    new_line();
  }
  void close(char bracket) {
    --depth_;
    new_line();
    out += bracket;
  }
  void new_line() {
    if (!pretty_) return;
    out += '\n';
    out.append(2 * depth_, ' ');
  }

  SecretsAs secrets_;
  bool pretty_;
  std::size_t depth_ = 0;
};

/// Writes what digests are made of. `inside_secret`: what is in a secret is secret anyway, marked or not.
void canonical(const Value& value, std::string_view secret_key, bool inside_secret, std::string& out);

void canonical_real(double d, std::string& out) {
  if (!std::isfinite(d)) {
    out += std::isnan(d) ? R"({"$real":"nan"})" : d > 0 ? R"({"$real":"inf"})" : R"({"$real":"-inf"})";
  } else {
    append_real(out, d == 0 ? 0.0 : d);
  }
}

void canonical_map(const Map& map, std::string_view secret_key, bool inside_secret, std::string& out) {
  out += '{';
  bool first = true;
  for (const Map::Entry* entry : sorted_entries(map)) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, entry->first.name);
    out += ':';
    canonical(entry->second, secret_key, inside_secret, out);
  }
  out += '}';
}

void canonical(const Value& value, std::string_view secret_key, bool inside_secret, std::string& out) {
  if (value.secret && !inside_secret) {
    std::string clear;
    canonical(value, secret_key, true, clear);
    out += R"({"$secret":")" + keyed_digest(secret_key, clear).hex() + "\"}";
    return;
  }
  switch (value.kind()) {
    case Value::Kind::null:
      out += "null";
      break;
    case Value::Kind::boolean:
      out += value.boolean() ? "true" : "false";
      break;
    case Value::Kind::integer:
      out += fmt::to_string(value.integer());
      break;
    case Value::Kind::real:
      canonical_real(value.real(), out);
      break;
    case Value::Kind::string:
      append_json_string(out, value.string());
      break;
    case Value::Kind::unknown:
      out += R"({"$unknown":true})";
      break;
    case Value::Kind::map:
      canonical_map(value.map(), secret_key, inside_secret, out);
      break;
    case Value::Kind::expression:
      out += R"({"$expression":)";
      append_json_string(out, value.expression().text());
      out += '}';
      break;
    case Value::Kind::list:
      out += '[';
      for (std::size_t i = 0; i < value.list().size(); ++i) {
        if (i > 0) out += ',';
        canonical(value.list()[i], secret_key, inside_secret, out);
      }
      out += ']';
      break;
  }
}

}  // namespace

std::string to_json(const Value& value, SecretsAs secrets) {
  Writer writer(secrets, false);
  writer.write(value);
  return std::move(writer.out);
}

std::string to_pretty_json(const Value& value, SecretsAs secrets) {
  Writer writer(secrets, true);
  writer.write(value);
  return std::move(writer.out);
}

void to_canonical_json(const Value& value, std::string_view secret_key, std::string& out) {
  canonical(value, secret_key, false, out);
}

}  // namespace verba
