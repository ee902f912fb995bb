// SPDX-License-Identifier: Apache-2.0
#include "provider/inputs.h"

#include <cctype>
#include <string_view>

#include "value/expr.h"

namespace verba {
namespace {

/// `secret(` as the call of an expression.
bool calls_secret(std::string_view text) {
  constexpr std::string_view name = "secret";
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const char before = at == 0 ? ' ' : text[at - 1];
    const std::size_t next = text.find_first_not_of(" \t\n", at + name.size());
    if (next == std::string_view::npos || text[next] != '(') continue;
    if (std::isalnum(static_cast<unsigned char>(before)) == 0 && before != '_') return true;
  }
  return false;
}

}  // namespace

const Value* find_secret(const Value& value) {
  if (value.secret || (value.is_expression() && calls_secret(value.expression().text()))) return &value;
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      if (const Value* found = find_secret(item)) return found;
    }
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.map()) {
      if (const Value* found = find_secret(member)) return found;
    }
  }
  return nullptr;
}

std::string variable_of_output(std::string_view name) {
  std::string variable = "VERBA_OUTPUT_";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    variable += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return variable;
}

bool is_true(const Resource& resource, std::string_view field, bool otherwise) {
  const Value* value = resource.inputs.find(field);
  return value != nullptr && value->is(Value::Kind::boolean) ? value->boolean() : otherwise;
}

}  // namespace verba
