// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "provider/cloudformation/stack_guards.h"
#include "provider/cloudformation/stack_status.h"
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

void add(std::string& differences, std::string one) {
  differences += (differences.empty() ? "" : "; ") + std::move(one);
}

}  // namespace

std::string difference(const WantedStack& wanted, const Value& inputs, const StackThere& there) {
  const Stack& stack = there.stack;
  std::string all;
  const bool rolled_back = stack.status == "UPDATE_ROLLBACK_COMPLETE";  // a healthy stack, but not the wanted one
  if (!is_good(stack.status) && !rolled_back) add(all, "its status is " + stack.status);
  if (text_of(there.body) != text_of(wanted.body)) add(all, "the template differs");
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
  if (wanted.notification_arns) {
    std::set<std::string> topics;
    for (const Value& arn : list_at(stack.description, {"NotificationARNs"})) topics.insert(arn.string());
    if (topics != std::set(wanted.notification_arns->begin(), wanted.notification_arns->end())) {
      add(all, "the topics that hear of it differ");
    }
  }
  return all;
}

}  // namespace verba
