// SPDX-License-Identifier: Apache-2.0
//
// How the stacks that somebody waits for are looked at, with as few calls as can be.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "aws/retry.h"
#include "provider/cloudformation/stack_watch.h"

namespace verba {
namespace {

/// Of all that is at work, so that a stack that is not among them rests.
constexpr std::string_view at_work[] = {"CREATE_IN_PROGRESS",
                                        "DELETE_IN_PROGRESS",
                                        "IMPORT_IN_PROGRESS",
                                        "IMPORT_ROLLBACK_IN_PROGRESS",
                                        "ROLLBACK_IN_PROGRESS",
                                        "UPDATE_IN_PROGRESS",
                                        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_IN_PROGRESS",
                                        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"};

bool is_id(std::string_view stack) {
  return stack.starts_with("arn:");
}

}  // namespace

Async<AwsAnswer> StackWatch::call(std::string action, Variables parameters, Stop& stop) {
  count_calls(1);
  Async<AwsAnswer> asking = call_stacks(account_, std::move(action), std::move(parameters), stop);
  AwsAnswer answer = co_await asking;
  throttled_ = throttled_ || (answer.failure && trouble_of(*answer.failure) == AwsTrouble::throttled);
  co_return answer;
}

Async<StackWatch::Looks> StackWatch::see(std::vector<std::string> stacks, Stop& stop) {
  Looks looks;
  if (pages_ > busy_pages_ && stacks.size() > busy_pages_ && std::ranges::all_of(stacks, is_id)) {
    Async<bool> listing = look_at_busy(stacks, &looks, stop);
    co_await listing;
  }
  if (stacks.size() - looks.size() > pages_ && !throttled_) {
    Async<bool> paging = look_by_pages(stacks, &looks, stop);
    co_await paging;
  }
  for (const std::string& stack : stacks) {
    if (throttled_ || stop.requested()) break;  // the others wait for the next look
    if (looks.contains(stack)) continue;
    count_calls(1);
    Async<StackLook> asking = look_at(account_, stack, stop);
    StackLook one = co_await asking;
    throttled_ = one.failure && trouble_of(*one.failure) == AwsTrouble::throttled;
    looks.emplace(stack, std::move(one));
  }
  co_return looks;
}

/// Those of them that are at work: with their status, and nothing else.
Async<bool> StackWatch::look_at_busy(const std::vector<std::string>& ids, Looks* looks, Stop& stop) {
  std::string next;
  std::size_t pages = 0;
  do {
    Variables parameters;
    std::size_t number = 0;
    for (const std::string_view status : at_work) {
      parameters.emplace_back(fmt::format("StackStatusFilter.member.{}", ++number), status);
    }
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call("ListStacks", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) {
      busy_pages_ = pages_;  // who may not list them asks otherwise
      looks->clear();
      co_return false;
    }
    for (const Value& summary : list_at(answer.value, {"StackSummaries"})) {
      Stack stack = stack_of(summary);
      const std::string id = stack.id;
      if (std::ranges::binary_search(ids, id)) looks->emplace(id, StackLook{.stack = std::move(stack)});
    }
    next = text_at(answer.value, {"NextToken"});
    ++pages;
  } while (!next.empty());
  busy_pages_ = pages;
  co_return true;
}

/// Stacks that have gone are on no page: of one that is asked for by its name there is none then.
Async<bool> StackWatch::look_by_pages(const std::vector<std::string>& stacks, Looks* looks, Stop& stop) {
  std::string next;
  std::size_t pages = 0;
  do {
    Variables parameters;
    if (!next.empty()) parameters.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call("DescribeStacks", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    if (answer.failure) co_return false;
    for (const Value& description : list_at(answer.value, {"Stacks"})) {
      const StackLook look{.stack = stack_of(description)};
      for (const std::string* asked : {&look.stack->id, &look.stack->name}) {
        if (std::ranges::binary_search(stacks, *asked)) looks->insert_or_assign(*asked, look);
      }
    }
    next = text_at(answer.value, {"NextToken"});
    ++pages;
  } while (!next.empty());
  pages_ = pages;
  for (const std::string& stack : stacks) {
    if (!is_id(stack)) looks->try_emplace(stack);
  }
  co_return true;
}

}  // namespace verba
