// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/template_secrets.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {
namespace {

constexpr std::string_view mark = "NoEcho";

bool is_no_echo(const Value& parameter) {
  const Value* said = parameter.is_map() ? parameter.find(mark) : nullptr;
  if (said == nullptr) return false;
  if (said->is(Value::Kind::boolean)) return said->boolean();
  constexpr std::string_view yes = "true";
  return said->is_string() && std::ranges::equal(said->string(), yes, {},
                                                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

Value* member(Value* value, std::string_view name) {
  return value != nullptr && value->is_map() ? value->map().find(name) : nullptr;
}

}  // namespace

void mark_no_echo(Resource& resource) {
  const TemplateText written = template_of(resource);
  if (written.body.find(mark) == std::string::npos) return;
  const std::optional<Value> tree = parse_template(written.body);
  const Value* declared = tree ? tree->find("Parameters") : nullptr;
  if (declared == nullptr || !declared->is_map()) return;
  Value* const data = written.path.empty() ? member(&resource.inputs, "data") : nullptr;
  Map defaults;
  for (const auto& [key, parameter] : declared->map()) {
    if (!is_no_echo(parameter)) continue;
    if (Value* given = member(member(&resource.inputs, "parameters"), key.name)) make_secret(*given);
    const Value* fallback = parameter.find("Default");
    if (fallback == nullptr) continue;
    if (data == nullptr) {
      Value hidden = *fallback;  // it alone: the name of a parameter is none
      make_secret(hidden);
      defaults.set(key.name, std::move(hidden));
    } else {
      Value* const own = member(member(member(data, "Parameters"), key.name), "Default");
      make_secret(own != nullptr ? *own : *data);
    }
  }
  if (defaults.empty()) return;
  resource.inputs.map().set("defaults", Value(std::move(defaults)));
}

}  // namespace verba
