// SPDX-License-Identifier: Apache-2.0
//
// What a change set sets along with other changes, and does not count among them.
#include <fmt/format.h>

#include <utility>

#include "provider/cloudformation/stack_work.h"
#include "provider/ending.h"

namespace verba {

/// By UpdateStack, with the template, the values and the tags that the stack has.
Async<Outcome> StackWork::set_alone(const WantedStack& wanted, Outcome unchanged) {
  const std::string other = other_settings(wanted, before_->description);
  if (!std::holds_alternative<Succeeded>(unchanged) || other.empty()) co_return unchanged;
  const std::string token = token_ + "-settings";
  Variables parameters{{"StackName", before_->id},
                       {"UsePreviousTemplate", "true"},
                       {"ClientRequestToken", token},
                       {"DisableRollback", wanted.disable_rollback ? "true" : "false"}};
  std::size_t number = 0;
  for (const Value& one : list_at(before_->description, {"Parameters"})) {
    ++number;
    parameters.emplace_back(fmt::format("Parameters.member.{}.ParameterKey", number), text_at(one, {"ParameterKey"}));
    parameters.emplace_back(fmt::format("Parameters.member.{}.UsePreviousValue", number), "true");
  }
  add_settings(wanted, parameters);
  log(other);
  Async<AwsAnswer> asking = call_stacks(account_, "UpdateStack", std::move(parameters), limit_.stop());
  const AwsAnswer begun = co_await asking;
  if (begun.failure && says_no_changes(begun.failure->message)) {
    co_return Outcome(failed_for_good(
        fmt::format("CloudFormation does not change that alone in the stack {}: {}", wanted.name, other),
        "change something else of the stack with it, such as a tag"));
  }
  if (begun.failure && begun.failure->in_doubt) {
    co_return Outcome(
        InDoubt{"whether the update has begun is not known: " + to_string(*begun.failure), before_->id, false});
  }
  if (begun.failure) co_return failed_call(*begun.failure, "updating the stack " + wanted.name);
  Async<Outcome> seeing = see_end(wanted, before_->id, token);
  Outcome outcome = co_await seeing;
  co_return outcome;
}

}  // namespace verba
