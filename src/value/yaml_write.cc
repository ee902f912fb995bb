// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "value/expr.h"
#include "value/numbers.h"
#include "value/yaml.h"
#include "value/yaml_scalar.h"

namespace verba {

namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/// Bytes of control characters past ASCII, line separators and byte order marks: only an escape keeps them.
bool has_odd_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    if (text.substr(i, 3) == "\xe2\x80\xa8" || text.substr(i, 3) == "\xe2\x80\xa9") return true;
    if (c == 0xef && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xbb) return true;
  }
  return false;
}

/// May stand without quotes, and no reader takes it for anything but this text.
bool is_plain(std::string_view text) {
  if (text.empty() || looks_typed(text)) return false;
  char first = text.front();
  if (!is_letter_or_digit(first) && first != '_' && first != '/' && first != '.') return false;
  if (text.back() == ' ' || text.back() == ':' || text.find(" #") != std::string_view::npos) return false;
  if (text.find(": ") != std::string_view::npos || text == "..." || text.starts_with("... ")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view("_/.:-@%+,=~ #()*&!?|<>$^;'\"").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

bool fits_block(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.front() == '\t' || text.find("\n\t") != std::string_view::npos) return false;
  return text.find_first_not_of(" \n") != std::string_view::npos;
}

class Writer {
 public:
  std::string out;

  void document(const Value& value) {
    node(value, 0);
    out += '\n';
  }

 private:
  static bool is_block(const Value& value) {
    if (value.secret) return false;
    return (value.is_list() && !value.list().empty()) || (value.is_map() && !value.map().empty());
  }

  /// A list or map starts in the line in hand, whose first `indent` columns are taken.
  void node(const Value& value, std::size_t indent) {
    if (!is_block(value)) {
      scalar(value, indent);
    } else if (value.is_list()) {
      list(value.list(), indent);
    } else {
      map(value.map(), indent);
    }
  }

  void list(const List& items, std::size_t indent) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) new_line(indent);
      out += "- ";
      node(items[i], indent + 2);
    }
  }

  void map(const Map& entries, std::size_t indent) {
    bool first = true;
    for (const Map::Entry& entry : entries) {
      if (!first) new_line(indent);
      first = false;
      key(entry.first.name, indent);
      const Value& value = entry.second;
      if (!is_block(value)) {
        out += ' ';
        scalar(value, indent);
      } else if (value.is_list()) {
        new_line(indent);
        list(value.list(), indent);
      } else {
        new_line(indent + 2);
        map(value.map(), indent + 2);
      }
    }
  }

  void key(std::string_view name, std::size_t indent) {
    std::size_t from = out.size();
    if (is_plain(name) && !has_odd_characters(name))
      out += name;
    else
      quoted(name);
    // A key of more than 1024 characters has to be marked as one.
    if (out.size() - from > 1000) {
      out.insert(from, "? ");
      new_line(indent);
    }
    out += ':';
  }

  void scalar(const Value& value, std::size_t indent) {
    if (value.secret) {
      out += "\"***\"";
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
        real(value.real());
        break;
      case Value::Kind::string:
        text(value.string(), indent);
        break;
      case Value::Kind::expression:
        text(value.expression().text(), indent);
        break;
      case Value::Kind::unknown:
        text("(known after apply)", indent);
        break;
      case Value::Kind::list:
        out += "[]";
        break;
      case Value::Kind::map:
        out += "{}";
        break;
    }
  }

  void real(double d) {
    if (std::isnan(d))
      out += ".nan";
    else if (std::isinf(d))
      out += d > 0 ? ".inf" : "-.inf";
    else
      append_real(out, d);
  }

  void text(std::string_view text, std::size_t indent) {
    if (has_odd_characters(text))
      quoted(text);
    else if (is_plain(text))
      out += text;
    else if (fits_block(text))
      block(text, indent + 2);
    else
      quoted(text);
  }

  void block(std::string_view text, std::size_t indent) {
    bool ends = text.ends_with('\n');
    out += !ends ? "|-" : text.ends_with("\n\n") ? "|+" : "|";
    if (ends) text.remove_suffix(1);
    while (true) {
      std::size_t end = text.find('\n');
      out += '\n';
      if (end != 0 && !text.empty()) out.append(indent, ' ');
      out += text.substr(0, end);
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
  }

  void quoted(std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned char c = static_cast<unsigned char>(text[i]);
      if (c == '"' || c == '\\')
        out += '\\', out += text[i];
      else if (c == '\n')
        out += "\\n";
      else if (c == '\t')
        out += "\\t";
      else if (c == '\r')
        out += "\\r";
      else if (c < 0x20 || c == 0x7f)
        out += fmt::format("\\x{:02x}", c);
      else
        i += odd(text.substr(i));
    }
    out += '"';
  }

  /// Writes one character, as an escape if need be; how many bytes more than one it took.
  std::size_t odd(std::string_view text) {
    auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    if (byte(0) == 0xc2 && byte(1) >= 0x80 && byte(1) < 0xa0) return out += fmt::format("\\x{:02x}", byte(1)), 1;
    if (text.starts_with("\xe2\x80\xa8")) return out += "\\L", 2;
    if (text.starts_with("\xe2\x80\xa9")) return out += "\\P", 2;
    if (text.starts_with("\xef\xbb\xbf")) return out += "\\uFEFF", 2;
    if (text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf")) {
      return out += byte(2) == 0xbe ? "\\uFFFE" : "\\uFFFF", 2;
    }
    out += text[0];
    return 0;
  }

  void new_line(std::size_t indent) {
    out += '\n';
    out.append(indent, ' ');
  }
};

}  // namespace

std::string to_yaml(const Value& value) {
  Writer writer;
  writer.document(value);
  return std::move(writer.out);
}

}  // namespace verba
