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

constexpr std::string_view stack_type = "AWS::CloudFormation::Stack";
constexpr std::size_t deepest_nesting = 5;
constexpr std::size_t events_of_nested = 2'000;

StackEvent event_of(const Value& value) {
  return {text_at(value, {"EventId"}),
          text_at(value, {"Timestamp"}),
          text_at(value, {"ResourceStatus"}),
          text_at(value, {"ResourceType"}),
          text_at(value, {"LogicalResourceId"}),
          text_at(value, {"PhysicalResourceId"}),
          text_at(value, {"StackId"}),
          text_at(value, {"ResourceStatusReason"}),
          text_at(value, {"ClientRequestToken"}),
          ""};
}

/// Did it fail of itself, and not because something else had?
bool is_cause(const StackEvent& event) {
  std::string reason = event.reason;
  std::ranges::transform(reason, reason.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return is_failure(event.status) && !event.is_of_stack() && reason.find("cancelled") == std::string::npos;
}

/// Does the stack say of itself that it failed? That somebody had it rolled back is no failure.
bool is_own_failure(const StackEvent& event) {
  return event.path.empty() && event.is_of_stack() && event.reason != "User Initiated" &&
         (is_failure(event.status) || event.status.ends_with("ROLLBACK_IN_PROGRESS"));
}

std::string described(const StackEvent& event) {
  return fmt::format("{}{} ({}): {}: {}", event.path, event.logical, event.type, event.status,
                     event.reason.empty() ? "no reason is given" : event.reason);
}

/// One page, from `next` on; false at the end.
Async<bool> read_page(AwsAccount& account, std::string stack_id, std::string* next, std::vector<StackEvent>* events,
                      Stop& stop, std::optional<AwsFailure>* failure = nullptr) {
  Variables parameters{{"StackName", std::move(stack_id)}};
  if (!next->empty()) parameters.emplace_back("NextToken", *next);
  Async<AwsAnswer> asking = call_stacks(account, "DescribeStackEvents", std::move(parameters), stop);
  const AwsAnswer answer = co_await asking;
  for (const Value& one : list_at(answer.value, {"StackEvents"})) events->push_back(event_of(one));
  if (failure != nullptr) *failure = answer.failure;
  *next = text_at(answer.value, {"NextToken"});
  co_return answer.good() && !next->empty();
}

}  // namespace

Async<std::vector<StackEvent>> read_events(AwsAccount& account, std::string stack_id, std::size_t limit, Stop& stop,
                                           std::optional<AwsFailure>* failure) {
  std::vector<StackEvent> events;
  std::string next;
  for (bool more = true; more && events.size() < limit;) {
    Async<bool> reading = read_page(account, stack_id, &next, &events, stop, failure);
    more = co_await reading;
  }
  co_return events;
}

StackEvents::StackEvents(AwsAccount& account, std::string stack_id, std::string token)
    : account_(account), token_(std::move(token)), sources_{{std::move(stack_id), ""}} {}

bool StackEvents::is_of_operation(const StackEvent& event) const {
  return event.path.empty() ? token_.empty() || event.token == token_ : event.at >= begin_;
}

Async<std::vector<StackEvent>> StackEvents::read_source(std::size_t index, Stop& stop) {
  std::vector<StackEvent> page;
  std::vector<StackEvent> fresh;
  std::string next;
  const bool is_first = index == 0 && token_.empty() && !has_begun_;
  for (bool more = true; more; page.clear()) {
    Async<bool> reading = read_page(account_, sources_[index].stack, &next, &page, stop);
    more = co_await reading;
    for (StackEvent& event : page) {
      event.path = sources_[index].path;
      const bool is_ours = is_of_operation(event);
      // What was seen, or is of an operation before, ends it: events come in order.
      if (!is_ours || sources_[index].seen.contains(event.id)) more = false;
      if (is_ours && sources_[index].seen.insert(event.id).second) fresh.push_back(std::move(event));
    }
    if (is_first) more = false;
  }
  if (index == 0 && begin_.empty() && !fresh.empty()) begin_ = (is_first ? fresh.front() : fresh.back()).at;
  if (is_first) fresh.clear();
  if (index == 0) has_begun_ = true;
  std::ranges::reverse(fresh);
  co_return fresh;
}

void StackEvents::note(const StackEvent& event) {
  if (event.type != stack_type) return;
  const auto known = std::ranges::find(sources_, event.physical, &Source::stack);
  if (event.is_of_stack()) {
    if (known != sources_.end()) known->rests = !event.status.ends_with("_IN_PROGRESS");
  } else if (!event.physical.empty() && known == sources_.end()) {
    sources_.push_back({event.physical, event.path + event.logical + "/"});
  } else if (known != sources_.end() && event.status.ends_with("_IN_PROGRESS")) {
    known->rests = false;
  }
}

std::size_t StackEvents::calls() const {
  return 1 + static_cast<std::size_t>(std::ranges::count(sources_.begin() + 1, sources_.end(), false, &Source::rests));
}

Async<std::vector<StackEvent>> StackEvents::read(Stop& stop) {
  std::vector<StackEvent> all;
  for (std::size_t i = 0; i < sources_.size(); ++i) {  // reading one may tell of others
    if (i > 0 && sources_[i].rests) continue;
    Async<std::vector<StackEvent>> reading = read_source(i, stop);
    const std::vector<StackEvent> fresh = co_await reading;
    for (const StackEvent& event : fresh) {
      note(event);
      if (event.path.empty() || !event.is_of_stack()) all.push_back(event);
    }
  }
  std::ranges::stable_sort(all, {}, &StackEvent::at);
  for (const StackEvent& event : all) {
    if (is_cause(event)) failures_.push_back(event);
    if (own_failure_.empty() && is_own_failure(event)) own_failure_ = event.reason;
    if (event.status == "DELETE_SKIPPED") {
      left_there_.insert(fmt::format("{}{} ({}) {}", event.path, event.logical, event.type, event.physical));
    }
  }
  co_return all;
}

std::vector<std::string> StackEvents::not_deleted() const {
  std::set<std::string> names;
  for (const StackEvent& event : failures_) {
    if (event.path.empty() && event.status == "DELETE_FAILED") names.insert(event.logical);
  }
  return {names.begin(), names.end()};
}

Async<std::string> StackEvents::root_cause(Stop& stop) {
  if (failures_.empty()) co_return own_failure_;
  StackEvent cause = *std::ranges::min_element(failures_, {}, &StackEvent::at);
  for (std::size_t depth = 0; depth < deepest_nesting; ++depth) {
    if (cause.type != stack_type || cause.physical.empty()) break;
    Async<std::vector<StackEvent>> reading = read_events(account_, cause.physical, events_of_nested, stop);
    std::vector<StackEvent> nested = co_await reading;
    for (StackEvent& event : nested) event.path = cause.path + cause.logical + "/";
    const auto is_of_ours = [this](const StackEvent& event) { return is_of_operation(event) && is_cause(event); };
    const auto first = std::find_if(nested.rbegin(), nested.rend(), is_of_ours);
    if (first == nested.rend()) break;
    cause = *first;
  }
  co_return described(cause);
}

}  // namespace verba
