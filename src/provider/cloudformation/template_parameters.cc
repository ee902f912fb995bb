// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_parameters.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/number.h"
#include "base/utf8.h"
#include "provider/cloudformation/template_secrets.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {
namespace {

constexpr std::size_t longest_shown_bytes = 100;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

/// Java reads sets in sets ([a[b]], [a-z&&[^b]]), \Q, \v, \C and (?U) in a way of its own, and RE2 takes most of them,
/// too.
bool reads_alike(std::string_view pattern) {
  bool in_set = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const std::string_view rest = pattern.substr(i + 1);
    if (c == '\\') {
      if (rest.starts_with('Q') || rest.starts_with('v') || rest.starts_with('C')) return false;
      ++i;
    } else if (in_set) {
      if (c == '[' || (c == '&' && rest.starts_with('&'))) return false;
      in_set = c != ']';
    } else if (c == '[') {
      in_set = true;
      if (rest.starts_with('^')) ++i;
      if (pattern.substr(i + 1).starts_with(']')) ++i;  // the first is one like others
    } else if (c == '(' && rest.starts_with('?')) {
      const std::string_view flags = rest.substr(0, rest.find_first_of(":)", 1));
      if (flags.find('U') != std::string_view::npos) return false;
    }
  }
  return true;
}

bool fits(const std::string& pattern, const std::string& text) {
  if (!reads_alike(pattern)) return true;
  re2::RE2::Options options;
  options.set_log_errors(false);
  const re2::RE2 expression(pattern, options);
  return !expression.ok() || re2::RE2::FullMatch(text, expression);
}

std::optional<double> number_of(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  return number_in<double>(text);
}

/// What one text has to be.
class Constraints {
 public:
  Constraints(const Value& declared, std::string_view type)
      : declared_(declared),
        is_number_(type == "Number" || type == "List<Number>"),
        is_list_(type == "List<Number>" || type == "CommaDelimitedList"),
        is_known_(is_number_ || is_list_ || type == "String") {}

  bool is_known() const { return is_known_; }
  bool is_list() const { return is_list_; }

  /// The name of that which is against it, and how it reads; none: all is well.
  std::pair<std::string, std::string> against(const std::string& text) const {
    const std::optional<double> number = number_of(text);
    if (is_number_ && !number) return {"Type", is_list_ ? "List<Number>" : "Number"};
    if (const Value* allowed = declared_.find("AllowedValues"); allowed != nullptr && allowed->is_list()) {
      std::vector<std::string> all;
      bool is_it = false;
      for (const Value& value : allowed->list()) {
        const std::optional<std::string> one = parameter_text(value);
        is_it = is_it || !one || *one == text || (is_number_ && number_of(*one) == number);
        all.push_back(one.value_or(""));
      }
      if (!is_it) return {"AllowedValues", fmt::format("{}", fmt::join(all, ", "))};
    }
    if (is_number_) return is_list_ ? none() : beyond(*number);
    const std::string pattern = written("AllowedPattern");
    if (!pattern.empty() && !fits(pattern, text)) return {"AllowedPattern", pattern};
    return is_list_ ? none() : too_long_or_short(text);
  }

 private:
  static std::pair<std::string, std::string> none() { return {}; }

  std::string written(std::string_view name) const {
    const Value* value = declared_.find(name);
    return value != nullptr ? parameter_text(*value).value_or("") : "";
  }

  std::pair<std::string, std::string> beyond(double number) const {
    const std::string least = written("MinValue");
    const std::string most = written("MaxValue");
    if (number < number_of(least).value_or(number)) return {"MinValue", least};
    if (number > number_of(most).value_or(number)) return {"MaxValue", most};
    return none();
  }

  /// Java counts a character beyond the first 65,536 as two: it is taken as whatever suits.
  std::pair<std::string, std::string> too_long_or_short(const std::string& text) const {
    const auto count = [&](unsigned char from) {
      return static_cast<double>(
          std::ranges::count_if(text, [from](unsigned char c) { return (c & 0xC0U) != 0x80U && c >= from; }));
    };
    const double characters = count(0);
    const std::string least = written("MinLength");
    const std::string most = written("MaxLength");
    if (characters + count(0xF0) < number_of(least).value_or(0)) return {"MinLength", least};
    if (characters > number_of(most).value_or(characters)) return {"MaxLength", most};
    return none();
  }

  const Value& declared_;
  bool is_number_;
  bool is_list_;
  bool is_known_;
};

/// One text of those that are given: what AWS looks up later is none.
struct Part {
  std::string text;
  Where where;
};

std::vector<Part> parts_of(const Value& given, bool is_list) {
  std::vector<Part> parts;
  const auto add = [&](const Value& value) {
    const std::optional<std::string> text = has_unknown(value) ? std::nullopt : parameter_text(value);
    if (!text || text->find("{{resolve:") != std::string::npos) return;
    if (!is_list) return parts.push_back({*text, value.where});
    for (std::string_view rest = *text; !trimmed(*text).empty();) {
      const std::size_t comma = rest.find(',');
      parts.push_back({std::string(trimmed(rest.substr(0, comma))), value.where});
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  };
  if (!is_list || !given.is_list()) {
    add(given);
  } else {
    for (const Value& item : given.list()) add(item);
  }
  return parts;
}

std::string name_of(const std::string& text, bool is_secret) {
  if (is_secret) return "the secret that it is given";
  if (text.size() > longest_shown_bytes || has_control(text)) return "what it is given";
  return fmt::format("'{}'", text);
}

}  // namespace

std::optional<NotTaken> not_taken(const std::string& name, const Value& declared, const Value& given, bool is_hidden) {
  const Value* type = declared.find("Type");
  if (type == nullptr || !type->is_string()) return std::nullopt;
  const Constraints constraints(declared, type->string());
  if (!constraints.is_known()) return std::nullopt;
  for (const Part& part : parts_of(given, constraints.is_list())) {
    const auto [constraint, how] = constraints.against(part.text);
    if (constraint.empty()) continue;
    const bool is_hidden_rule = is_hidden || has_secret(declared);
    const Value* told = declared.find("ConstraintDescription");
    const bool is_told = !is_hidden_rule && told != nullptr && told->is_string();
    return NotTaken{fmt::format("the parameter '{}' does not take {} ({})", name,
                                name_of(part.text, is_hidden || has_secret(given) || is_no_echo(declared)),
                                is_hidden_rule ? constraint : fmt::format("{}: {}", constraint, how)),
                    is_told ? "the template says: " + told->string() : "", part.where ? part.where : given.where};
  }
  return std::nullopt;
}

}  // namespace verba
