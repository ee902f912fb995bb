// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "value/expr_functions.h"
#include "value/json.h"

namespace verba {

using Kind = Value::Kind;

bool Evaluation::spend_steps(std::uint64_t steps, Where where) {
  if (steps > steps_) {
    steps_ = 0;
    fail("expr.limit", "the expression needs more than 1,000,000 steps", where, "do this in a script");
    return false;
  }
  steps_ -= steps;
  return true;
}

bool Evaluation::spend_text(std::uint64_t bytes, Where where) {
  if (bytes > text_) {
    text_ = 0;
    fail("expr.limit", "the expression makes more than 16 MiB of text", where, "do this in a script");
    return false;
  }
  text_ -= bytes;
  return true;
}

std::nullopt_t Evaluation::fail(std::string_view code, std::string message, Where where, std::string hint) {
  if (mistake_) return std::nullopt;
  mistake_.emplace();
  mistake_->code = code;
  mistake_->message = std::move(message);
  mistake_->where = where;
  mistake_->hint = std::move(hint);
  return std::nullopt;
}

std::nullopt_t Evaluation::fail_not_found(NotFound missing, Where where) {
  if (!mistake_) not_found_ = missing.forgivable();
  const std::string_view code = missing.unreachable ? "expr.unreachable"
                                : missing.mistaken  ? mistaken_code
                                                    : "expr.unknown-name";
  return fail(code, std::move(missing.message), where, std::move(missing.hint));
}

Diagnostic Evaluation::take_mistake() {
  Diagnostic mistake = *std::move(mistake_);
  forgive();
  return mistake;
}

std::string describe(const Value& value) {
  if (value.secret) return "a secret";
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
    case Kind::real:
      return "the number " + to_json(value);
    case Kind::list:
      return fmt::format("a list of {}", value.list().size());
    case Kind::map:
      return fmt::format("a map of {}", value.map().size());
    case Kind::expression:
      return "an expression";
    case Kind::unknown:
      return "a value known after apply";
    case Kind::string:
      break;
  }
  std::string_view text = value.string();
  std::size_t shown = std::min<std::size_t>(text.size(), 40);
  while (shown < text.size() && shown > 0 && (static_cast<unsigned char>(text[shown]) & 0xc0) == 0x80) --shown;
  std::string quoted;
  append_json_string(quoted, text.substr(0, shown));
  return fmt::format("the string {}{}", quoted, shown < text.size() ? "..." : "");
}

std::optional<bool> holds(const List& list, const Value& item) {
  if (has_unknown(item)) return list.empty() ? std::optional(false) : std::nullopt;
  bool unknown = false;
  for (const Value& element : list) {
    if (has_unknown(element))
      unknown = true;
    else if (element == item)
      return true;
  }
  return unknown ? std::nullopt : std::optional(false);
}

std::uint64_t cost(const Value& value) {
  std::uint64_t sum = 1;
  if (value.is_string()) return sum + value.string().size() / 64;
  if (value.is_list()) {
    for (const Value& item : value.list()) sum += cost(item);
  } else if (value.is_map()) {
    for (const Map::Entry& entry : value.map()) sum += cost(entry.second) + entry.first.name.size() / 64;
  }
  return sum;
}

}  // namespace verba
