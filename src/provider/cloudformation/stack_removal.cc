// SPDX-License-Identifier: Apache-2.0
//
// The other way of a stack: out.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "provider/cloudformation/stack_buckets.h"
#include "provider/cloudformation/stack_guards.h"
#include "provider/cloudformation/stack_resources.h"
#include "provider/cloudformation/stack_status.h"
#include "provider/cloudformation/stack_work.h"
#include "provider/ending.h"

namespace verba {

Async<std::optional<Outcome>> StackWork::clear_away(Stack stack, const WantedStack& wanted) {
  log(fmt::format("the stack is in {}, and cannot be updated: it is deleted and made anew", stack.status));
  Async<Outcome> removing = remove({.known = stack.id,
                                    .recorded = stack.id,
                                    .empties = wanted.empty_buckets,
                                    .adopts = true,
                                    .retained = wanted.retained});
  Outcome removed = co_await removing;
  if (std::holds_alternative<Succeeded>(removed)) co_return std::nullopt;
  co_return removed;
}

Async<bool> StackWork::was_taken_over(Stack stack) {
  const std::string owner = owner_token(attempt_);
  // arn:PARTITION:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID; a name of ours is as long for every owner
  const std::string set = text_at(stack.description, {"ChangeSetId"});
  const std::string_view name = std::string_view(set).substr(std::min(set.find('/') + 1, set.size()));
  const std::string_view mark = std::string_view(owner).substr(0, owner.find('-') + 1);
  const bool is_theirs =
      name.starts_with(mark) && name.substr(0, owner.size()).ends_with('-') && !name.starts_with(owner);
  if (!is_theirs) co_return false;
  Async<std::vector<StackEvent>> reading = read_events(account_, stack.id, events_of_stack, limit_.stop());
  const std::vector<StackEvent> events = co_await reading;
  co_return std::ranges::any_of(events, [&](const StackEvent& event) { return event.token.starts_with(owner); });
}

Async<std::optional<Outcome>> StackWork::may_go(Stack stack, bool lifts_protection) {
  const std::string doing = fmt::format("deleting the stack {}", stack.name);
  Async<Importers> asking = importers_of(account_, exports_of(stack), limit_.stop());
  const Importers importers = co_await asking;
  if (importers.failure) co_return failed_call(*importers.failure, doing);
  if (!importers.all.empty()) {
    Failed failed = failed_for_good(fmt::format("{}: {}", doing, importers.told()),
                                    "delete those stacks first, or let them do without it");
    co_return Outcome(std::move(failed));
  }
  if (!is_protected(stack)) co_return std::nullopt;
  if (!lifts_protection) {
    co_return Outcome(failed_for_good(doing + ": it is protected against deletion",
                                      "apply `terminationProtection: false`, then delete it"));
  }
  Async<std::optional<AwsFailure>> setting = set_protection(account_, stack.id, false, limit_.stop());
  const std::optional<AwsFailure> failure = co_await setting;
  if (failure) co_return failed_call(*failure, doing);
  co_return std::nullopt;
}

Async<std::vector<std::string>> StackWork::staying_of(const Removal& removal, Stack stack) {
  std::vector<std::string> staying;
  if (stack.status != "DELETE_FAILED" || removal.retained.empty()) co_return staying;
  Async<StackResources> listing = resources_of(account_, stack.id, limit_.stop());
  const StackResources resources = co_await listing;
  for (const StackResource& one : resources.all) {
    if (one.status != "DELETE_FAILED") continue;
    const auto& retained = removal.retained;
    if (std::ranges::find(retained, one.logical) == retained.end()) co_return std::vector<std::string>();
    staying.push_back(one.logical);
  }
  co_return staying;
}

Async<std::optional<Outcome>> StackWork::begin_removal(const Removal& removal, const Stack& stack,
                                                       const std::string& token,
                                                       const std::vector<std::string>& staying) {
  const std::string doing = fmt::format("deleting the stack {}", stack.name);
  Async<std::optional<Outcome>> asking = may_go(stack, removal.lifts_protection);
  std::optional<Outcome> refused = co_await asking;
  if (refused) co_return refused;
  Async<std::optional<AwsFailure>> emptying = empty_buckets(
      account_, removal.empties ? stack.id : "", staying, [this](const std::string& line) { log(line); },
      limit_.stop());
  const std::optional<AwsFailure> not_emptied = co_await emptying;
  if (not_emptied) co_return failed_call(*not_emptied, "emptying the buckets of the stack " + stack.name);
  Variables parameters{{"StackName", stack.id}, {"ClientRequestToken", token}};
  if (removal.express) parameters.emplace_back("DeploymentConfig.Mode", "EXPRESS");
  for (std::size_t i = 0; i < staying.size(); ++i) {
    parameters.emplace_back(fmt::format("RetainResources.member.{}", i + 1), staying[i]);
  }
  if (!staying.empty()) {
    log(fmt::format("it is deleted without what could not be deleted: {}", fmt::join(staying, ", ")));
  }
  Async<AwsAnswer> deleting = call_stacks(account_, "DeleteStack", std::move(parameters), limit_.stop());
  const AwsAnswer answer = co_await deleting;
  if (answer.failure && answer.failure->in_doubt) {
    co_return Outcome(InDoubt{doing + ": " + to_string(*answer.failure), stack.id, false});
  }
  if (answer.failure) co_return failed_call(*answer.failure, doing);
  co_return std::nullopt;
}

Async<Outcome> StackWork::remove(Removal removal) {
  std::set<std::string> left_there;
  std::string doing = fmt::format("deleting the stack {}", removal.known);
  for (int i = 0; i < preparations; ++i) {
    Async<StackLook> looking = watch_->now(removal.known, limit_.stop());
    const StackLook look = co_await looking;
    if (look.failure) co_return failed_call(*look.failure, doing);
    if (!look.stack) {
      Async<std::optional<Outcome>> asking = require_here(removal.recorded);
      std::optional<Outcome> other = co_await asking;
      if (other) co_return *std::move(other);
    }
    if (!look.stack || rest_of(look.stack->status) == StackRest::gone) co_return Outcome(Succeeded{Map{}});
    doing = fmt::format("deleting the stack {}", look.stack->name);
    const bool goes = look.stack->status == "DELETE_IN_PROGRESS";  // whosever it is
    if (look.stack->id != removal.recorded && !goes) {
      Async<Made> asking = who_made(*look.stack);
      const Made made = co_await asking;
      if (limit_.stop().requested()) co_return Outcome(Cancelled{});
      if (made.failure) co_return failed_call(*made.failure, doing);
      if (made.by == Made::By::unknown) {
        co_return Outcome(
            failed_for_good(doing + ": its events do not tell who made it",
                            "if it is this task's, delete it by hand, or take it over with `adopt: true`"));
      }
      if (made.by == Made::By::others) {
        log(fmt::format("the stack {} was not made by this task: it is left as it is", look.stack->name));
        co_return Outcome(Succeeded{Map{}});
      }
      removal.recorded = look.stack->id;
    }
    if (i == 0 && !goes && !removal.adopts) {
      Async<bool> asking = was_taken_over(*look.stack);
      const bool is_theirs = co_await asking;
      if (is_theirs) {
        co_return Outcome(
            failed_for_good(doing + ": another task, or one of another state, has changed it since this one did",
                            "where it is that one's now, `verba state rm` forgets it here; to delete it all the same, "
                            "apply with `adopt: true` before"));
      }
    }
    const bool is_ours = look.stack->id == removal.recorded;
    const StackRest rest = rest_of(look.stack->status);
    if (rest == StackRest::unknown) co_return not_known(*look.stack);
    const bool busy = rest == StackRest::busy;
    std::vector<std::string> staying;
    const std::string token = busy ? "" : fmt::format("{}-delete{}", token_, i == 0 ? "" : std::to_string(i + 1));
    if (busy) {
      log(fmt::format("the stack is in {}: waiting for its end", look.stack->status));
    } else {
      Async<std::vector<std::string>> asking = staying_of(removal, *look.stack);
      staying = co_await asking;
      Async<std::optional<Outcome>> beginning = begin_removal(removal, *look.stack, token, staying);
      std::optional<Outcome> refused = co_await beginning;
      if (refused) co_return *std::move(refused);
    }
    StackEvents events(account_, look.stack->id, token);
    Async<std::optional<StackLook>> following = follow(look.stack->id, &events);
    const std::optional<StackLook> end = co_await following;
    if (!end) co_return broken_off(look.stack->name, look.stack->id);
    left_there.insert(events.left_there().begin(), events.left_there().end());
    if (!end->stack || rest_of(end->stack->status) == StackRest::gone) {
      for (const std::string& left : left_there) log("stays: " + left);
      co_return Outcome(Succeeded{Map{}});
    }
    if (busy && (!goes || !is_ours)) continue;
    if (staying.empty()) {  // it was not tried without them
      Async<std::vector<std::string>> asking = staying_of(removal, *end->stack);
      const std::vector<std::string> without = co_await asking;
      if (!without.empty()) continue;
    }
    Async<Outcome> telling = failed(*end->stack, &events, "deleting");
    Outcome outcome = co_await telling;
    co_return outcome;
  }
  co_return Outcome(failed_for_good(doing + ": it does not come to rest", ""));
}

}  // namespace verba
