// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/cloudformation_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
A CloudFormation is a stack in an account of AWS. What is to change is put into a change set, its changes are logged, it is
carried out, and the stack's events are logged as they come. Where nothing is to change, nothing is done.

**Template.** `template` is a file, sent as it is. `data` is a template in the manifest: as text, or as
YAML, where short tags such as `!Ref` may stand. One of more than 51,200 bytes is put into the bucket `templateBucket`, by
its content, and read from there by CloudFormation.

**Parameters, tags.** Those that are written are set; a parameter that is not gets its default, one that is `null` keeps the
value it has (and gets its default in a new stack), and tags that are not written go. Numbers and true and false are written out, and a list is joined by commas. With secrets among them, take
care that the template says `NoEcho`.

**A stack that is there already** and was not made by this task is left alone: the step fails. With `adopt: true` it is
taken over; rolling that back leaves the stack, deleting the task deletes it.

**States.** An operation that is under way is waited for. A stack whose making failed and was rolled back is deleted and
made anew; a rollback of an update that failed is continued. What only cleans up has succeeded.

**Failure.** CloudFormation itself puts back what was before, unless `disableRollback: true`. The message names the resource
that failed first, and why. After a break-off verba goes on with what is under way: nothing is made twice.

**Delete** deletes the stack and waits until it is gone; resources that the template retains stay. **Rollback** puts back the
template, parameters and tags of before, or deletes the stack when there was none.

**Drift.** `verba drift` and `--refresh` compare the template, the parameters (but for those with NoEcho), the tags and the
status of the stack. Resources that were changed without CloudFormation are not looked for.

| output | |
|---|---|
| `stackId` | the ARN of the stack |
| others | the outputs of the template, by their names |
)";

constexpr std::string_view example = R"(name: site
type: CloudFormation
account: website
timeout: 30m
with:
  stack: website
  data:
    Parameters: {Domain: {Type: String}}
    Resources:
      Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: !Ref Domain}}
    Outputs:
      Topic: {Value: !Ref Topic}
  parameters: {Domain: www.example.org}
)";

std::vector<Field> inputs() {
  return {
      {.name = "stack",
       .summary = "Name of the stack",
       .required = true,
       .expressions = true,
       .replaces = true,
       .example = "website"},
      {.name = "template",
       .summary = "A file with the template, from the manifest's directory, or one that is fetched: from Git, by https",
       .file = true,
       .example = "site.yaml",
       .instead_of_expression = "write the path itself, and pass values through 'parameters'"},
      {.name = "data",
       .type = FieldType::any,
       .summary = "The template, as text or YAML, in place of 'template'",
       .expressions = true,
       .example = "{Resources: {Topic: {Type: \"AWS::SNS::Topic\"}}}"},
      {.name = "parameters",
       .type = FieldType::map,
       .summary = "Parameters of the template",
       .expressions = true,
       .example = "{Domain: \"${{ vars.domain }}\"}",
       .fields = {{.name = "value",
                   .type = FieldType::any,
                   .summary = "Text, a number, true, false, or a list of them; null: as it is"}}},
      {.name = "tags",
       .type = FieldType::map,
       .summary = "Tags of the stack, and of its resources",
       .expressions = true,
       .example = "{team: web}",
       .fields = {{.name = "value", .type = FieldType::any, .summary = "Text, a number, true or false"}}},
      {.name = "capabilities",
       .type = FieldType::list,
       .summary = "What the template may do besides",
       .beside = true,
       .example = "[CAPABILITY_IAM]",
       .fields = {{.name = "capability",
                   .summary = "One of them",
                   .one_of = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}}},
       .scalar_or_list = true},
      {.name = "templateBucket",
       .summary = "A bucket of the account, in its region, for a template of more than 51,200 bytes",
       .expressions = true,
       .beside = true,
       .example = "website-templates"},
      {.name = "roleArn",
       .summary = "A role that CloudFormation takes on to work, now and in all that is done with the stack later",
       .expressions = true,
       .example = "arn:aws:iam::123456789012:role/cloudformation"},
      {.name = "disableRollback",
       .type = FieldType::boolean,
       .summary = "Leave what failed as it is, to be looked at",
       .beside = true,
       .default_value = "false",
       .implied = true},
      {.name = "adopt",
       .type = FieldType::boolean,
       .summary = "Take over a stack that is there already",
       .beside = true,
       .default_value = "false",
       .implied = true},
  };
}

}  // namespace

const TaskType& cloudformation_type() {
  static const TaskType type{
      .name = "CloudFormation",
      .version = "1",
      .summary = "A stack of AWS CloudFormation.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "stackId", .summary = "The ARN of the stack"}},
      .accounts = {"AwsInfrastructureAccount"},
  };
  return type;
}

}  // namespace verba
