// SPDX-License-Identifier: Apache-2.0
//
// What would change: change sets, before anything is done.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "provider/cloudformation/stack_status.h"
#include "provider/cloudformation/stack_validation.h"
#include "provider/cloudformation/stack_work.h"
#include "provider/ending.h"

namespace verba {
namespace {

constexpr Milliseconds longest_pause{2'000};

/// "Modify Bucket (AWS::S3::Bucket), which is REPLACED".
std::string change_line(const Value& change) {
  const auto text = [&](std::string_view name) { return text_at(change, {"ResourceChange", name}); };
  std::string line = fmt::format("{} {} ({})", text("Action"), text("LogicalResourceId"), text("ResourceType"));
  if (text("Replacement") == "True") line += ", which is REPLACED";
  if (text("Replacement") == "Conditional") line += ", which may be REPLACED";
  if (text("ResourceDriftStatus") == "MODIFIED") line += ", which drifted";
  if (text("ResourceDriftStatus") == "DELETED") line += ", which was deleted";
  return line;
}

}  // namespace

/// A change set that is not carried out leaves nothing behind. A new stack is waited for until it has gone: else
/// whoever comes next would take it for somebody's.
Async<bool> StackWork::drop(Proposal proposal) {
  Async<AwsAnswer> dropping =
      call_stacks(account_, "DeleteChangeSet", {{"ChangeSetName", proposal.change_set}}, limit_.stop());
  co_await dropping;
  if (!proposal.is_new) co_return true;
  Async<AwsAnswer> deleting = call_stacks(account_, "DeleteStack", {{"StackName", proposal.stack}}, limit_.stop());
  co_await deleting;
  StackEvents events(account_, proposal.stack, "");
  Async<std::optional<StackLook>> following = follow(proposal.stack, &events);
  co_await following;
  co_return true;
}

Async<Outcome> StackWork::nothing_changes(std::string stack) {
  log("no changes");
  Async<StackLook> looking = look_at(account_, stack, limit_.stop());
  const StackLook look = co_await looking;
  if (look.failure) co_return failed_call(*look.failure, "the stack " + stack);
  co_return Outcome(Succeeded{look.stack ? outputs_of(*look.stack) : Value(Map{})});
}

/// Nothing is to change, or it was refused.
Async<Outcome> StackWork::nothing_proposed(Proposal proposal, std::string reason) {
  const bool same = says_no_changes(reason);
  proposal.is_new = proposal.is_new && !same;
  if (!same) {
    Async<std::vector<std::string>> asking = validation_errors(account_, proposal.change_set, limit_.stop());
    const std::vector<std::string> errors = co_await asking;
    for (const std::string& error : errors) log(error);
    if (!errors.empty()) reason = errors.front() + "; " + reason;
  }
  Async<bool> dropping = drop(proposal);
  co_await dropping;
  if (!same) co_return Outcome(failed_for_good("the change set was refused: " + reason, ""));
  Async<Outcome> telling = nothing_changes(std::move(proposal.stack));
  Outcome outcome = co_await telling;
  co_return outcome;
}

/// Where whether it was made is not known, it is asked for by its name: one that is there is as good.
Async<AwsAnswer> StackWork::make_change_set(Variables parameters, std::string stack, std::string name) {
  Async<AwsAnswer> making = call_stacks(account_, "CreateChangeSet", std::move(parameters), limit_.stop());
  AwsAnswer made = co_await making;
  if (made.good() || !made.failure->in_doubt || limit_.stop().requested()) co_return made;
  Async<AwsAnswer> asking =
      call_stacks(account_, "DescribeChangeSet", {{"StackName", stack}, {"ChangeSetName", name}}, limit_.stop());
  const AwsAnswer found = co_await asking;
  if (found.failure) {
    made.failure->in_doubt = found.failure->code != "ChangeSetNotFound" && !says_absent(*found.failure);
    co_return made;
  }
  made.failure.reset();
  Map ids;
  ids.set("Id", text_at(found.value, {"ChangeSetId"}));
  ids.set("StackId", text_at(found.value, {"StackId"}));
  made.value = Value(std::move(ids));
  co_return made;
}

Async<std::optional<Outcome>> StackWork::propose(const WantedStack& wanted, Way way, std::string url,
                                                 Proposal* proposal) {
  const std::string doing = fmt::format("the change set of {}", wanted.name);
  const bool imports = way == Way::import;
  const bool reverts = way == Way::update && (wanted.reverts_drift || attempt_.drifted);
  proposal->is_new = way == Way::create || (imports && !before_);
  proposal->token = token_ + (imports ? "-import" : "");
  if (proposal->is_new) proposal->token += makes_stack;
  Variables parameters{{"StackName", wanted.name},
                       {"ChangeSetName", proposal->token},
                       {"ClientToken", proposal->token},
                       {"ChangeSetType", imports              ? "IMPORT"
                                         : way == Way::create ? "CREATE"
                                                              : "UPDATE"}};
  if (!imports && !reverts) parameters.emplace_back("IncludeNestedStacks", "true");  // neither looks into them
  if (reverts) parameters.emplace_back("DeploymentMode", "REVERT_DRIFT");
  if (wanted.express && !imports) {
    parameters.emplace_back("DeploymentConfig.Mode", "EXPRESS");  // of itself that would disable rollback
    parameters.emplace_back("DeploymentConfig.DisableRollback", wanted.disable_rollback ? "true" : "false");
  }
  add_wanted(wanted, before_.has_value(), url, parameters);
  if (imports && before_) std::erase_if(parameters, [](const auto& one) { return one.first.starts_with("Tags"); });
  Async<AwsAnswer> making = make_change_set(std::move(parameters), wanted.name, proposal->token);
  const AwsAnswer made = co_await making;
  if (made.failure && says_no_changes(made.failure->message)) {
    Async<Outcome> telling = nothing_changes(wanted.name);  // no change set was made
    Outcome outcome = co_await telling;
    co_return outcome;
  }
  if (made.failure && made.failure->in_doubt && !made.failure->stopped && proposal->is_new) {
    co_return Outcome(InDoubt{fmt::format("whether {} was made is not known: {}", doing, to_string(*made.failure)),
                              wanted.name, true});
  }
  if (made.failure) {
    Outcome outcome = failed_call(*made.failure, doing);
    Failed* failed = std::get_if<Failed>(&outcome);
    if (failed != nullptr && failed->hint.empty() && reverts) {
      failed->hint = "it compares with what is there, which takes permission to read the resources";
    }
    co_return outcome;
  }
  proposal->change_set = text_at(made.value, {"Id"});
  proposal->stack = text_at(made.value, {"StackId"});
  std::string next;
  for (Milliseconds pause{100};;) {
    Variables which{{"ChangeSetName", proposal->change_set}};
    if (!next.empty()) which.emplace_back("NextToken", next);
    Async<AwsAnswer> asking = call_stacks(account_, "DescribeChangeSet", std::move(which), limit_.stop());
    const AwsAnswer answer = co_await asking;
    if (answer.failure) {
      Async<bool> dropping = drop(*proposal);
      co_await dropping;
      co_return failed_call(*answer.failure, doing);
    }
    const std::string status = text_at(answer.value, {"Status"});
    if (status == "FAILED") {
      Async<Outcome> telling = nothing_proposed(*proposal, text_at(answer.value, {"StatusReason"}));
      Outcome outcome = co_await telling;
      co_return outcome;
    }
    if (status == "CREATE_COMPLETE") {
      for (const Value& change : list_at(answer.value, {"Changes"})) proposal->changes.push_back(change_line(change));
      next = text_at(answer.value, {"NextToken"});
      if (next.empty()) break;
      continue;
    }
    Async<bool> pausing = sleep(attempt_.system, pause, limit_.stop());
    const bool go_on = co_await pausing;
    if (!go_on) co_return failed_call({.code = "", .message = "", .request_id = "", .stopped = true}, doing);
    pause = std::min(pause * 2, longest_pause);
  }
  std::ranges::sort(proposal->changes);
  co_return std::nullopt;
}

Async<Preview> StackWork::preview(WantedStack wanted, std::string recorded) {
  Async<AwsIdentity> identifying = account_.identify(limit_.stop());  // nothing is written into a wrong account
  const AwsIdentity identity = co_await identifying;
  if (!identity.good) co_return Preview{{}, identity.why};
  Async<StackLook> looking = watch_->now(wanted.name, limit_.stop());
  const StackLook look = co_await looking;
  if (look.failure) co_return Preview{{}, to_string(*look.failure)};
  const StackRest rest = look.stack ? rest_of(look.stack->status) : StackRest::gone;
  const bool is_new = rest == StackRest::gone || rest == StackRest::reviewed;
  if (!is_new && rest != StackRest::usable) co_return Preview{{}, "the stack is in " + look.stack->status};
  if (!look.stack || look.stack->id != recorded) {
    Async<std::optional<BadStack>> asking = elsewhere(account_, recorded, limit_.stop());
    const std::optional<BadStack> other = co_await asking;
    if (other) co_return Preview{{}, other->message};
  }
  if (rest != StackRest::gone && look.stack->id != recorded && !wanted.adopt) {
    Async<Made> asking = who_made(*look.stack);
    const Made made = co_await asking;
    if (made.failure) co_return Preview{{}, to_string(*made.failure)};
    if (!made.by_us()) co_return Preview{{}, fmt::format("there is a stack {} already", wanted.name)};
  }
  if (!is_new) before_ = look.stack;
  std::vector<WantedImport> missing;
  Async<std::optional<Outcome>> finding = find_imports(wanted, &missing);
  std::optional<Outcome> outcome = co_await finding;
  if (!outcome && !missing.empty()) {
    co_return Preview{
        {}, fmt::format("{} is imported first: what else changes is known after that", missing.front().logical)};
  }
  std::string url;
  if (!outcome) {
    Async<std::optional<Outcome>> storing = store(&wanted, &url);
    outcome = co_await storing;
  }
  Proposal proposal;
  if (!outcome) {
    const Way way = is_new ? Way::create : Way::update;
    Async<std::optional<Outcome>> proposing = propose(wanted, way, std::move(url), &proposal);
    outcome = co_await proposing;
    if (!outcome) {
      // A stack that was only reviewed before stays so.
      proposal.is_new = rest == StackRest::gone;
      Async<bool> dropping = drop(proposal);
      co_await dropping;
    }
  }
  if (!outcome || std::holds_alternative<Succeeded>(*outcome)) co_return Preview{std::move(proposal.changes), ""};
  const Failed* failed = std::get_if<Failed>(&*outcome);
  const InDoubt* doubt = std::get_if<InDoubt>(&*outcome);
  co_return Preview{{}, failed != nullptr ? failed->message : doubt != nullptr ? doubt->message : "it was broken off"};
}

namespace {

/// CloudFormation looks whether what is to be made is there already by its name: so may that be which is to make room.
bool is_in_the_way(const Outcome& refusal) {
  const Failed* failed = std::get_if<Failed>(&refusal);
  return failed != nullptr && failed->message.find("ResourceExistenceCheck") != std::string::npos;
}

}  // namespace

/// By a change set that is not carried out.
Async<std::optional<Outcome>> StackWork::foresee(WantedStack wanted) {
  Async<StackLook> looking = watch_->now(wanted.name, limit_.stop());
  const StackLook look = co_await looking;
  if (look.failure) co_return failed_call(*look.failure, "the stack " + wanted.name);
  const bool is_there = look.stack && rest_of(look.stack->status) != StackRest::gone;
  if (is_there && !wanted.adopt) {
    Async<Made> asking = who_made(*look.stack);
    const Made made = co_await asking;
    if (made.failure) co_return failed_call(*made.failure, "the stack " + wanted.name);
    if (!made.by_us()) co_return not_ours(wanted);
  }
  std::string url;
  Async<std::optional<Outcome>> storing = store(&wanted, &url);
  std::optional<Outcome> outcome = co_await storing;
  if (outcome || is_there || !wanted.imports.empty()) co_return outcome;
  Proposal proposal;
  Async<std::optional<Outcome>> proposing = propose(wanted, Way::create, std::move(url), &proposal);
  outcome = co_await proposing;
  if (!outcome) {
    Async<bool> dropping = drop(proposal);
    co_await dropping;
  }
  if (outcome && is_in_the_way(*outcome)) co_return std::nullopt;
  // Nothing was to stay of it: what is deployed is as it was.
  if (const InDoubt* doubt = outcome ? std::get_if<InDoubt>(&*outcome) : nullptr) {
    Failed failed;
    failed.message = doubt->message;
    co_return Outcome(std::move(failed));
  }
  co_return outcome;
}

}  // namespace verba
