// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/drift_detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "os/system.h"
#include "provider/cloudformation/stack_calls.h"

namespace verba {
namespace {

constexpr std::size_t most_told = 20;
constexpr Milliseconds first_pause{100};
constexpr Milliseconds longest_pause{5'000};

std::string told(const Value& difference) {
  const auto text = [&](std::string_view name) { return text_at(difference, {name}); };
  const std::string kind = text("DifferenceType");
  if (kind == "ADD") return fmt::format("{} '{}' was added", text("PropertyPath"), text("ActualValue"));
  if (kind == "REMOVE") return fmt::format("{} '{}' is gone", text("PropertyPath"), text("ExpectedValue"));
  return fmt::format("{} is '{}', not '{}'", text("PropertyPath"), text("ActualValue"), text("ExpectedValue"));
}

/// Who stands in for AWS may not know how to look, and answers with a status of 500 and a page, or that there is no
/// such action.
DriftDetection not_begun(const AwsFailure& failure) {
  const bool cannot = failure.code == "InvalidAction" || (failure.code.empty() && failure.status == 500);
  return {cannot ? DriftDetection::End::refused : DriftDetection::End::unknown, "", to_string(failure)};
}

DriftDetection lost(const AwsFailure& failure) {
  return {DriftDetection::End::unknown, "", to_string(failure)};
}

/// All that are not as they should be.
Async<DriftDetection> read_drifts(AwsAccount& account, std::string stack, Stop& stop) {
  List drifts;
  std::string next;
  do {
    Variables parameters{{"StackName", stack},
                         {"StackResourceDriftStatusFilters.member.1", "MODIFIED"},
                         {"StackResourceDriftStatusFilters.member.2", "DELETED"}};
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call_stacks(account, "DescribeStackResourceDrifts", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return lost(*answer.failure);
    for (const Value& drift : list_at(answer.value, {"StackResourceDrifts"})) drifts.push_back(drift);
    next = text_at(answer.value, {"NextToken"});
  } while (!next.empty());
  co_return DriftDetection{DriftDetection::End::done, told(drifts)};
}

}  // namespace

std::string told(const List& drifts) {
  std::vector<std::string> all;
  for (const Value& drift : drifts) {
    const std::string of =
        fmt::format("{} ({})", text_at(drift, {"LogicalResourceId"}), text_at(drift, {"ResourceType"}));
    if (text_at(drift, {"StackResourceDriftStatus"}) == "DELETED") all.push_back(of + " is gone");
    for (const Value& difference : list_at(drift, {"PropertyDifferences"})) all.push_back(of + ": " + told(difference));
  }
  std::ranges::sort(all);
  if (all.size() <= most_told) return fmt::format("{}", fmt::join(all, "; "));
  const std::size_t others = all.size() - most_told;
  all.resize(most_told);
  return fmt::format("{}; and {} more", fmt::join(all, "; "), others);
}

Async<DriftDetection> detect_drift(AwsAccount& account, System& system, std::string stack, Milliseconds limit,
                                   Stop& stop) {
  Async<AwsAnswer> beginning = call_stacks(account, "DetectStackDrift", {{"StackName", stack}}, stop);
  const AwsAnswer begun = co_await beginning;
  if (begun.failure) co_return not_begun(*begun.failure);
  const std::string id = text_at(begun.value, {"StackDriftDetectionId"});
  const auto end = system.steady() + limit;
  for (Milliseconds pause = first_pause; system.steady() < end; pause = std::min(pause * 2, longest_pause)) {
    Async<AwsAnswer> asking =
        call_stacks(account, "DescribeStackDriftDetectionStatus", {{"StackDriftDetectionId", id}}, stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return lost(*answer.failure);
    // One that failed may have found something all the same.
    if (text_at(answer.value, {"DetectionStatus"}) != "DETECTION_IN_PROGRESS") {
      Async<DriftDetection> reading = read_drifts(account, stack, stop);
      DriftDetection found = co_await reading;
      co_return found;
    }
    Async<bool> pausing = sleep(system, pause, stop);
    co_await pausing;
    if (stop.requested()) break;
  }
  co_return DriftDetection{DriftDetection::End::unknown, "", "CloudFormation did not come to an end in time"};
}

}  // namespace verba
