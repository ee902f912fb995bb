// SPDX-License-Identifier: Apache-2.0
#include "provider/sns_publish/sns_publish_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
An SnsPublish sends a message to a topic of SNS when it is new or has changed; with the task's `trigger: always` in every run.
A message that is a list or a map is sent as JSON. Secrets may stand in it: it is not logged.

A message cannot be taken back: a rollback and a delete send nothing. When verba is ended before the answer comes, nobody
knows whether it was sent: the step is in doubt, unless the task is `idempotent`. A topic that is a queue (FIFO) takes a
message only once even then, within its five minutes.

| output | |
|---|---|
| `messageId` | as SNS has it |
)";

constexpr std::string_view example = R"(name: tell
type: SnsPublish
account: website
idempotent: true
with:
  topic: arn:aws:sns:eu-central-1:123456789012:deployments
  subject: "${{ deployment.name }} is deployed"
  message: {environment: "${{ environment.name }}"}
)";

std::vector<Field> inputs() {
  return {
      {.name = "topic",
       .summary = "ARN of the topic, in whatever region it is",
       .required = true,
       .expressions = true,
       .example = "arn:aws:sns:eu-central-1:123456789012:deployments"},
      {.name = "message",
       .type = FieldType::any,
       .summary = "What to say: text, or what becomes JSON; 256 KiB at most",
       .required = true,
       .expressions = true,
       .example = "Version ${{ vars.version }} is live"},
      {.name = "subject",
       .summary = "The subject of mails: ASCII, 100 characters at most",
       .expressions = true,
       .example = "Deployed"},
      {.name = "attributes",
       .type = FieldType::map,
       .summary = "Attributes by which subscriptions choose",
       .expressions = true,
       .example = "{environment: prod}",
       .fields = {{.name = "value", .type = FieldType::any, .summary = "Text, a number, true or false"}}},
      {.name = "group",
       .summary = "The message group, of a topic that is a queue (FIFO)",
       .expressions = true,
       .example = "deployments"},
  };
}

}  // namespace

const TaskType& sns_publish_type() {
  static const TaskType type{
      .name = "SnsPublish",
      .version = "1",
      .summary = "A message to a topic of Amazon SNS.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "messageId", .summary = "The id of the message"}},
      .accounts = {"AwsInfrastructureAccount"},
      .all_outputs = [](const Value&) { return std::vector<std::string_view>{"messageId"}; },
  };
  return type;
}

}  // namespace verba
