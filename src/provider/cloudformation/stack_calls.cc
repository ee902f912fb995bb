// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace verba {
namespace {

/// What is read of the answers of some actions, and is in all good ones.
struct Given {
  std::string_view action;
  std::string_view element;
};
constexpr std::array<Given, 15> all_given{{{"CreateChangeSet", "StackId"},
                                           {"DescribeChangeSet", "Status"},
                                           {"DescribeEvents", "OperationEvents"},
                                           {"DescribeStackDriftDetectionStatus", "DetectionStatus"},
                                           {"DescribeStackEvents", "StackEvents"},
                                           {"DescribeStackResourceDrifts", "StackResourceDrifts"},
                                           {"DescribeStacks", "Stacks"},
                                           {"DetectStackDrift", "StackDriftDetectionId"},
                                           {"GetTemplate", "TemplateBody"},
                                           {"ListChangeSets", "Summaries"},
                                           {"ListImports", "Imports"},
                                           {"ListStackResources", "StackResourceSummaries"},
                                           {"ListStacks", "StackSummaries"},
                                           {"DeleteStack", ""},
                                           {"SetStackPolicy", ""}}};

/// Below ACTIONResponse. Two actions have no result at all.
std::string answered_by(const std::string& action) {
  for (const Given& one : all_given) {
    if (one.action != action) continue;
    return one.element.empty() ? "" : action + "Result/" + std::string(one.element);
  }
  return action + "Result";
}

}  // namespace

const AwsService& cloudformation_service() {
  static const AwsService service{
      .name = "cloudformation", .id = "cloudformation", .version = "2010-05-15", .title = "CloudFormation"};
  return service;
}

Async<AwsAnswer> call_stacks(AwsAccount& account, std::string action, Variables parameters, Stop& stop) {
  const AwsService& service = cloudformation_service();
  const auto asked = std::ranges::find(parameters, "NextToken", &Variables::value_type::first);
  const std::string page = asked == parameters.end() ? "" : asked->second;
  AwsMessage message = query_message(service, action, std::move(parameters), answered_by(action));
  Async<AwsAnswer> asking = account.call(service, std::move(message), stop);
  AwsAnswer answer = co_await asking;
  if (answer.good()) {
    const Value* result = at(answer.value, {action + "Result"});
    Value inner = result != nullptr ? *result : Value(Map{});
    answer.value = std::move(inner);
    if (!page.empty() && text_at(answer.value, {"NextToken"}) == page) {
      answer.value = Map{};
      answer.failure.emplace().message = fmt::format("{} gives a page that is followed by itself", action);
    }
  }
  co_return answer;
}

StackArn arn_of(std::string_view id) {
  // arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/ID
  std::vector<std::string> parts;
  for (std::size_t end = 0; parts.size() < 5 && end != std::string_view::npos;) {
    end = id.find(':');
    parts.emplace_back(id.substr(0, end));
    id.remove_prefix(end == std::string_view::npos ? id.size() : end + 1);
  }
  if (parts.size() < 5 || parts[0] != "arn" || parts[2] != "cloudformation" || !id.starts_with("stack/")) return {};
  id.remove_prefix(6);
  return {parts[3], parts[4], std::string(id.substr(0, id.find('/')))};
}

Stack stack_of(const Value& description) {
  return {text_at(description, {"StackId"}), text_at(description, {"StackName"}), text_at(description, {"StackStatus"}),
          text_at(description, {"StackStatusReason"}), description};
}

bool says_absent(const AwsFailure& failure) {
  return failure.code == "ValidationError" && failure.message.find("does not exist") != std::string::npos;
}

bool says_no_changes(std::string_view reason) {
  return reason.starts_with("The submitted information didn't contain changes") ||
         reason.starts_with("No updates are to be performed");
}

Async<StackLook> look_at(AwsAccount& account, std::string name, Stop& stop) {
  Async<AwsAnswer> asking = call_stacks(account, "DescribeStacks", {{"StackName", std::move(name)}}, stop);
  const AwsAnswer answer = co_await asking;
  StackLook look;
  if (answer.failure) {
    if (!says_absent(*answer.failure)) look.failure = answer.failure;
    co_return look;
  }
  const List& stacks = list_at(answer.value, {"Stacks"});
  if (!stacks.empty()) {
    look.stack = stack_of(stacks.front());
  } else {
    look.failure = {.code = "", .message = "the answer has no stack", .request_id = "", .status = 200};
  }
  co_return look;
}

Value outputs_of(const Stack& stack) {
  Map outputs;
  for (const Value& output : list_at(stack.description, {"Outputs"})) {
    outputs.set(text_at(output, {"OutputKey"}), text_at(output, {"OutputValue"}));
  }
  outputs.set("stackId", stack.id);
  return Value(std::move(outputs));
}

}  // namespace verba
