// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/stack_status.h"

namespace verba {
namespace {

constexpr std::size_t deepest_nesting = 5;
constexpr std::size_t events_of_nested = 2'000;

StackEvent event_of(const Value& value) {
  return {text_at(value, {"EventId"}),
          text_at(value, {"ResourceStatus"}),
          text_at(value, {"ResourceType"}),
          text_at(value, {"LogicalResourceId"}),
          text_at(value, {"PhysicalResourceId"}),
          text_at(value, {"StackId"}),
          text_at(value, {"ResourceStatusReason"}),
          text_at(value, {"ClientRequestToken"})};
}

/// Did it fail of itself, and not because something else had?
bool is_cause(const StackEvent& event) {
  std::string reason = event.reason;
  std::ranges::transform(reason, reason.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return is_failure(event.status) && !event.is_of_stack() && reason.find("cancelled") == std::string::npos;
}

std::string described(const StackEvent& event) {
  return fmt::format("{} ({}): {}: {}", event.logical, event.type, event.status,
                     event.reason.empty() ? "no reason is given" : event.reason);
}

/// One page, from `next` on; false at the end.
Async<bool> read_page(AwsAccount& account, std::string stack_id, std::string* next, std::vector<StackEvent>* events,
                      Stop& stop) {
  Variables parameters{{"StackName", std::move(stack_id)}};
  if (!next->empty()) parameters.emplace_back("NextToken", *next);
  Async<AwsAnswer> asking = call_stacks(account, "DescribeStackEvents", std::move(parameters), stop);
  const AwsAnswer answer = co_await asking;
  for (const Value& one : list_at(answer.value, {"StackEvents"})) events->push_back(event_of(one));
  *next = text_at(answer.value, {"NextToken"});
  co_return answer.good() && !next->empty();
}

}  // namespace

Async<std::vector<StackEvent>> read_events(AwsAccount& account, std::string stack_id, std::size_t limit, Stop& stop) {
  std::vector<StackEvent> events;
  std::string next;
  for (bool more = true; more && events.size() < limit;) {
    Async<bool> reading = read_page(account, stack_id, &next, &events, stop);
    more = co_await reading;
  }
  co_return events;
}

StackEvents::StackEvents(AwsAccount& account, std::string stack_id, std::string token)
    : account_(account), stack_id_(std::move(stack_id)), token_(std::move(token)) {}

Async<std::vector<StackEvent>> StackEvents::read(Stop& stop) {
  std::vector<StackEvent> page;
  std::vector<StackEvent> fresh;
  std::string next;
  for (bool more = true; more; page.clear()) {
    Async<bool> reading = read_page(account_, stack_id_, &next, &page, stop);
    more = co_await reading;
    for (StackEvent& event : page) {
      const bool is_ours = token_.empty() || event.token == token_;
      // What was seen, or is of an operation before, ends it: events come in order.
      if (!is_ours || seen_.contains(event.id)) more = false;
      if (is_ours && seen_.insert(event.id).second) fresh.push_back(std::move(event));
    }
    if (token_.empty() && !has_begun_) more = false;
  }
  if (token_.empty() && !std::exchange(has_begun_, true)) fresh.clear();
  std::ranges::reverse(fresh);
  for (const StackEvent& event : fresh) {
    if (is_cause(event)) failures_.push_back(event);
  }
  co_return fresh;
}

Async<std::string> StackEvents::root_cause(Stop& stop) {
  if (failures_.empty()) co_return std::string();
  StackEvent cause = failures_.front();
  for (std::size_t depth = 0; depth < deepest_nesting; ++depth) {
    if (cause.type != "AWS::CloudFormation::Stack" || cause.physical.empty()) break;
    Async<std::vector<StackEvent>> reading = read_events(account_, cause.physical, events_of_nested, stop);
    const std::vector<StackEvent> nested = co_await reading;
    const auto first = std::find_if(nested.rbegin(), nested.rend(), is_cause);
    if (first == nested.rend()) break;
    cause = *first;
  }
  co_return described(cause);
}

}  // namespace verba
