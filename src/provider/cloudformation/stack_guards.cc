// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_guards.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "aws/retry.h"
#include "provider/cloudformation/template_exchange.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {
namespace {

/// What all stacks of an account and region say of it, filled in; "": there is more that only AWS knows.
std::string filled_in(std::string text, const StackArn& at) {
  const std::pair<std::string_view, const std::string&> known[] = {{"${AWS::Region}", at.region},
                                                                   {"${AWS::AccountId}", at.account}};
  for (const auto& [mark, value] : known) {
    for (std::size_t begin = text.find(mark); begin != std::string::npos; begin = text.find(mark, begin)) {
      text.replace(begin, mark.size(), value);
    }
  }
  return text.find("${AWS::") == std::string::npos ? text : "";
}

/// All of one export. That it is imported by none is told by an error, and who may not ask does without.
Async<Importers> imports_of(AwsAccount& account, std::string name, Stop& stop) {
  Importers importers;
  std::vector<std::string> stacks;
  std::string next;
  do {
    Variables parameters{{"ExportName", name}};
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call_stacks(account, "ListImports", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure && trouble_of(*answer.failure) != AwsTrouble::lasting) importers.failure = answer.failure;
    for (const Value& one : list_at(answer.value, {"Imports"})) {
      if (one.is_string()) stacks.push_back(one.string());
    }
    next = text_at(answer.value, {"NextToken"});
  } while (!next.empty());
  std::ranges::sort(stacks);
  if (!stacks.empty()) importers.all.emplace_back(std::move(name), std::move(stacks));
  co_return importers;
}

}  // namespace

Async<std::optional<AwsFailure>> set_stack_policy(AwsAccount& account, std::string stack, std::string policy,
                                                  Stop& stop) {
  Async<AwsAnswer> setting = call_stacks(
      account, "SetStackPolicy", {{"StackName", std::move(stack)}, {"StackPolicyBody", std::move(policy)}}, stop);
  AwsAnswer answer = co_await setting;
  co_return std::move(answer.failure);
}

Async<std::string> stack_policy(AwsAccount& account, std::string stack, Stop& stop) {
  Async<AwsAnswer> asking = call_stacks(account, "GetStackPolicy", {{"StackName", std::move(stack)}}, stop);
  const AwsAnswer answer = co_await asking;
  co_return text_at(answer.value, {"StackPolicyBody"});
}

Async<std::optional<AwsFailure>> set_protection(AwsAccount& account, std::string stack, bool is_protected, Stop& stop) {
  Async<AwsAnswer> setting = call_stacks(
      account, "UpdateTerminationProtection",
      {{"StackName", std::move(stack)}, {"EnableTerminationProtection", is_protected ? "true" : "false"}}, stop);
  AwsAnswer answer = co_await setting;
  co_return std::move(answer.failure);
}

bool is_protected(const Stack& stack) {
  return text_at(stack.description, {"EnableTerminationProtection"}) == "true";
}

std::vector<std::string> exports_of(const Stack& stack) {
  std::vector<std::string> names;
  for (const Value& output : list_at(stack.description, {"Outputs"})) {
    if (std::string name = text_at(output, {"ExportName"}); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> lost_exports(const Stack& stack, const std::vector<WantedExport>& wanted) {
  const StackArn place = arn_of(stack.id);
  std::set<std::string> names;
  std::set<std::string> worked_out;  // outputs whose names are
  for (const WantedExport& one : wanted) {
    if (one.output.empty()) return {};
    const std::string name = one.name ? filled_in(*one.name, place) : "";
    name.empty() ? worked_out.insert(one.output) : names.insert(name);
  }
  std::vector<std::string> lost;
  for (const Value& output : list_at(stack.description, {"Outputs"})) {
    std::string name = text_at(output, {"ExportName"});
    const bool is_there = names.contains(name) || worked_out.contains(text_at(output, {"OutputKey"}));
    if (!name.empty() && !is_there) lost.push_back(std::move(name));
  }
  return lost;
}

Async<Importers> importers_of(AwsAccount& account, std::vector<std::string> exports, Stop& stop) {
  Importers all;
  for (const std::string& name : exports) {
    Async<Importers> asking = imports_of(account, name, stop);
    const Importers one = co_await asking;
    if (one.failure) co_return one;
    all.all.insert(all.all.end(), one.all.begin(), one.all.end());
  }
  co_return all;
}

std::string Importers::told() const {
  std::string text;
  for (const auto& [name, stacks] : all) {
    text += fmt::format("{}{} is imported by {}", text.empty() ? "" : "; ", name, fmt::join(stacks, ", "));
  }
  return text;
}

std::vector<std::string> changed_exports(const Stack& stack, const Terms& wanted) {
  std::vector<std::string> changed;
  for (const Value& output : list_at(stack.description, {"Outputs"})) {
    std::string name = text_at(output, {"ExportName"});
    const auto given = std::ranges::find(wanted.gives, name, &Terms::Given::name);
    if (name.empty() || given == wanted.gives.end() || !given->value) continue;
    if (*given->value != text_at(output, {"OutputValue"})) changed.push_back(std::move(name));
  }
  return changed;
}

namespace {

Terms terms_at(const StackArn& at, const Resource& wanted) {
  Terms terms = terms_of_stack(wanted);
  for (Terms::Given& one : terms.gives) {
    one.name = filled_in(std::move(one.name), at);
    if (one.value) one.value = filled_in(*std::move(one.value), at);
    if (one.value && one.value->empty()) one.value.reset();
  }
  return terms;
}

}  // namespace

Async<Holding> held_exports(AwsAccount& account, std::string id, std::optional<Resource> wanted, Stop& stop) {
  Holding holding;
  const StackArn place = arn_of(id);
  Async<StackLook> looking = look_at(account, std::move(id), stop);
  const StackLook look = co_await looking;
  if (look.failure) holding.problem = to_string(*look.failure);
  if (!look.stack) co_return holding;
  std::vector<std::string> names =
      wanted ? lost_exports(*look.stack, exports_of_template(*wanted)) : exports_of(*look.stack);
  const std::size_t lost = names.size();
  if (wanted) std::ranges::move(changed_exports(*look.stack, terms_at(place, *wanted)), std::back_inserter(names));
  const std::vector<std::string> changed(names.begin() + static_cast<std::ptrdiff_t>(lost), names.end());
  Async<Importers> asking = importers_of(account, std::move(names), stop);
  Importers importers = co_await asking;
  if (importers.failure) holding.problem = to_string(*importers.failure);
  for (auto& [name, stacks] : importers.all) {
    const bool stays = std::ranges::find(changed, name) != changed.end();
    holding.all.push_back({std::move(name), std::move(stacks), stays});
  }
  co_return holding;
}

}  // namespace verba
