// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_guards.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "aws/retry.h"
#include "provider/cloudformation/template_artifacts.h"

namespace verba {
namespace {

const Value* export_name(const Value& output) {
  return at(output, {"Export", "Name"});
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
  if (!stacks.empty()) importers.told = fmt::format("{} is imported by {}", name, fmt::join(stacks, ", "));
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

std::vector<std::string> lost_exports(const Stack& stack, const std::string& body) {
  const std::optional<Value> tree = parse_template(body);
  if (!tree) return {};
  const Value* outputs = tree->find("Outputs");
  std::set<std::string> written;  // names that are plain texts
  std::set<std::string> worked_out;
  for (const auto& [key, output] : outputs != nullptr && outputs->is_map() ? outputs->map() : Map()) {
    const Value* name = export_name(output);
    if (name == nullptr) continue;
    name->is_string() ? written.insert(name->string()) : worked_out.insert(key.name);
  }
  std::vector<std::string> lost;
  for (const Value& output : list_at(stack.description, {"Outputs"})) {
    std::string name = text_at(output, {"ExportName"});
    const bool is_there = written.contains(name) || worked_out.contains(text_at(output, {"OutputKey"}));
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
    all.told += (all.told.empty() || one.told.empty() ? "" : "; ") + one.told;
  }
  co_return all;
}

}  // namespace verba
