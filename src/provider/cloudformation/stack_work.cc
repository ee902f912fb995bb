// SPDX-License-Identifier: Apache-2.0
//
// The way of a stack: what is under way comes to rest (a run before us may have begun it), what is past updating is
// deleted, a change set is made and carried out, and its operation is followed by the stack's id until it rests.
#include "provider/cloudformation/stack_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "provider/cloudformation/drift_detection.h"
#include "provider/cloudformation/stack_guards.h"
#include "provider/cloudformation/stack_status.h"
#include "provider/cloudformation/stack_storage.h"
#include "provider/ending.h"

namespace verba {
namespace {

constexpr Milliseconds longest_silence{30'000};  ///< of AWS, that nothing is said of
constexpr int looks_in_vain = 20;                ///< that may fail in a row before a stack is given up
constexpr Milliseconds longest_cleanup{30'000};  ///< that is waited for
constexpr Milliseconds longest_detection{600'000};

std::string chance_of(System& system) {
  return sha256(system.random_bytes(16)).hex().substr(0, 12);
}

}  // namespace

StackWork::StackWork(Attempt& attempt, StackWatches& watches)
    : attempt_(attempt),
      account_(*attempt.aws),
      limit_(attempt),
      watch_(watches, account_, attempt.system),
      token_(run_token(attempt) + chance_of(attempt.system)) {}

Outcome StackWork::broken_off(const std::string& name, const std::string& id) const {
  const std::string now = status_.empty() ? "" : fmt::format(" ({})", status_);
  if (!trouble_.empty()) {
    return InDoubt{fmt::format("the stack {} cannot be followed any more{}: {}", name, now, trouble_), id, false};
  }
  const std::string after = limit_.timed_out() ? " after " + to_string(*attempt_.timeout) : "";
  return InDoubt{fmt::format("the stack {} is still at work{}{}", name, after, now), id, false};
}

/// With what to write otherwise.
Outcome StackWork::failed_call(const AwsFailure& failure, const std::string& doing) const {
  Outcome outcome = outcome_of(failure, doing, attempt_, limit_);
  Failed* failed = std::get_if<Failed>(&outcome);
  if (failed == nullptr) return outcome;
  if (failure.code == "InsufficientCapabilitiesException") {
    failed->hint = "write them into 'capabilities', if the template may do that";
  } else if (failure.message.find("Parameters: [") != std::string::npos) {
    failed->hint = "see 'parameters' of the task, and Parameters of the template";
  } else if (failure.message.find("_IN_PROGRESS state and can not be") != std::string::npos) {
    failed->retryable = true;
    failed->hint = "somebody else has begun to work on it: try again when that has ended";
  }
  return outcome;
}

/// Of a stack in which there is nothing yet but what is to be carried out, its change sets tell: without any, whoever
/// began it has given it up. Of any other one that we made, ours may be there still.
Async<StackWork::Made> StackWork::who_began(Stack stack) {
  const std::string owner = owner_token(attempt_);
  Async<AwsAnswer> asking = call_stacks(account_, "ListChangeSets", {{"StackName", stack.id}}, limit_.stop());
  const AwsAnswer answer = co_await asking;
  if (answer.failure) co_return Made{Made::By::unknown, answer.failure};
  const auto is_ours = [&](const Value& one) {
    const std::string name = text_at(one, {"ChangeSetName"});
    return name.starts_with(owner) && name.ends_with(makes_stack);
  };
  const auto& sets = list_at(answer.value, {"Summaries"});
  if (std::ranges::any_of(sets, is_ours)) co_return Made{Made::By::us};
  const bool is_reviewed = rest_of(stack.status) == StackRest::reviewed;
  if (sets.empty()) co_return Made{is_reviewed ? Made::By::us : Made::By::unknown};
  co_return Made{Made::By::others};
}

Async<StackWork::Made> StackWork::who_made(Stack stack) {
  if (rest_of(stack.status) == StackRest::reviewed) {
    Async<Made> asking = who_began(std::move(stack));
    Made made = co_await asking;
    co_return made;
  }
  std::optional<AwsFailure> failure;
  Async<std::vector<StackEvent>> reading = read_events(account_, stack.id, events_of_stack, limit_.stop(), &failure);
  const std::vector<StackEvent> events = co_await reading;
  const std::string owner = owner_token(attempt_);
  // Its making is the last one in them. Later operations may be ours, too, of a stack that was taken over. Ours have a
  // token, unless the server keeps none: then a change set tells.
  bool is_told = false;
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    const bool makes = event->status == "CREATE_IN_PROGRESS" || event->status == "IMPORT_IN_PROGRESS";
    if (!event->is_of_stack() || !makes) continue;
    is_told = true;
    if (event->token.empty()) break;
    co_return Made{event->token.starts_with(owner) ? Made::By::us : Made::By::others};
  }
  if (failure) co_return Made{Made::By::unknown, failure};
  Async<Made> asking = who_began(std::move(stack));
  const Made made = co_await asking;
  if (made.by_us()) co_return made;
  co_return Made{is_told ? Made::By::others : Made::By::unknown};  // who may not ask knows of no change set
}

Async<std::optional<StackLook>> StackWork::follow(std::string id, StackEvents* events, Until until) {
  auto heard = attempt_.system.steady();
  std::optional<StackLook> decided;  // what only cleans up
  auto decided_at = heard;
  bool told = false;
  for (int in_vain = 0;;) {
    Async<StackLook> looking = watch_->next(id, limit_.stop());
    StackLook look = co_await looking;
    if (limit_.stop().requested()) co_return decided;
    if (look.failure) {
      // That a look fails says nothing of the stack.
      const bool lasting = trouble_of(*look.failure) == AwsTrouble::lasting;
      const auto silence = std::chrono::duration_cast<Milliseconds>(attempt_.system.steady() - heard);
      if (!lasting && !told && silence >= longest_silence) {
        log(fmt::format("no answer of CloudFormation for {}: {}", to_string(silence), to_string(*look.failure)));
        told = true;
      }
      if (!lasting && ++in_vain < looks_in_vain) continue;
      trouble_ = to_string(*look.failure);
      co_return decided;
    }
    in_vain = 0;
    heard = attempt_.system.steady();
    told = false;
    if (look.stack) status_ = look.stack->status;
    const StackRest rest = look.stack ? rest_of(look.stack->status) : StackRest::gone;
    const bool rests = rest != StackRest::busy;
    if (until == Until::decided && look.stack && is_cleanup(look.stack->status)) {
      if (!decided) decided_at = heard;
      decided = look;
    }
    const bool is_enough = decided && !rests && heard - decided_at >= longest_cleanup;
    if (is_enough) log("what is left over is still being deleted: that is not waited for");
    const bool went_well = look.stack && is_good(look.stack->status);
    if ((rests && !went_well) || (watch_->are_few() && (rests || watch_->has_room(events->calls())))) {
      watch_->count_calls(events->calls());
      Async<std::vector<StackEvent>> reading = events->read(limit_.stop());
      const std::vector<StackEvent> fresh = co_await reading;
      for (const StackEvent& event : fresh) {
        log(fmt::format("{} {}{} ({}){}{}", event.status, event.path, event.logical, event.type,
                        event.reason.empty() ? "" : ": ", event.reason));
      }
    }
    if (rest == StackRest::unknown) {
      trouble_ = "verba does not know that status";
      co_return std::nullopt;
    }
    if (rests || is_enough) co_return look;
  }
}

Async<Outcome> StackWork::failed(Stack stack, StackEvents* events, std::string doing) {
  Async<std::string> asking = events->root_cause(limit_.stop());
  const std::string cause = co_await asking;
  Failed failed;
  failed.message = fmt::format("{} the stack {} failed: {}", doing, stack.name,
                               !cause.empty()         ? cause
                               : stack.reason.empty() ? stack.status
                                                      : stack.reason);
  if (stack.status == "ROLLBACK_COMPLETE") failed.hint = "what is left of it is deleted when it is made again";
  if (stack.status == "ROLLBACK_FAILED" || stack.status == "UPDATE_ROLLBACK_FAILED") {
    failed.hint = fmt::format("it could not be rolled back: its status is {}", stack.status);
  }
  if (const std::vector<std::string> left = events->not_deleted(); stack.status == "DELETE_FAILED" && !left.empty()) {
    failed.hint =
        fmt::format("remove what is in the way of {0}, or let it stay: `retainResources: [{0}]`; then delete it again",
                    fmt::join(left, ", "));
  }
  co_return Outcome(std::move(failed));
}

Async<std::optional<BadStack>> elsewhere(AwsAccount& account, std::string id, Stop& stop) {
  const StackArn arn = arn_of(id);
  if (arn.region.empty()) co_return std::nullopt;
  if (arn.region != account.region()) {
    co_return BadStack{fmt::format("the stack {} is in the region {}, and the account '{}' in {}", arn.name, arn.region,
                                   account.name(), account.region()),
                       fmt::format("give the account its region back: `region: {}`", arn.region)};
  }
  Async<AwsIdentity> identifying = account.identify(stop);
  const AwsIdentity identity = co_await identifying;
  if (identity.account_id == arn.account) co_return std::nullopt;
  if (identity.account_id.empty()) co_return BadStack{identity.why, identity.hint};
  co_return BadStack{fmt::format("the stack {} is in the account {} of AWS, and '{}' is {}", arn.name, arn.account,
                                 account.name(), identity.account_id),
                     "get into the account that it is in"};
}

Async<std::optional<Outcome>> StackWork::require_here(std::string id) {
  Async<std::optional<BadStack>> asking = elsewhere(account_, std::move(id), limit_.stop());
  const std::optional<BadStack> other = co_await asking;
  if (!other) co_return std::nullopt;
  co_return Outcome(failed_for_good(other->message, other->hint));
}

Outcome StackWork::not_ours(const WantedStack& wanted) const {
  return failed_for_good(fmt::format("there is a stack {} already, and this task did not make it", wanted.name),
                         "give it another name, or take it over with `adopt: true`");
}

/// What was done to it before has succeeded, or failed, and is not ours to be in doubt of.
Outcome StackWork::still_cleaning(const WantedStack& wanted) const {
  if (!limit_.timed_out()) return Cancelled{};
  Failed failed;
  failed.message = fmt::format("the stack {} is still in {} after {}: nothing was tried", wanted.name, status_,
                               to_string(*attempt_.timeout));
  failed.hint = "try again when what is left over of the update before has been deleted";
  failed.retryable = true;
  return failed;
}

/// Of a stack with which nothing was begun.
Outcome StackWork::not_known(const Stack& stack) const {
  return failed_for_good(fmt::format("the stack {} is in {}, which verba does not know", stack.name, stack.status),
                         "a newer verba may know it");
}

Async<std::optional<Outcome>> StackWork::prepare(const WantedStack& wanted, std::string recorded, Way* way) {
  const std::string doing = fmt::format("the stack {}", wanted.name);
  for (int i = 0; i < preparations; ++i) {
    Async<StackLook> looking = watch_->now(wanted.name, limit_.stop());
    const StackLook look = co_await looking;
    if (look.failure) {
      Outcome failed = failed_call(*look.failure, doing);
      co_return i == 0 ? not_begun(std::move(failed)) : std::move(failed);
    }
    if (i == 0 && (!look.stack || look.stack->id != recorded)) {
      Async<std::optional<Outcome>> asking = require_here(recorded);
      std::optional<Outcome> outcome = co_await asking;
      if (outcome) co_return not_begun(*std::move(outcome));
    }
    const StackRest rest = look.stack ? rest_of(look.stack->status) : StackRest::gone;
    if (rest == StackRest::unknown) co_return not_known(*look.stack);
    *way = rest == StackRest::usable ? Way::update : Way::create;
    if (rest == StackRest::gone) co_return std::nullopt;
    const bool goes = look.stack->status == "DELETE_IN_PROGRESS";  // whosever it is
    if (look.stack->id != recorded && !wanted.adopt && !goes) {
      Async<Made> asking = who_made(*look.stack);
      const Made made = co_await asking;
      if (limit_.stop().requested()) co_return Outcome(Cancelled{});
      if (made.failure) co_return failed_call(*made.failure, doing);
      if (!made.by_us()) co_return not_ours(wanted);
    }
    if (rest == StackRest::reviewed) co_return std::nullopt;
    if (rest == StackRest::usable) {
      if (look.stack->id != recorded && wanted.adopt) {
        log("the stack is taken over; where it is recorded besides, let it be forgotten there (`verba state rm`)");
      }
      before_ = look.stack;
      co_return std::nullopt;
    }
    if (rest == StackRest::dead) {
      Async<std::optional<Outcome>> clearing = clear_away(*look.stack, wanted);
      std::optional<Outcome> outcome = co_await clearing;
      if (outcome) co_return outcome;
      continue;
    }
    std::string token;
    if (rest == StackRest::stuck) {
      log("the stack is in UPDATE_ROLLBACK_FAILED: its rollback is continued");
      token = token_ + "-continue";
      Async<AwsAnswer> asking =
          call_stacks(account_, "ContinueUpdateRollback",
                      {{"StackName", look.stack->id}, {"ClientRequestToken", token}}, limit_.stop());
      const AwsAnswer answer = co_await asking;
      if (answer.failure) co_return failed_call(*answer.failure, doing);
    } else {
      log(fmt::format("the stack is in {}: waiting for its end", look.stack->status));
    }
    StackEvents events(account_, look.stack->id, token);
    Async<std::optional<StackLook>> following = follow(look.stack->id, &events);
    const std::optional<StackLook> end = co_await following;
    if (!end && is_cleanup(status_) && trouble_.empty()) co_return not_begun(still_cleaning(wanted));
    if (!end) co_return broken_off(wanted.name, look.stack->id);
    if (end->stack && rest_of(end->stack->status) == StackRest::stuck) {
      Async<Outcome> telling = failed(*end->stack, &events, "rolling back");
      Outcome outcome = co_await telling;
      co_return outcome;
    }
  }
  co_return Outcome(failed_for_good(fmt::format("the stack {} does not come to rest", wanted.name), ""));
}

Async<std::optional<Outcome>> StackWork::store(WantedStack* wanted, std::string* url) {
  StackStorage storage(
      account_, [this](const std::string& line) { log(line); }, limit_.stop());
  Async<std::optional<NotStored>> storing = storage.store(wanted, url);
  const std::optional<NotStored> failed = co_await storing;
  if (!failed) co_return std::nullopt;
  Outcome outcome = failed_call(failed->failure, failed->doing);
  if (Failed* told = std::get_if<Failed>(&outcome); told != nullptr && told->hint.empty()) told->hint = failed->hint;
  co_return outcome;
}

Async<Outcome> StackWork::carry_out(const WantedStack& wanted, Proposal proposal) {
  const std::string& stack = proposal.stack;
  Async<AwsAnswer> executing = call_stacks(account_, "ExecuteChangeSet",
                                           {{"ChangeSetName", proposal.change_set},
                                            {"ClientRequestToken", proposal.token},
                                            {"DisableRollback", wanted.disable_rollback ? "true" : "false"}},
                                           limit_.stop());
  const AwsAnswer begun = co_await executing;
  if (begun.failure && begun.failure->in_doubt) {
    co_return Outcome(
        InDoubt{"whether the change set is carried out is not known: " + to_string(*begun.failure), stack, false});
  }
  if (begun.failure) {
    Async<bool> dropping = drop(proposal);
    co_await dropping;
    co_return failed_call(*begun.failure, "the change set");
  }
  Async<Outcome> seeing = see_end(wanted, stack, proposal.token);
  Outcome outcome = co_await seeing;
  co_return outcome;
}

Async<Outcome> StackWork::see_end(const WantedStack& wanted, std::string stack, std::string token) {
  StackEvents events(account_, stack, std::move(token));
  Async<std::optional<StackLook>> following = follow(stack, &events, Until::decided);
  const std::optional<StackLook> end = co_await following;
  if (!end) co_return broken_off(wanted.name, stack);
  if (!end->stack)
    co_return Outcome(failed_for_good(fmt::format("the stack {} is gone", wanted.name), "somebody has deleted it"));
  if (is_good(end->stack->status)) co_return Outcome(Succeeded{outputs_of(*end->stack)});
  Async<Outcome> telling = failed(*end->stack, &events, "deploying");
  Outcome outcome = co_await telling;
  co_return outcome;
}

Async<std::optional<Outcome>> StackWork::guard(const WantedStack& wanted) {
  if (!before_) co_return std::nullopt;
  const std::string doing = fmt::format("updating the stack {}", wanted.name);
  Async<Importers> asking = importers_of(account_, lost_exports(*before_, wanted.exports), limit_.stop());
  const Importers importers = co_await asking;
  if (importers.failure) co_return failed_call(*importers.failure, doing);
  if (!importers.all.empty()) {
    co_return Outcome(failed_for_good(fmt::format("{} would take away an export: {}", doing, importers.told()),
                                      "let those stacks do without it first"));
  }
  if (wanted.policy.empty()) co_return std::nullopt;
  Async<std::optional<AwsFailure>> setting = set_stack_policy(account_, before_->id, wanted.policy, limit_.stop());
  const std::optional<AwsFailure> failure = co_await setting;
  if (failure) co_return failed_call(*failure, "the policy of the stack " + wanted.name);
  co_return std::nullopt;
}

Async<Outcome> StackWork::settle(const WantedStack& wanted, Way way, Outcome done) {
  const Succeeded* good = std::get_if<Succeeded>(&done);
  if (good == nullptr) co_return done;
  const std::string id = text_at(good->outputs, {"stackId"});
  if (way == Way::create && !wanted.policy.empty()) {
    Async<std::optional<AwsFailure>> setting = set_stack_policy(account_, id, wanted.policy, limit_.stop());
    const std::optional<AwsFailure> failure = co_await setting;
    if (failure) co_return failed_call(*failure, "the policy of the stack " + wanted.name);
  }
  if (wanted.is_protected && *wanted.is_protected != (before_ && is_protected(*before_))) {
    Async<std::optional<AwsFailure>> setting = set_protection(account_, id, *wanted.is_protected, limit_.stop());
    const std::optional<AwsFailure> failure = co_await setting;
    if (failure) co_return failed_call(*failure, "the protection of the stack " + wanted.name);
    log(*wanted.is_protected ? "the stack is protected against deletion" : "the stack may be deleted");
  }
  co_return done;
}

Async<Outcome> StackWork::see_whether_repaired(const WantedStack& wanted, Outcome unchanged) {
  if (!std::holds_alternative<Succeeded>(unchanged)) co_return unchanged;
  Async<DriftDetection> detecting =
      detect_drift(account_, attempt_.system, before_->id, longest_detection, limit_.stop());
  const DriftDetection detection = co_await detecting;
  if (detection.end != DriftDetection::End::done) log("whether it is repaired was not seen: " + detection.why);
  if (detection.differences.empty()) co_return unchanged;
  co_return Outcome(failed_for_good(
      fmt::format("CloudFormation does not bring back what drifted in the stack {}: {}", wanted.name,
                  detection.differences),
      "change it back by hand, or write it into the template; what cannot be changed in place, and things of some "
      "types, CloudFormation leaves as they are"));
}

Async<Outcome> StackWork::deploy(WantedStack wanted, std::string recorded) {
  Way way = Way::create;
  Async<std::optional<Outcome>> preparing = prepare(wanted, std::move(recorded), &way);
  std::optional<Outcome> outcome = co_await preparing;
  if (outcome) co_return *std::move(outcome);
  Async<std::optional<Outcome>> guarding = guard(wanted);
  outcome = co_await guarding;
  if (outcome) co_return *std::move(outcome);
  std::string url;
  Async<std::optional<Outcome>> storing = store(&wanted, &url);
  outcome = co_await storing;
  if (outcome) co_return *std::move(outcome);
  Async<std::optional<Outcome>> importing = import(wanted, &way);
  outcome = co_await importing;
  if (outcome) co_return *std::move(outcome);
  Proposal proposal;
  Async<std::optional<Outcome>> proposing = propose(wanted, way, std::move(url), &proposal);
  outcome = co_await proposing;
  if (!outcome && attempt_.reviewed && *attempt_.reviewed != proposal.changes) {
    Async<bool> dropping = drop(proposal);
    co_await dropping;
    co_return Outcome(failed_for_good(
        fmt::format("what would change is not what was reviewed, but: {}", fmt::join(proposal.changes, "; ")),
        "make a new plan"));
  }
  if (!outcome) {
    for (const std::string& change : proposal.changes) log(change);
    if (wanted.express) log("express: it ends when all is configured; what is made may not be ready yet");
    Async<Outcome> carrying = carry_out(wanted, std::move(proposal));
    outcome = co_await carrying;
  } else if (before_ && way == Way::update) {
    Async<Outcome> setting = set_alone(wanted, *std::move(outcome));
    outcome = co_await setting;
    if (attempt_.drifted) {
      Async<Outcome> seeing = see_whether_repaired(wanted, *std::move(outcome));
      outcome = co_await seeing;
    }
  }
  Async<Outcome> settling = settle(wanted, way, *std::move(outcome));
  Outcome end = co_await settling;
  co_return end;
}

}  // namespace verba
