// SPDX-License-Identifier: Apache-2.0
#include "manifest/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/instant.h"
#include "manifest/names.h"
#include "value/expr.h"
#include "value/json.h"
#include "value/yaml.h"

namespace verba {
namespace {

// Where in a tree of fields we are. Lives on the stack; becomes text only when something is wrong.
struct Path {
  const Path* up = nullptr;
  std::string_view name;        // of a field or of a map's key; empty for an item
  std::size_t index = 0;        // of a list's item
  const Value* item = nullptr;  // the item: its own name says more than its index

  std::string text() const {
    std::string before = up ? up->text() : std::string();
    if (!item) return before.empty() ? std::string(name) : before + "." + std::string(name);
    const Value* own_name = item->find("name");
    return before + "[" + (own_name && own_name->is_string() ? own_name->string() : std::to_string(index)) + "]";
  }

  // The last step only: "timeout", "dependsOn[0]".
  std::string label() const { return item && up ? up->label() + "[" + std::to_string(index) + "]" : std::string(name); }
};

/// What the reader of YAML has told to be no number.
bool is_no_number(const Value& value) {
  return value.is(Value::Kind::real) && !std::isfinite(value.real());
}

/// A whole number that was too large for one, so that the reader of YAML left it a text.
bool is_large_integer(const Value& value) {
  if (!value.is_string() || !value.plain) return false;
  std::string_view text = value.string();
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const bool hexadecimal = text[1] == 'x';
    return text.size() > 2 &&
           text.find_first_not_of(hexadecimal ? "0123456789abcdefABCDEF" : "01234567", 2) == std::string_view::npos;
  }
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_scalar(const Value& value) {
  using enum Value::Kind;
  return value.is(boolean) || value.is(integer) || value.is(real) || value.is_string();
}

/// What a plain scalar means in YAML 1.1 where it is a text in 1.2.
std::optional<bool> truth_of_yaml_1_1(std::string_view text) {
  for (const std::string_view word : {"yes", "Yes", "YES", "on", "On", "ON"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"no", "No", "NO", "off", "Off", "OFF"}) {
    if (text == word) return false;
  }
  return std::nullopt;
}

std::string_view wanted(FieldType type) {
  switch (type) {
    case FieldType::any:
      return "a value";
    case FieldType::string:
      return "a string";
    case FieldType::integer:
      return "a whole number";
    case FieldType::number:
      return "a number";
    case FieldType::boolean:
      return "true or false";
    case FieldType::duration:
      return "a length of time such as 30s";
    case FieldType::condition:
      return "a condition";
    case FieldType::list:
      return "a list";
    case FieldType::map:
    case FieldType::object:
      return "a map";
  }
  return "a value";
}

bool has_type(const Value& value, FieldType type) {
  using enum Value::Kind;
  switch (type) {
    case FieldType::any:
      return true;
    case FieldType::string:
    case FieldType::duration:
      return value.is_string();
    case FieldType::integer:
      return value.is(integer);
    case FieldType::number:
      return value.is(integer) || value.is(real);
    case FieldType::boolean:
      return value.is(boolean);
    case FieldType::condition:
      return value.is(boolean) || value.is_string();
    case FieldType::list:
      return value.is_list();
    case FieldType::map:
    case FieldType::object:
      return value.is_map();
  }
  return false;
}

std::string wanted(const Field& field) {
  return std::string(wanted(field.type)) + (field.or_names ? " or a list of names" : "");
}

std::string joined(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// A default is a scalar, [] or {} nearly always; the few others go through YAML.
Value parse_default(const Field& field) {
  const std::string_view text = field.default_value;
  if (text == "[]") return List{};
  if (text == "{}") return Map{};
  if (field.type == FieldType::boolean) return text == "true";
  if (field.type == FieldType::integer) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  const bool plain = text.find_first_of("\"'[]{}:#\n") == std::string_view::npos;
  if (plain && (field.type == FieldType::string || field.type == FieldType::duration)) return text;
  Sources sources;
  Diagnostics mistakes;
  auto documents = parse_yaml(sources, sources.add("default", std::string(text)), mistakes);
  return documents.empty() ? Value() : std::move(documents.front());
}

class FieldChecker {
 public:
  enum class Mode { written, part, evaluated };

  FieldChecker(Mode mode, std::string_view what, bool alpha, const Sources* sources, Diagnostics& diagnostics)
      : mode_(mode), what_(what), alpha_(alpha), sources_(sources), diagnostics_(diagnostics) {}

  // `parsed`: expressions are allowed here, and those in `value` are parsed already.
  void object(Value& value, const std::vector<Field>& fields, const Path* at, bool parsed) {
    if (fields.size() > 64) bug("more than 64 fields in one object");
    std::uint64_t seen = 0;
    for (auto& [key, member] : value.map()) {
      const Field* field = find(fields, key, value.map(), at);
      if (!field) {
        if (const Field* meant = this->meant(fields, key, value.map())) {
          seen |= std::uint64_t{1} << (meant - fields.data());
          take_for(*meant, key, member, at, parsed);
        }
        continue;
      }
      seen |= std::uint64_t{1} << (field - fields.data());
      const Path here{at, field->name};
      this->field(member, *field, &here, parsed);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if ((seen >> i & 1) == 0) absent(value, fields[i], at);
    }
  }

 private:
  const Field* find(const std::vector<Field>& fields, Key& key, const Map& map, const Path* at) {
    for (const Field& field : fields) {
      if (field.name == key.name && (alpha_ || !field.only_alpha)) return &field;
    }
    for (const Field& field : fields) {
      if (field.alpha.empty() || field.alpha != key.name) continue;
      if (!alpha_) {
        report("manifest.unknown-field", fmt::format("'{}' is the v1-alpha name of this field", key.name), key.where,
               fmt::format("write '{}'", field.name), at);
        return nullptr;
      }
      if (const Key* other = map.find_key(field.name)) {
        related_.push_back({fmt::format("'{}' is here", field.name), other->where});
        report("manifest.duplicate-field", fmt::format("'{}' and '{}' are the same field", key.name, field.name),
               key.where, "remove one of them", at);
        return nullptr;
      }
      key.name = field.name;
      return &field;
    }
    unknown(fields, key, at);
    return nullptr;
  }

  static std::vector<std::string_view> names_of(const std::vector<Field>& fields) {
    std::vector<std::string_view> names;
    for (const Field& field : fields) {
      if (!field.only_alpha) names.push_back(field.name);
    }
    return names;
  }

  /// The field that the hint of an unknown key names, unless it is there as well.
  const Field* meant(const std::vector<Field>& fields, const Key& key, const Map& map) const {
    if (mode_ == Mode::evaluated) return nullptr;
    auto field = std::ranges::find_if(fields, [&](const Field& f) { return !f.alpha.empty() && f.alpha == key.name; });
    if (field == fields.end()) field = std::ranges::find(fields, nearest(key.name, names_of(fields)), &Field::name);
    return field == fields.end() || map.find_key(field->name) ? nullptr : &*field;
  }

  /// A misspelt field stands for the one that it was meant to be, so that nothing else says that this one is missing.
  /// If its value does not fit there, it was meant otherwise.
  void take_for(const Field& meant, Key& key, Value& member, const Path* at, bool parsed) const {
    Diagnostics told_never;
    Value copy = member;
    const Path here{at, meant.name};
    FieldChecker(mode_, what_, alpha_, sources_, told_never).field(copy, meant, &here, parsed);
    if (!told_never.empty()) return;
    key.name = meant.name;
    member = std::move(copy);
  }

  void unknown(const std::vector<Field>& fields, const Key& key, const Path* at) {
    const std::vector<std::string_view> names = names_of(fields);
    const std::string all = names.empty() ? "nothing can be set here" : "these are known here: " + joined(names);
    report("manifest.unknown-field", fmt::format("unknown field '{}'", key.name), key.where,
           did_you_mean(key.name, names, all), at);
  }

  void absent(Value& value, const Field& field, const Path* at) {
    if (mode_ != Mode::written) return;
    if (field.required) {
      report("manifest.missing-field", fmt::format("'{}' is missing", field.name), start_of(value.where),
             fmt::format("add '{}': {}", field.name, field.summary), at);
    } else if (!field.default_value.empty() && !field.implied) {
      value.map().append({std::string(field.name), {}}, parse_default(field));
    }
  }

  void field(Value& value, const Field& field, const Path* at, bool parsed) {
    if (field.by_type) return;
    if (mode_ != Mode::evaluated) {
      if (field.expressions && !parsed) {
        parse_expressions(value, *sources_, diagnostics_);
        parsed = true;
      }
      if (!parsed && field.type != FieldType::condition && forbidden_expression(value, field, at)) return;
    }
    if (mode_ != Mode::evaluated && (field.as_written || field.yaml_1_1)) spell(value, field);
    if (value.is_unknown() || value.is_expression() || is_no_number(value)) return;
    if (field.secret) make_secret(value);
    if (field.scalar_or_list && is_scalar(value)) wrap(value);
    if (field.or_names && value.is_list()) return names(value, at);
    if (!has_type(value, field.type)) return wrong_type(value, field, at);
    limits(value, field, at);
    children(value, field, at, parsed);
  }

  /// See Field::as_written and yaml_1_1. Depth is bounded by the YAML reader.
  void spell(Value& value, const Field& field) const {
    if (value.is_list()) {
      for (Value& item : value.list()) spell(item, field);
    } else if (value.is_map()) {
      for (auto& entry : value.map()) spell(entry.second, field);
    } else if (value.plain && field.yaml_1_1 && value.is_string() && truth_of_yaml_1_1(value.string())) {
      replace_scalar(value, Value(*truth_of_yaml_1_1(value.string())));
    } else if (value.plain && field.as_written && sources_ && value.where) {
      const std::string_view text = sources_->text(value.where.source);
      const std::string_view written = text.substr(value.where.begin, value.where.end - value.where.begin);
      if (is_number(value) && to_json(value) != written) replace_scalar(value, Value(written));
    }
  }

  static bool is_number(const Value& value) { return value.is(Value::Kind::integer) || value.is(Value::Kind::real); }

  static void replace_scalar(Value& value, Value by) {
    by.where = value.where;
    by.secret = value.secret;
    value = std::move(by);
  }

  void children(Value& value, const Field& field, const Path* at, bool parsed) {
    if (field.type == FieldType::object) {
      object(value, field.fields, at, parsed);
    } else if (field.type == FieldType::list && !field.fields.empty()) {
      std::size_t index = 0;
      for (Value& item : value.list()) {
        const Path here{at, {}, index++, &item};
        this->field(item, field.fields.front(), &here, parsed);
      }
    } else if (field.type == FieldType::map && !field.fields.empty()) {
      for (auto& [key, member] : value.map()) {
        const Path here{at, key.name};
        this->field(member, field.fields.front(), &here, parsed);
      }
    } else if (!parsed && mode_ != Mode::evaluated && field.type != FieldType::condition) {
      no_expressions_in(value, field, at);
    }
  }

  void names(const Value& list, const Path* at) {
    static const Field name{.name = "name", .summary = "a name", .refers_to = "Account"};
    std::size_t index = 0;
    for (const Value& item : list.list()) {
      const Path here{at, {}, index++, &item};
      if (!item.is_string() && !item.is_expression()) wrong_type(item, name, &here);
    }
  }

  bool forbidden_expression(const Value& value, const Field& field, const Path* at) {
    if (!value.is_string() || !mentions_expression(value.string())) return false;
    report("manifest.no-expression-here", fmt::format("an expression cannot stand in '{}'", at->label()), value.where,
           field.instead_of_expression.empty()
               ? "write the value itself; 'verba explain' shows which fields take ${{ }}"
               : std::string(field.instead_of_expression),
           at->up);
    return true;
  }

  // Depth is bounded by the YAML reader.
  void no_expressions_in(const Value& value, const Field& field, const Path* at) {
    if (value.is_list()) {
      for (const Value& item : value.list()) no_expressions_in(item, field, at);
    } else if (value.is_map()) {
      for (const auto& entry : value.map()) no_expressions_in(entry.second, field, at);
    } else {
      forbidden_expression(value, field, at);
    }
  }

  void wrong_type(const Value& value, const Field& field, const Path* at) {
    if ((field.type == FieldType::integer || field.type == FieldType::number) && is_large_integer(value)) {
      const bool negative = value.string().starts_with('-');
      return report(
          "manifest.wrong-type",
          fmt::format("'{}' must be {}, and '{}' does not fit in 64 bits", at->label(), wanted(field), shown(value)),
          value.where,
          negative ? fmt::format("the smallest is {}", std::numeric_limits<std::int64_t>::min())
                   : fmt::format("the largest is {}", std::numeric_limits<std::int64_t>::max()),
          at->up);
    }
    std::string hint = type_hint(value, field);
    const bool unfit_name = field.type == FieldType::string && is_name_field(field) && is_scalar(value);
    if (hint.empty() && !field.example.empty() && !unfit_name) {
      hint = fmt::format("for example: {}", field.example);
    }
    if (hint.empty()) hint = fmt::format("{}: {}", at->label(), field.summary);
    report("manifest.wrong-type",
           fmt::format("'{}' must be {}, but is {}", at->label(), wanted(field), with_article(value.kind())),
           value.where, std::move(hint), at->up);
  }

  /// What to do about a value of a wrong type; empty when that is a matter of the field.
  std::string type_hint(const Value& value, const Field& field) const {
    if (value.is_null()) return field.required ? "give it a value" : "give it a value, or remove the line";
    if (field.type == FieldType::string && !field.one_of.empty()) return "it must be one of " + joined(field.one_of);
    if (field.type == FieldType::string && is_scalar(value)) {
      return fits_in_quotes(value, field) ? "put it in quotes to make it a string" : "";
    }
    if (field.type == FieldType::duration && is_scalar(value)) {
      return "a length of time needs a unit: 500ms, 30s, 5m, 1h30m, 2d";
    }
    if (value.is_string() && is_number_or_boolean(field.type) && !value.plain) return "remove the quotes";
    if (field.type == FieldType::list && is_scalar(value)) return "begin the line with '- ', or put it in [ ]";
    return {};
  }

  static bool is_name_field(const Field& field) {
    return field.name == "name" || field.name == "kind" || !field.refers_to.empty();
  }

  /// A name that is a number or a truth may not be one in quotes either.
  bool fits_in_quotes(const Value& value, const Field& field) const {
    if (!is_name_field(field) || !sources_ || !value.where) return true;
    const std::string_view text = sources_->text(value.where.source);
    const bool host = field.refers_to == "Account" || field.refers_to == "Authentication";
    return is_name(text.substr(value.where.begin, value.where.end - value.where.begin), host);
  }

  static bool is_number_or_boolean(FieldType type) {
    return type == FieldType::integer || type == FieldType::number || type == FieldType::boolean;
  }

  void limits(Value& value, const Field& field, const Path* at) {
    if (field.type == FieldType::condition) return condition(value);
    if (field.type == FieldType::duration && is_too_long(value.string())) {
      report("manifest.bad-value", fmt::format("'{}' is longer than a length of time can be", shown(value)),
             value.where, fmt::format("the longest is {}", to_string(longest_duration)), at);
    } else if (field.type == FieldType::duration && !parse_duration(value.string())) {
      report("manifest.bad-value", fmt::format("'{}' is no length of time", shown(value)), value.where,
             "write it with a unit: 500ms, 30s, 5m, 1h30m, 2d", at);
    }
    if (!field.one_of.empty() && value.is_string() &&
        std::find(field.one_of.begin(), field.one_of.end(), value.string()) == field.one_of.end()) {
      const std::string all = "it must be one of " + joined(field.one_of);
      report("manifest.bad-value", fmt::format("'{}' cannot be '{}'", at->label(), shown(value)), value.where,
             did_you_mean(value.string(), field.one_of, all), at->up);
    }
    if (!field.minimum) return;
    if (field.type == FieldType::duration) {
      const std::optional<Milliseconds> length = parse_duration(value.string());
      if (length && length->count() < *field.minimum) {
        report("manifest.bad-value", fmt::format("'{}' must be longer than that", at->label()), value.where,
               "leave it out for no limit", at->up);
      }
      return;
    }
    const bool low = (value.is(Value::Kind::integer) && value.integer() < *field.minimum) ||
                     (value.is(Value::Kind::real) && !(value.real() >= static_cast<double>(*field.minimum)));
    if (!low) return;
    report("manifest.bad-value", fmt::format("'{}' must be at least {}", at->label(), *field.minimum), value.where,
           fmt::format("write {} or more", *field.minimum), at->up);
  }

  static std::string_view shown(const Value& value) {
    return value.secret ? std::string_view("***") : std::string_view(value.string());
  }

  void condition(Value& value) {
    if (mode_ == Mode::evaluated || !value.is_string()) return;
    auto parsed = parse_bare(value, *sources_, diagnostics_);
    if (!parsed) return;
    const Where where = value.where;
    value = Value(std::move(parsed));
    value.where = where;
  }

  static void wrap(Value& value) {
    List list;
    const Where where = value.where;
    const bool secret = value.secret;
    list.push_back(std::move(value));
    value = Value(std::move(list));
    value.where = where;
    value.secret = secret;
  }

  static Where start_of(Where where) {
    if (where) where.end = std::min(where.end, where.begin + 1);
    return where;
  }

  void report(std::string_view code, std::string message, Where where, std::string hint, const Path* at) {
    Diagnostic finding{Severity::error, code, std::move(message), where, {}, std::move(hint), std::move(related_)};
    related_.clear();
    finding.trail.push_back(
        {at ? fmt::format("checking {} of {}", at->text(), what_) : fmt::format("checking {}", what_), {}});
    diagnostics_.add(std::move(finding));
  }

  Mode mode_;
  std::string_view what_;
  bool alpha_;
  const Sources* sources_;
  Diagnostics& diagnostics_;
  std::vector<Frame> related_;
};

}  // namespace

std::string_view with_article(Value::Kind kind) {
  using enum Value::Kind;
  switch (kind) {
    case null:
      return "nothing";
    case boolean:
      return "true or false";
    case integer:
    case real:
      return "a number";
    case string:
      return "a string";
    case list:
      return "a list";
    case map:
      return "a map";
    case expression:
      return "an expression";
    case unknown:
      return "not known yet";
  }
  return "something else";
}

const Kind* Catalogue::kind(std::string_view name) const {
  for (const Kind* kind : kinds) {
    if (kind->name == name) return kind;
  }
  return nullptr;
}

const TaskType* Catalogue::type(std::string_view name) const {
  for (const TaskType* type : types) {
    if (type->name == name) return type;
  }
  return nullptr;
}

const std::vector<Field>& Catalogue::fields(const Kind& kind) const {
  const TaskType* type = kind.task_type.empty() || !kind.fields.empty() ? nullptr : this->type(kind.task_type);
  return type ? type->inputs : kind.fields;
}

std::string type_name(const Field& field) {
  switch (field.type) {
    case FieldType::any:
      return "any";
    case FieldType::string:
      return "string";
    case FieldType::integer:
      return "integer";
    case FieldType::number:
      return "number";
    case FieldType::boolean:
      return "boolean";
    case FieldType::duration:
      return "duration";
    case FieldType::condition:
      return "condition";
    case FieldType::object:
      return field.or_names ? "object or list of string" : "object";
    case FieldType::list:
    case FieldType::map:
      break;
  }
  const std::string_view outer = field.type == FieldType::list ? "list" : "map";
  std::string name = field.fields.empty() ? fmt::format("{} of any", outer)
                                          : fmt::format("{} of {}", outer, type_name(field.fields.front()));
  return field.scalar_or_list ? type_name(field.fields.empty() ? Field{} : field.fields.front()) + " or " + name : name;
}

void check_fields(Value& value, const std::vector<Field>& fields, std::string_view what, bool alpha,
                  const Sources& sources, Diagnostics& diagnostics) {
  FieldChecker checker(FieldChecker::Mode::written, what, alpha, &sources, diagnostics);
  checker.object(value, fields, nullptr, false);
}

void check_some_fields(Value& value, const std::vector<Field>& fields, std::string_view what, const Sources& sources,
                       Diagnostics& diagnostics) {
  FieldChecker checker(FieldChecker::Mode::part, what, false, &sources, diagnostics);
  checker.object(value, fields, nullptr, false);
}

void check_evaluated(Value& value, const std::vector<Field>& fields, std::string_view what, Diagnostics& diagnostics) {
  if (!value.is_map()) return;
  FieldChecker checker(FieldChecker::Mode::evaluated, what, false, nullptr, diagnostics);
  checker.object(value, fields, nullptr, true);
}

}  // namespace verba
