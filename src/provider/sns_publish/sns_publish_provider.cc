// SPDX-License-Identifier: Apache-2.0
#include "provider/sns_publish/sns_publish_provider.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "aws/sns.h"
#include "base/digest.h"
#include "provider/aws_attempt.h"
#include "provider/ending.h"
#include "provider/inputs.h"
#include "provider/sns_publish/sns_publish_type.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t longest_message_bytes = 256 << 10;
constexpr std::size_t longest_subject_bytes = 100;

std::string text_of(const Value& value) {
  return value.is_string() ? value.string() : to_json(value, SecretsAs::clear);
}

std::string text(const Value& with, std::string_view field) {
  const Value* value = with.find(field);
  return value != nullptr && !value->is_null() ? text_of(*value) : "";
}

/// What is wrong with a topic or a subject as far as it is known; "" when nothing is.
std::string fault_of_topic(std::string_view topic) {
  if (topic.starts_with("arn:") && std::ranges::count(topic, ':') == 5 &&
      topic.find(":sns:") != std::string_view::npos) {
    return {};
  }
  return fmt::format("'{}' is no ARN of a topic", topic);
}

std::string fault_of_subject(std::string_view subject) {
  const bool plain = std::ranges::all_of(subject, [](char c) { return c >= ' ' && c <= '~'; });
  if (plain && subject.size() <= longest_subject_bytes) return {};
  return "'subject' is longer than 100 characters, or not all ASCII on one line";
}

Variables parameters_of(const Resource& resource, const std::string& token) {
  const Value& with = resource.inputs;
  Variables parameters{{"TopicArn", text(with, "topic")}, {"Message", text(with, "message")}};
  if (const std::string subject = text(with, "subject"); !subject.empty()) parameters.emplace_back("Subject", subject);
  if (const std::string group = text(with, "group"); !group.empty()) {
    parameters.emplace_back("MessageGroupId", group);
    parameters.emplace_back("MessageDeduplicationId", token);
  }
  const Value* attributes = with.find("attributes");
  if (attributes == nullptr || !attributes->is_map()) return parameters;
  std::size_t number = 0;
  for (const auto& [key, value] : attributes->map()) {
    if (value.is_null()) continue;
    const std::string entry = fmt::format("MessageAttributes.entry.{}.", ++number);
    parameters.emplace_back(entry + "Name", key.name);
    const bool is_number = value.is(Value::Kind::integer) || value.is(Value::Kind::real);
    parameters.emplace_back(entry + "Value.DataType", is_number ? "Number" : "String");
    parameters.emplace_back(entry + "Value.StringValue", text_of(value));
  }
  return parameters;
}

class SnsPublishProvider final : public Provider {
 public:
  const TaskType& type() const override { return sns_publish_type(); }

  void validate(const Value& with, Where, Diagnostics& diagnostics) const override {
    const auto check = [&](const char* field, std::string (*fault_of)(std::string_view), const char* hint) {
      const Value* value = with.find(field);
      if (value == nullptr || !value->is_string()) return;
      const std::string fault = fault_of(value->string());
      if (!fault.empty()) diagnostics.error("sns.publish", fault, value->where, hint);
    };
    check("topic", fault_of_topic, "for example: arn:aws:sns:eu-central-1:123456789012:deployments");
    check("subject", fault_of_subject, "the message itself may be of any length and language");
    for (const char* field : {"topic", "subject", "attributes", "group"}) {
      const Value* value = with.find(field);
      const Value* secret = value != nullptr ? find_secret(*value) : nullptr;
      if (secret == nullptr) continue;
      diagnostics.error("sns.publish", fmt::format("'{}' may not be a secret: it is shown", field), secret->where,
                        "secrets have their place in 'message'");
    }
  }

  bool can_observe(const Resource&) const override { return false; }
  bool can_remove(const Resource&) const override { return false; }
  bool can_rollback(const Resource&, bool) const override { return false; }
  /// Nothing of it runs on this machine.
  bool is_traced(const Resource&) const override { return false; }
  Outcome recall(const Resource&, bool, int, Attempt&) const override { return broken_off(); }

  Async<Observed> observe(Recorded, Attempt&) override {
    Observed observed;
    observed.detail = "a message leaves nothing to look at";
    co_return observed;
  }

  Async<Outcome> apply(Resource wanted, std::optional<Recorded>, Attempt& attempt) override {
    const std::string topic = text(wanted.inputs, "topic");
    std::string fault = fault_of_topic(topic);
    if (fault.empty()) fault = fault_of_subject(text(wanted.inputs, "subject"));
    if (fault.empty() && text(wanted.inputs, "message").size() > longest_message_bytes) {
      fault = fmt::format("the message is longer than {} KiB", longest_message_bytes >> 10);
    }
    if (!fault.empty()) co_return Outcome(failed_for_good(std::move(fault)));
    AttemptLimit limit(attempt);
    // The same message of the same run is the same message, however often it is sent.
    const std::string token = run_token(attempt) + sha256(text(wanted.inputs, "message")).hex().substr(0, 16);
    AwsMessage message = query_message(sns_service(), "Publish", parameters_of(wanted, token), published_by);
    AwsAccount there = attempt.aws->in(region_of_topic(topic));
    Async<AwsAnswer> asking = there.call(sns_service(), std::move(message), limit.stop());
    const AwsAnswer answer = co_await asking;
    if (answer.failure && answer.failure->in_doubt) {
      co_return Outcome(InDoubt{topic + ": " + to_string(*answer.failure) + "; it may have been sent", "", true});
    }
    if (answer.failure) co_return not_begun(outcome_of(*answer.failure, topic, attempt, limit));
    Map outputs;
    outputs.set("messageId", text_at(answer.value, {"PublishResult", "MessageId"}));
    co_return Outcome(Succeeded{std::move(outputs)});
  }

  Async<Outcome> remove(Recorded, Attempt&) override { return nothing_to_do(); }
  Async<Outcome> rollback(Recorded, std::optional<Recorded> before, Attempt&) override {
    return nothing_to_do(before ? std::move(before->outputs) : Value(Map{}));
  }
};

}  // namespace

std::unique_ptr<Provider> make_sns_publish_provider() {
  return std::make_unique<SnsPublishProvider>();
}

}  // namespace verba
