// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "provider/cloudformation/stack_calls.h"

namespace verba {
namespace {

constexpr std::size_t most_errors = 50;

/// "" of what is no error.
std::string error_in(const Value& event) {
  const auto text = [&](std::string_view name) { return text_at(event, {name}); };
  const bool is_mild = text("EventType") != "VALIDATION_ERROR" || text("ValidationFailureMode") == "WARN";
  if (is_mild || text("ValidationStatus") == "SKIPPED") return {};
  std::string line = text("LogicalResourceId");
  if (const std::string type = text("ResourceType"); !type.empty()) line += fmt::format(" ({})", type);
  if (const std::string path = text("ValidationPath"); !path.empty()) line += ", " + path;
  const std::string reason = text("ValidationStatusReason");
  return fmt::format("{}: {}", line, reason.empty() ? text("ValidationName") : reason);
}

}  // namespace

Async<std::vector<std::string>> validation_errors(AwsAccount& account, std::string change_set, Stop& stop) {
  std::vector<std::string> errors;
  std::string next;
  do {
    Variables which{{"ChangeSetName", change_set}, {"Filters.FailedEvents", "true"}};
    if (!next.empty()) which.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call_stacks(account, "DescribeEvents", std::move(which), stop);
    const AwsAnswer answer = co_await asking;
    for (const Value& event : list_at(answer.value, {"OperationEvents"})) {
      std::string error = error_in(event);
      if (!error.empty() && std::ranges::find(errors, error) == errors.end()) errors.push_back(std::move(error));
    }
    next = answer.good() ? text_at(answer.value, {"NextToken"}) : "";
  } while (!next.empty() && errors.size() < most_errors);
  co_return errors;
}

}  // namespace verba
