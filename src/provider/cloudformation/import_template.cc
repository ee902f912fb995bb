// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/import_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "aws/answer.h"
#include "provider/cloudformation/template_artifacts.h"
#include "value/json.h"

namespace verba {
namespace {

const Map& map_at(const Value& tree, std::string_view name) {
  static const Map none;
  const Value* found = tree.find(name);
  return found != nullptr && found->is_map() ? found->map() : none;
}

/// Adds what `to` has not.
void add_missing(Value& to, const Value& from, std::string_view section) {
  for (const auto& [key, value] : map_at(from, section)) {
    Value* there = to.map().find(section);
    if (there == nullptr) there = &to.map().set(section, Value(Map{}));
    if (there->is_map() && there->map().find(key.name) == nullptr) there->map().append(key, value);
  }
}

/// The names by which CloudFormation tells things of that resource's type apart.
std::vector<std::string> names_of(const Value& summary, std::string_view logical, std::string* type) {
  std::vector<std::string> names;
  for (const Value& one : list_at(summary, {"ResourceIdentifierSummaries"})) {
    const List& resources = list_at(one, {"LogicalResourceIds"});
    if (std::ranges::none_of(resources, [&](const Value& id) { return id.is_string() && id.string() == logical; })) {
      continue;
    }
    *type = text_at(one, {"ResourceType"});
    for (const Value& name : list_at(one, {"ResourceIdentifiers"})) names.push_back(name.string());
  }
  return names;
}

/// What tells it apart, by name.
std::variant<Variables, BadStack> identifiers_of(const WantedImport& wanted, const std::vector<std::string>& names,
                                                 const std::string& type) {
  if (names.empty()) {
    return BadStack{fmt::format("{} cannot be imported: CloudFormation knows no way to tell things of its type apart",
                                wanted.logical),
                    "leave it out of 'import'"};
  }
  if (wanted.identifiers.empty() && names.size() == 1) return Variables{{names.front(), wanted.identifier}};
  Variables found;
  for (const std::string& name : names) {
    const auto said = std::ranges::find(wanted.identifiers, name, &Variables::value_type::first);
    if (said != wanted.identifiers.end()) found.push_back(*said);
  }
  if (found.size() == names.size() && found.size() == wanted.identifiers.size()) return found;
  return BadStack{fmt::format("{} ({}) is told apart by {}", wanted.logical, type, fmt::join(names, " and ")),
                  fmt::format("write `{}: {{{}: ...}}` into 'import'", wanted.logical, fmt::join(names, ": ..., "))};
}

}  // namespace

std::optional<BadStack> import_fault(const Value& tree, std::string_view logical) {
  const Value* resource = at(tree, {"Resources", logical});
  if (resource == nullptr) {
    return BadStack{fmt::format("'import' names {}, which is no resource of the template", logical),
                    "its keys are names of resources in the template"};
  }
  if (text_at(*resource, {"DeletionPolicy"}) == "Retain") return std::nullopt;
  return BadStack{fmt::format("{} is imported, and is not retained", logical),
                  "write `DeletionPolicy: Retain` beside its Type: else undoing would delete what was there before"};
}

std::variant<std::string, BadStack> import_template(const std::string& now, const std::string& wanted,
                                                    const std::vector<WantedImport>& imports) {
  const std::optional<Value> whole = parse_template(wanted);
  std::optional<Value> result = parse_template(now.empty() ? wanted : now);
  if (!whole || !result) return BadStack{"the template cannot be read", "it has to be JSON or YAML"};
  if (now.empty()) {
    result->map().set("Resources", Value(Map{}));
    result->map().erase("Outputs");
  } else {
    for (const char* section : {"Parameters", "Mappings", "Conditions"}) add_missing(*result, *whole, section);
  }
  for (const WantedImport& one : imports) {
    if (std::optional<BadStack> fault = import_fault(*whole, one.logical)) return *std::move(fault);
    result->map().find("Resources")->map().set(one.logical, *at(*whole, {"Resources", one.logical}));
  }
  return to_json(*result, SecretsAs::clear);
}

std::variant<Variables, BadStack> resources_to_import(const Value& summary, const std::vector<WantedImport>& imports) {
  Variables parameters;
  std::size_t number = 0;
  for (const WantedImport& one : imports) {
    std::string type;
    const std::vector<std::string> names = names_of(summary, one.logical, &type);
    std::variant<Variables, BadStack> told = identifiers_of(one, names, type);
    if (BadStack* bad = std::get_if<BadStack>(&told)) return std::move(*bad);
    const std::string member = fmt::format("ResourcesToImport.member.{}.", ++number);
    parameters.emplace_back(member + "ResourceType", type);
    parameters.emplace_back(member + "LogicalResourceId", one.logical);
    std::size_t entry = 0;
    for (auto& [name, value] : std::get<Variables>(told)) {
      const std::string place = fmt::format("{}ResourceIdentifier.entry.{}.", member, ++entry);
      parameters.emplace_back(place + "key", name);
      parameters.emplace_back(place + "value", std::move(value));
    }
  }
  return parameters;
}

WantedStack import_of(const WantedStack& wanted, std::string body, bool is_new) {
  WantedStack part = wanted;
  part.body = std::move(body);
  part.artifacts.clear();
  const Value tree = parse_template(part.body).value_or(Value(Map{}));
  const Map& declared = map_at(tree, "Parameters");
  std::erase_if(part.parameters, [&](const auto& one) { return declared.find(one.first) == nullptr; });
  std::erase_if(part.previous, [&](const std::string& name) { return declared.find(name) == nullptr; });
  if (!is_new) part.notification_arns.reset();
  return part;
}

}  // namespace verba
