// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "provider/cloudformation/stack_guards.h"
#include "provider/cloudformation/stack_status.h"
#include "provider/cloudformation/template_artifacts.h"
#include "value/json.h"

namespace verba {
namespace {

/// A list of pairs as DescribeStacks gives it.
std::map<std::string, std::string> pairs(const Value& description, std::string_view list, std::string_view key,
                                         std::string_view value) {
  std::map<std::string, std::string> all;
  for (const Value& one : list_at(description, {list})) all[text_at(one, {key})] = text_at(one, {value});
  return all;
}

bool is_secret(const Value& inputs, std::string_view field, std::string_view name) {
  const Value* written = at(inputs, {field, name});
  return written == nullptr || has_secret(*written);
}

/// On its way through XML a text may lose what ends its lines, and what follows its last one.
std::string text_of(std::string body) {
  std::erase(body, '\r');
  while (body.ends_with('\n') || body.ends_with(' ')) body.pop_back();
  return body;
}

/// Nothing is wanted: all is well.
bool same_json(const std::string& wanted, const std::string& there) {
  std::string why;
  return wanted.empty() || parse_json(wanted, why) == parse_json(there, why);
}

void drop(Value* map, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (map != nullptr && map->is_map()) map->map().erase(name);
  }
}

/// A template without what makes no difference to CloudFormation: an edit of that alone changes no stack, so the stack
/// keeps the text that it had. A default says nothing where the parameter keeps the value it has.
std::optional<Value> essence(const std::string& body, const WantedStack& wanted) {
  std::optional<Value> tree = parse_template(body);
  if (!tree || !tree->is_map()) return std::nullopt;
  drop(&*tree, {"Description", "Metadata", "AWSTemplateFormatVersion"});
  for (const char* section : {"Parameters", "Outputs"}) {
    Value* const all = tree->map().find(section);
    if (all == nullptr || !all->is_map()) continue;
    for (auto& [name, one] : all->map()) {
      drop(&one, {"Description", "ConstraintDescription"});
      if (std::ranges::find(wanted.previous, name.name) != wanted.previous.end()) drop(&one, {"Default"});
    }
  }
  return tree;
}

bool same_template(const WantedStack& wanted, const std::string& there) {
  if (text_of(there) == text_of(wanted.body)) return true;
  const std::optional<Value> here = essence(wanted.body, wanted);
  return here && here == essence(there, wanted);
}

void add(std::string& differences, std::string one) {
  differences += (differences.empty() ? "" : "; ") + std::move(one);
}

}  // namespace

std::string difference(const WantedStack& wanted, const Value& inputs, const StackThere& there) {
  const Stack& stack = there.stack;
  std::string all;
  const bool rolled_back = stack.status == "UPDATE_ROLLBACK_COMPLETE";  // a healthy stack, but not the wanted one
  if (!is_good(stack.status) && !rolled_back) add(all, "its status is " + stack.status);
  if (!same_template(wanted, there.body)) add(all, "the template differs");
  const auto compare = [&](std::string_view what, std::string_view field, const Variables& here,
                           const std::map<std::string, std::string>& found_there) {
    for (const auto& [name, value] : here) {
      const auto found = found_there.find(name);
      if (found == found_there.end()) {
        add(all, fmt::format("{} {} is not there", what, name));
      } else if (found->second != value && found->second != "****") {
        add(all, is_secret(inputs, field, name)
                     ? fmt::format("{} {} differs", what, name)
                     : fmt::format("{} {} is '{}', not '{}'", what, name, found->second, value));
      }
    }
  };
  compare("parameter", "parameters", wanted.parameters,
          pairs(stack.description, "Parameters", "ParameterKey", "ParameterValue"));
  const auto tags = pairs(stack.description, "Tags", "Key", "Value");
  compare("tag", "tags", wanted.tags, tags);
  for (const auto& [name, value] : tags) {
    const bool known = std::ranges::any_of(wanted.tags, [&](const auto& tag) { return tag.first == name; });
    if (!known && !name.starts_with("aws:")) add(all, fmt::format("tag {} was added", name));
  }
  if (!same_json(wanted.policy, there.policy)) add(all, "the policy differs");
  if (wanted.is_protected.value_or(is_protected(stack)) != is_protected(stack)) {
    add(all, fmt::format("it is {}protected against deletion", is_protected(stack) ? "" : "not "));
  }
  if (std::string other = other_settings(wanted, stack.description); !other.empty()) add(all, std::move(other));
  return all;
}

}  // namespace verba
