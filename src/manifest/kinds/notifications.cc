// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds/kinds.h"

namespace verba {

const Kind& notification_channel_kind() {
  static const Kind kind{
      .name = "NotificationChannel",
      .group = "systems",
      .summary = "Where people hear of what became of deployments.",
      .manual = R"(
A Deployment and an Environment name channels in `notify`: of a deployment is told what became of it in a run, of an
environment what became of each run in it. `on` says of what: `succeeded`, `failed` (what was cancelled or is in doubt, too)
and `rolledBack`; left out, of all of them. Runs that had nothing to do are not told of.

A channel of the type `sns` is a topic of SNS. The message is sent with the credentials of `account`, which may be
allowed `sns:Publish` alone. It names the run, the environment, the deployment and the steps that did not succeed, and holds
no outputs, inputs or messages of steps.

That somebody cannot be told is said, and makes no run fail. Where only the state is at hand (`verba gc` without manifests, say)
nobody is told.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: NotificationChannel
metadata: {name: ops}
spec:
  type: sns
  account: website
  topicArn: arn:aws:sns:eu-central-1:123456789012:deployments
)",
      .fields =
          {
              {.name = "type",
               .summary = "What kind of channel it is",
               .required = true,
               .example = "sns",
               .one_of = {"sns"}},
              {.name = "account",
               .summary = "The account whose credentials send the message",
               .required = true,
               .example = "website",
               .refers_to = "Account"},
              {.name = "topicArn",
               .summary = "ARN of the topic, in whatever region it is",
               .required = true,
               .example = "arn:aws:sns:eu-central-1:123456789012:deployments"},
          },
  };
  return kind;
}

Field notify_field(std::string_view summary) {
  return {.name = "notify",
          .type = FieldType::list,
          .summary = summary,
          .example = "[{channel: ops, on: [failed, rolledBack]}]",
          .fields = {{.name = "notice",
                      .type = FieldType::object,
                      .summary = "One who hears of it",
                      .fields = {{.name = "channel",
                                  .summary = "Name of a NotificationChannel",
                                  .required = true,
                                  .example = "ops",
                                  .refers_to = "NotificationChannel"},
                                 {.name = "on",
                                  .type = FieldType::list,
                                  .summary = "Of what: succeeded, failed, rolledBack; left out: of all",
                                  .example = "[failed]",
                                  .fields = {{.name = "event",
                                              .summary = "One of them",
                                              .one_of = {"succeeded", "failed", "rolledBack"}}},
                                  .scalar_or_list = true}}}}};
}

}  // namespace verba
