// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

namespace verba {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// `digits` in `base`, written as `whole`; past 64 bits that text.
Value integer(std::string_view digits, bool negative, int base, std::string_view whole) {
  std::string text = (negative ? "-" : "") + std::string(digits);
  std::int64_t value = 0;
  auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (ec == std::errc() && end == text.data() + text.size()) return value;
  return whole;
}

bool in_base(std::string_view digits, int base) {
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [&](char c) {
    return base == 8 ? c >= '0' && c <= '7' : is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  });
}

/// (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_real(std::string_view text) {
  std::size_t i = 0;
  auto digits = [&] {
    std::size_t from = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > from;
  };
  bool whole = digits();
  bool fraction = false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    fraction = digits();
  }
  if (!whole && !fraction) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

std::optional<Value> number(std::string_view text) {
  bool negative = text.front() == '-';
  std::string_view rest = text;
  if (negative || text.front() == '+') rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  if (all_digits(rest)) return integer(rest, negative, 10, text);
  if (rest.size() == text.size() && rest.size() > 2 && rest[0] == '0') {
    if (rest[1] == 'o' && in_base(rest.substr(2), 8)) return integer(rest.substr(2), false, 8, text);
    if (rest[1] == 'x' && in_base(rest.substr(2), 16)) return integer(rest.substr(2), false, 16, text);
  }
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF") {
    double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (is_real(rest)) return std::strtod(std::string(text).c_str(), nullptr);
  return std::nullopt;
}

}  // namespace

Value resolve_plain(std::string_view text) {
  if (text.empty()) return Null{};
  switch (text.front()) {
    case '~':
      if (text.size() == 1) return Null{};
      break;
    case 'n':
    case 'N':
      if (text == "null" || text == "Null" || text == "NULL") return Null{};
      break;
    case 't':
    case 'T':
      if (text == "true" || text == "True" || text == "TRUE") return true;
      break;
    case 'f':
    case 'F':
      if (text == "false" || text == "False" || text == "FALSE") return false;
      break;
    case '.':
      if (text == ".nan" || text == ".NaN" || text == ".NAN") return std::numeric_limits<double>::quiet_NaN();
      [[fallthrough]];
    case '-':
    case '+':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      if (auto found = number(text)) return *std::move(found);
      break;
    default:
      break;
  }
  return text;
}

bool looks_typed(std::string_view text) {
  static constexpr std::array<std::string_view, 6> words = {"yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (std::find(words.begin(), words.end(), lower) != words.end()) return true;
  // Dates, 1_000, 12:30:45, 1.10.2 and the like.
  bool has_digit = std::any_of(text.begin(), text.end(), is_digit);
  if (has_digit && text.find_first_not_of("0123456789.:_-+eExXoOTZ") == std::string_view::npos) return true;
  return !resolve_plain(text).is_string();
}

namespace {

TagResult require(Value& value, bool fits, Value resolved) {
  if (!fits) return TagResult::mismatch;
  resolved.where = value.where;
  value = std::move(resolved);
  return TagResult::done;
}

TagResult core_tag(std::string_view name, Value& value) {
  using Kind = Value::Kind;
  if (name == "map" || name == "omap" || name == "set") return require(value, value.is_map(), value);
  if (name == "seq") return require(value, value.is_list(), value);
  if (name != "str" && name != "int" && name != "float" && name != "bool" && name != "null") return TagResult::unknown;
  if (!value.is_string()) return TagResult::mismatch;
  if (name == "str") return TagResult::done;
  Value resolved = resolve_plain(value.string());
  if (name == "int") return require(value, resolved.is(Kind::integer), resolved);
  if (name == "bool") return require(value, resolved.is(Kind::boolean), resolved);
  if (name == "null") return require(value, resolved.is_null(), Null{});
  if (resolved.is(Kind::integer)) resolved = static_cast<double>(resolved.integer());
  if (resolved.is_string() && is_real(resolved.string())) resolved = std::strtod(resolved.string().c_str(), nullptr);
  return require(value, resolved.is(Kind::real), resolved);
}

/// CloudFormation's functions that have a short tag.
bool is_cloudformation_function(std::string_view name) {
  static constexpr std::array<std::string_view, 24> names = {
      "And",    "Base64", "Cidr",  "Contains", "EachMemberEquals", "EachMemberIn", "Equals",  "FindInMap",
      "GetAZs", "GetAtt", "If",    "Join",     "ImportValue",      "Length",       "Not",     "Or",
      "RefAll", "Select", "Split", "Sub",      "ToJsonString",     "Transform",    "ValueOf", "ValueOfAll"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "Resource.Attribute.Name" is short for [Resource, Attribute.Name].
void split_attribute(Value& value) {
  if (!value.is_string()) return;
  std::size_t dot = value.string().find('.');
  if (dot == std::string::npos) return;
  Value resource(value.string().substr(0, dot));
  Value attribute(value.string().substr(dot + 1));
  resource.where = attribute.where = value.where;
  Where where = value.where;
  value = List{std::move(resource), std::move(attribute)};
  value.where = where;
}

}  // namespace

TagResult apply_tag(std::string_view tag, Where where, Value& value) {
  static constexpr std::string_view core = "tag:yaml.org,2002:";
  if (tag == "!") return TagResult::done;
  if (tag.starts_with(core)) return core_tag(tag.substr(core.size()), value);
  if (!tag.starts_with('!')) return TagResult::unknown;
  std::string name(tag.substr(1));
  if (name != "Ref" && name != "Condition") {
    if (!is_cloudformation_function(name)) return TagResult::unknown;
    if (name == "GetAtt") split_attribute(value);
    name = "Fn::" + name;
  }
  Map map;
  map.reserve(1);
  map.append(Key{std::move(name), where}, std::move(value));
  value = std::move(map);
  value.where = where;
  return TagResult::done;
}

}  // namespace verba
