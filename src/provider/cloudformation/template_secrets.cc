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

Value* member(Value* value, std::string_view name) {
  return value != nullptr && value->is_map() ? value->map().find(name) : nullptr;
}

}  // namespace

bool is_no_echo(const Value& parameter) {
  const Value* said = parameter.is_map() ? parameter.find(mark) : nullptr;
  if (said == nullptr) return false;
  if (said->is(Value::Kind::boolean)) return said->boolean();
  constexpr std::string_view yes = "true";
  return said->is_string() && std::ranges::equal(said->string(), yes, {},
                                                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

namespace {

/// The parameters of a template; empty where it cannot be read, or has none.
Map declared_in(const std::string& body) {
  if (body.find(mark) == std::string::npos) return {};
  std::optional<Value> tree = parse_template(body);
  Value* declared = member(tree ? &*tree : nullptr, "Parameters");
  return declared != nullptr && declared->is_map() ? std::move(declared->map()) : Map();
}

/// Adds to `defaults` what a file writes for parameters that are secrets.
void mark_file(FileInput& file, Map& defaults) {
  const Map declared = declared_in(file.content);
  for (const auto& [key, parameter] : declared) {
    const Value* fallback = parameter.find("Default");
    if (!is_no_echo(parameter) || fallback == nullptr) continue;
    file.secret = true;
    Value hidden = *fallback;  // it alone: the name of a parameter is none
    make_secret(hidden);
    defaults.set(file.inner.empty() ? key.name : file.inner + "/" + key.name, std::move(hidden));
  }
}

void mark_parameters(Resource& resource) {
  const TemplateText written = template_of(resource);
  Value* const data = written.path.empty() ? member(&resource.inputs, "data") : nullptr;
  const Map declared = declared_in(written.body);
  for (const auto& [key, parameter] : declared) {
    if (!is_no_echo(parameter)) continue;
    if (Value* given = member(member(&resource.inputs, "parameters"), key.name)) make_secret(*given);
    if (data == nullptr || parameter.find("Default") == nullptr) continue;
    Value* const own = member(member(member(data, "Parameters"), key.name), "Default");
    make_secret(own != nullptr ? *own : *data);
  }
}

}  // namespace

void mark_no_echo(Resource& resource) {
  mark_parameters(resource);
  Map defaults;
  for (FileInput& file : resource.files) mark_file(file, defaults);
  if (!defaults.empty()) resource.inputs.map().set("defaults", Value(std::move(defaults)));
}

}  // namespace verba
