// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/cloudformation_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "aws/sns.h"
#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"
#include "provider/cloudformation/cloudformation_type.h"
#include "provider/cloudformation/drift_detection.h"
#include "provider/cloudformation/stack_drift.h"
#include "provider/cloudformation/stack_events.h"
#include "provider/cloudformation/stack_guards.h"
#include "provider/cloudformation/stack_status.h"
#include "provider/cloudformation/stack_storage.h"
#include "provider/cloudformation/stack_work.h"
#include "provider/cloudformation/template_check.h"
#include "provider/cloudformation/template_exchange.h"
#include "provider/cloudformation/template_retained.h"
#include "provider/cloudformation/wanted_stack.h"
#include "provider/ending.h"
#include "provider/inputs.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t few_events = 100;
constexpr Milliseconds longest_detection{600'000};

std::string id_in(const Value& outputs) {
  return text_at(outputs, {"stackId"});
}

Async<Outcome> refused(BadStack bad) {
  co_return Outcome(failed_for_good(std::move(bad.message), std::move(bad.hint)));
}

/// There is nothing in it yet. Where what was to be carried out is ours, the stack is what we left of it.
Async<Observed> observe_reviewed(Stack stack, Attempt& attempt) {
  Observed observed;
  Async<AwsAnswer> asking = call_stacks(*attempt.aws, "ListChangeSets", {{"StackName", stack.id}}, attempt.stop);
  const AwsAnswer answer = co_await asking;
  if (answer.failure) {
    observed.detail = to_string(*answer.failure);
    co_return observed;
  }
  const std::string owner = owner_token(attempt);
  const bool is_ours = std::ranges::any_of(list_at(answer.value, {"Summaries"}), [&](const Value& one) {
    return text_at(one, {"ChangeSetName"}).starts_with(owner);
  });
  observed.state = is_ours ? Observed::State::drifted : Observed::State::absent;
  if (is_ours) observed.detail = "its change set is not carried out";
  co_return observed;
}

/// The stack of a record, as far as one is recorded: the outputs may be those of another one, which it replaced.
std::string known_id(const Recorded& recorded) {
  std::string id = id_in(recorded.outputs);
  const std::string name = arn_of(id).name;
  return name.empty() || name == stack_name(recorded.resource) ? id : "";
}

/// As it was sent when it was deployed; nothing when that can no longer be made.
std::optional<std::string> sent_template(const WantedStack& wanted, const Stack& stack, const AwsAccount& account) {
  if (wanted.artifacts.empty()) return wanted.body;
  const std::string bucket =
      wanted.bucket.empty() ? managed_bucket(arn_of(stack.id).account, account.region()) : wanted.bucket;
  std::variant<PackedTemplate, BadStack> packed = pack_template(wanted, place_of(account, bucket));
  if (PackedTemplate* good = std::get_if<PackedTemplate>(&packed)) return std::move(good->body);
  return std::nullopt;
}

/// What can be seen of it at once.
struct Seen {
  std::string difference;  ///< "" when it is as it is wanted
  std::optional<AwsFailure> failure = {};
};

Async<Seen> compare(WantedStack wanted, Value inputs, Stack stack, Attempt& attempt) {
  Async<AwsAnswer> asking =
      call_stacks(*attempt.aws, "GetTemplate", {{"StackName", stack.id}, {"TemplateStage", "Original"}}, attempt.stop);
  AwsAnswer answer = co_await asking;
  if (answer.failure) co_return Seen{"", std::move(answer.failure)};
  if (std::optional<std::string> sent = sent_template(wanted, stack, *attempt.aws)) wanted.body = *std::move(sent);
  StackThere there{std::move(stack), text_at(answer.value, {"TemplateBody"})};
  if (!wanted.policy.empty()) {
    Async<std::string> reading = stack_policy(*attempt.aws, there.stack.id, attempt.stop);
    there.policy = co_await reading;
  }
  co_return Seen{difference(wanted, inputs, there)};
}

/// Of a stack of which nothing is recorded: has the run that was broken off begun the last that was done to it, and is
/// all of it there, and what stands beside it?
Async<Observed> observe_broken_off(WantedStack wanted, Value inputs, Stack stack, Attempt& attempt) {
  Observed observed;
  observed.state = Observed::State::drifted;
  observed.detail = "its status is " + stack.status;
  observed.outputs = outputs_of(stack);
  Async<std::vector<StackEvent>> reading = read_events(*attempt.aws, stack.id, few_events, attempt.stop);
  const std::vector<StackEvent> events = co_await reading;
  const bool is_ours = !events.empty() && events.front().token.starts_with(run_token(attempt));
  if (!is_ours || !is_good(stack.status)) co_return observed;
  Async<Seen> comparing = compare(std::move(wanted), std::move(inputs), std::move(stack), attempt);
  const Seen seen = co_await comparing;
  observed.detail = seen.failure ? to_string(*seen.failure) : seen.difference;
  if (observed.detail.empty()) observed.state = Observed::State::present;
  co_return observed;
}

Async<Observed> observe_deployed(WantedStack wanted, Value inputs, Stack stack, Attempt& attempt) {
  Observed observed;
  Async<Seen> comparing = compare(std::move(wanted), std::move(inputs), stack, attempt);
  Seen seen = co_await comparing;
  if (seen.failure) {
    observed.detail = to_string(*seen.failure);
    co_return observed;
  }
  observed.detail = std::move(seen.difference);
  if (is_cleanup(stack.status)) {  // nobody may look for drift then
    observed.state = observed.detail.empty() ? Observed::State::present : Observed::State::drifted;
    if (observed.detail.empty())
      observed.detail = "its resources were not compared: what is left over is being deleted";
    observed.outputs = outputs_of(stack);
    co_return observed;
  }
  const Milliseconds limit = attempt.timeout.value_or(longest_detection) * 3 / 4;  // the answer has to come, too
  Async<DriftDetection> detecting = detect_drift(*attempt.aws, attempt.system, stack.id, limit, attempt.stop);
  const DriftDetection detection = co_await detecting;
  if (detection.end == DriftDetection::End::unknown && observed.detail.empty()) {
    observed.detail = detection.why;
    co_return observed;
  }
  if (!detection.differences.empty()) {
    observed.detail += (observed.detail.empty() ? "" : "; ") + detection.differences;
  }
  observed.state = observed.detail.empty() ? Observed::State::present : Observed::State::drifted;
  if (detection.end == DriftDetection::End::refused && observed.detail.empty()) {
    observed.detail = "its resources were not compared: " + detection.why;
  }
  observed.outputs = outputs_of(stack);
  co_return observed;
}

/// CloudFormation tells topics of the stack's own region alone; of others it says "Invalid parameter: TopicArn".
void check_topics(const Resource& resource, Where task, Diagnostics& diagnostics) {
  const Value* topics = resource.inputs.find("notificationArns");
  if (topics == nullptr || !topics->is_list() || !is_aws(resource.account_kind)) return;
  const std::string region =
      written_spot(described_account(resource.account, resource.account_kind, resource.account_spec)).region;
  for (const Value& topic : topics->list()) {
    const std::string there = topic.is_string() ? region_of_topic(topic.string()) : "";
    if (region.empty() || there.empty() || there == region) continue;
    diagnostics.error("cloudformation.bad-place",
                      fmt::format("the topic '{}' is in {}, and the stack in {}", topic.string(), there, region),
                      topic.where     ? topic.where
                      : topics->where ? topics->where
                                      : task,
                      "a stack tells topics of its own region alone");
  }
}

Async<Holding> nothing_held() {
  co_return Holding{};
}

class CloudFormationProvider final : public Provider, public Exchanger {
 public:
  const TaskType& type() const override { return cloudformation_type(); }
  void validate(const Value& with, Where task, Diagnostics& diagnostics) const override {
    check_stack(with, task, diagnostics);
  }
  void examine(const Resource& resource, Where task, Diagnostics& diagnostics) const override {
    check_template(resource, task, diagnostics);
    check_topics(resource, task, diagnostics);
  }
  bool can_observe(const Resource&) const override { return true; }
  bool can_remove(const Resource&) const override { return true; }
  bool can_rollback(const Resource&, bool) const override { return true; }
  /// Nothing of it runs on this machine.
  bool is_traced(const Resource&) const override { return false; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return broken_off(); }

  Async<Observed> observe(Recorded recorded, Attempt& attempt) override {
    Observed observed;
    const std::string id = known_id(recorded);
    Async<StackLook> looking = look_at(*attempt.aws, id.empty() ? stack_name(recorded.resource) : id, attempt.stop);
    const StackLook look = co_await looking;
    if (look.failure) {
      observed.detail = to_string(*look.failure);
      co_return observed;
    }
    const StackRest rest = look.stack ? rest_of(look.stack->status) : StackRest::gone;
    if (!look.stack) {
      Async<std::optional<BadStack>> asking = elsewhere(*attempt.aws, id, attempt.stop);
      const std::optional<BadStack> other = co_await asking;
      if (other) {
        observed.detail = other->message;
        co_return observed;
      }
    }
    if (rest == StackRest::reviewed) {
      Async<Observed> asking = observe_reviewed(*look.stack, attempt);
      observed = co_await asking;
      co_return observed;
    }
    if (rest == StackRest::gone) {
      observed.state = Observed::State::absent;
      co_return observed;
    }
    if (rest == StackRest::unknown) {
      observed.detail = fmt::format("its status is {}, which verba does not know", look.stack->status);
      co_return observed;
    }
    if (rest == StackRest::busy && !is_good(look.stack->status)) {
      observed.state = Observed::State::in_progress;
      observed.detail = "its status is " + look.stack->status;
      co_return observed;
    }
    std::variant<WantedStack, BadStack> read = read_stack(recorded.resource);
    if (const BadStack* bad = std::get_if<BadStack>(&read)) {
      observed.detail = bad->message;
      co_return observed;
    }
    WantedStack wanted = std::get<WantedStack>(std::move(read));
    Value inputs = std::move(recorded.resource.inputs);
    Async<Observed> comparing = id.empty()
                                    ? observe_broken_off(std::move(wanted), std::move(inputs), *look.stack, attempt)
                                    : observe_deployed(std::move(wanted), std::move(inputs), *look.stack, attempt);
    observed = co_await comparing;
    co_return observed;
  }

  bool can_preview(const Resource&) const override { return true; }
  Async<Preview> preview(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    std::variant<WantedStack, BadStack> read = sendable(wanted);
    if (const BadStack* bad = std::get_if<BadStack>(&read)) co_return Preview{{}, bad->message};
    StackWork work(attempt, watches_);
    Async<Preview> doing =
        work.preview(std::get<WantedStack>(std::move(read)), before ? known_id(*before) : std::string());
    Preview preview = co_await doing;
    co_return preview;
  }

  Async<std::optional<Outcome>> foresee(Resource wanted, Attempt& attempt) override {
    std::variant<WantedStack, BadStack> read = sendable(wanted);
    if (const BadStack* bad = std::get_if<BadStack>(&read)) {
      co_return Outcome(failed_for_good(bad->message, bad->hint));
    }
    StackWork work(attempt, watches_);
    Async<std::optional<Outcome>> doing = work.foresee(std::get<WantedStack>(std::move(read)));
    std::optional<Outcome> obstacle = co_await doing;
    co_return obstacle;
  }

  Terms terms(const Resource& resource) const override { return terms_of_stack(resource); }
  Async<Holding> held(Recorded recorded, std::optional<Resource> wanted, Attempt& attempt) override {
    std::string id = known_id(recorded);
    const bool has_moved = id.empty() || (wanted && stack_name(*wanted) != stack_name(recorded.resource));
    if (has_moved) return nothing_held();
    return held_exports(*attempt.aws, std::move(id), std::move(wanted), attempt.stop);
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) override {
    std::variant<WantedStack, BadStack> read = sendable(wanted);
    if (BadStack* bad = std::get_if<BadStack>(&read)) return refused(std::move(*bad));
    return deploy(std::get<WantedStack>(std::move(read)), before ? known_id(*before) : "", attempt);
  }

  Async<Outcome> remove(Recorded recorded, Attempt& attempt) override {
    const std::string id = known_id(recorded);
    return take_away({.known = id.empty() ? stack_name(recorded.resource) : id,
                      .recorded = id,
                      .lifts_protection = attempt.undoes && is_true(recorded.resource, "terminationProtection", false),
                      .empties = is_true(recorded.resource, "emptyBuckets", false),
                      .express = is_true(recorded.resource, "express", false),
                      .adopts = is_true(recorded.resource, "adopt", false),
                      .retained = retained_names(recorded.resource)},
                     attempt);
  }

  /// A stack that was there before is left: what it was is not known. Of one that was taken over events alone tell
  /// that.
  Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) override {
    if (!before)
      return take_away({.known = stack_name(done.resource),
                        .recorded = is_true(done.resource, "adopt", false) ? "" : known_id(done),
                        .lifts_protection = true,
                        .empties = is_true(done.resource, "emptyBuckets", false),
                        .express = is_true(done.resource, "express", false),
                        .retained = retained_names(done.resource)},
                       attempt);
    std::variant<WantedStack, BadStack> read = read_stack(before->resource);
    if (BadStack* bad = std::get_if<BadStack>(&read)) return refused(std::move(*bad));
    return deploy(std::get<WantedStack>(std::move(read)), known_id(*before), attempt);
  }

 private:
  /// One that nothing is known to be wrong with.
  static std::variant<WantedStack, BadStack> sendable(const Resource& wanted) {
    if (std::optional<BadStack> fault = fault_of(wanted)) return *std::move(fault);
    return read_stack(wanted);
  }

  Async<Outcome> deploy(WantedStack wanted, std::string recorded, Attempt& attempt) {
    StackWork work(attempt, watches_);
    Async<Outcome> doing = work.deploy(std::move(wanted), std::move(recorded));
    Outcome outcome = co_await doing;
    co_return outcome;
  }

  Async<Outcome> take_away(Removal removal, Attempt& attempt) {
    StackWork work(attempt, watches_);
    Async<Outcome> doing = work.remove(std::move(removal));
    Outcome outcome = co_await doing;
    co_return outcome;
  }

  StackWatches watches_;  ///< while attempts are under way
};

}  // namespace

std::unique_ptr<Provider> make_cloudformation_provider() {
  return std::make_unique<CloudFormationProvider>();
}

}  // namespace verba
