// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/cloudformation_type.h"

#include "provider/cloudformation/template_artifacts.h"
#include "provider/cloudformation/template_exchange.h"
#include "provider/cloudformation/template_retained.h"
#include "provider/cloudformation/template_secrets.h"

namespace verba {
namespace {

/// How it is done, and no part of what is wanted: true, or left out.
Field beside_flag(std::string_view name, std::string_view summary) {
  return {.name = name,
          .type = FieldType::boolean,
          .summary = summary,
          .expressions = true,
          .beside = true,
          .default_value = "false",
          .implied = true};
}

constexpr std::string_view manual = R"(
A CloudFormation is a stack in an account of AWS. What is to change is put into a change set, its changes are logged, it is
carried out, and the stack's events are logged as they come. Where nothing is to change, nothing is done.

**Template.** `template` is a file, sent as it is. `data` is a template in the manifest: as text, or as
YAML, where short tags such as `!Ref` may stand, and scalars mean what they mean to CloudFormation: `yes` is true.

**Artifacts.** Where a template says where something is in S3, it may name a file or directory of this machine instead, by a
path from the template's own directory (of `data`: the manifest's). verba puts it into the bucket, by its content, unless it is
there already, and sends the template with that place in it, as JSON in which numbers that JSON would tell otherwise are texts
(`1.10`, `1e3`, `0x1F`). A change of what is in it is a change of the task.

| resource | property |
|---|---|
| `AWS::Lambda::Function`, `AWS::Lambda::LayerVersion` | `Code`, `Content` |
| `AWS::Serverless::Function`, `LayerVersion` | `CodeUri`, `ContentUri`, in `Globals`, too |
| `AWS::Serverless::Api`, `HttpApi`, `StateMachine` | `DefinitionUri` |
| `AWS::Serverless::GraphQLApi` | `SchemaUri` |
| `AWS::CloudFormation::Stack`, `AWS::Serverless::Application` | `TemplateURL`, `Location`: a template, with artifacts of its own |
| `AWS::StepFunctions::StateMachine`, `AWS::AppSync::GraphQLSchema` | `DefinitionS3Location` |
| `AWS::AppSync::Resolver`, `FunctionConfiguration` | `RequestMappingTemplateS3Location`, `ResponseMappingTemplateS3Location`, `CodeS3Location` |
| `AWS::ApiGateway::RestApi`, `AWS::ApiGatewayV2::Api` | `BodyS3Location` |
| `AWS::ElasticBeanstalk::ApplicationVersion` | `SourceBundle` |
| `AWS::Glue::Job` | `Command.ScriptLocation` |
| `AWS::CodeCommit::Repository` | `Code.S3` |
| `AWS::CloudFormation::ModuleVersion`, `ResourceVersion` | `ModulePackage`, `SchemaHandlerPackage` |
| `Fn::Transform` and `Transform` with `AWS::Include` | `Location` |

A directory becomes an archive: its files sorted, with a fixed time and the mode 0644, or 0755 where they may be executed. So
does the one file of a function, layer or repository that is no archive. `.git` and `.verba` in it are left out; links
that lead out of it are refused.

**Bucket.** Artifacts, and a template of more than 51,200 bytes, go through `bucket`, which must be there. Left out: through
`verba-ACCOUNT-REGION`, one for all stacks of the account, which is made when it is missing, closed to the public and
encrypted. Nothing is put into it when it is another account's, and nothing in it is ever deleted.

**Parameters, tags.** Those that are written are set; a parameter that is not gets its default, one that is `null` keeps the
value it has (and gets its default in a new stack), and tags that are not written go. Numbers are sent as they are written
(`3.10`, `007`), true and false are written out, and a list is joined by commas. What is given for a parameter of which the
template says `NoEcho` is a secret: it is shown nowhere, and sealed in the state, like its `Default`: of a template that is a
file, the whole file. With other
secrets among the parameters, take care that the template says `NoEcho`; tags are shown, and may hold none.

**Exports.** What a stack imports (`Fn::ImportValue`) has to be exported before, and is deleted before the export is. Where
both stacks are tasks in one account and region, the one that imports waits for the other one by itself, as far as the templates
and their parameters tell the names; those that would wait for each other are a mistake.

**Before anything is sent** verba reads the template and those that it nests: what cannot be read, has no resources, or nests
itself is a mistake with its place, as are conditions, parameters and resources that are named (`Condition`, `Fn::If`, `Ref`,
`Fn::GetAtt`, `Fn::Sub`, `DependsOn`) and not there (in what has a condition itself a warning; where a transform may make them
nothing is said), parameters that the template does not declare, those without `Default` that are not
given, values (and defaults that are used) that they do not take, and capabilities that are needed and not written: `CAPABILITY_IAM` for things of IAM, `CAPABILITY_NAMED_IAM` where
they have names of their own. `CAPABILITY_AUTO_EXPAND` is sent without being asked for where something is transformed: the
change set shows what comes of that. A tag that is not known (`!Something`) is told with a warning: the file is sent as it is.

**What parameters take** is what their `Type` (`String`, `Number`, `List<Number>`, `CommaDelimitedList`), `AllowedValues`,
`AllowedPattern`, `MinLength`, `MaxLength`, `MinValue` and `MaxValue` say; `ConstraintDescription` is told with what they do not
take. Values that are known after apply are looked at before anything is sent. Left to AWS are types that it alone knows
(`AWS::...`), values with `{{resolve:...}}`, and patterns that RE2 cannot read, or does not read as Java does.

**A stack that is there already** and was not made by this task, or is in review with others' change sets, is left alone: the
step fails. With `adopt: true` it is
taken over; rolling that back leaves the stack, deleting the task deletes it. Where another state has it
recorded, that has to forget it (`verba state rm`): a destroy there fails when the new owner has changed it since, and else deletes it.

**Import.** `import` takes in resources that were made otherwise: by their names in the template, with what tells each
apart, as `{Bucket: website-of-last-year}` or `{Resource: {RestApiId: a1b2c3, ResourceId: d4e5}}`. Those that are not in the
stack yet are imported by an operation of its own, before all else is created or updated. Each has to say `DeletionPolicy:
Retain` in the template: undoing the import, or deleting the stack, leaves it as it is. CloudFormation looks whether it is
there; whether it is as the template has it, a later `verba drift` tells.

**Express.** With `express: true` CloudFormation ends an operation as soon as everything is configured, without waiting until it
is ready: faster, and what depends on the stack may come too early for it. Left to itself CloudFormation would then roll back
nothing that failed: verba says so only with `disableRollback: true`. It holds for deleting the stack, too.

**Guards.** `stackPolicy` is set before a stack is updated, and after it is made. With `terminationProtection: true` a
stack cannot be deleted, by verba neither: a plan that would is a mistake; apply `false` first. Only rolling back its making lifts it. What another stack
imports cannot go: where a plan deletes a stack with exports, takes an export away, or changes its value as far as that is known, AWS
is asked who imports it (ListImports), and the plan is a mistake that names them, unless they let go of it before, in the same plan.
Who cannot ask is told so; the step asks again, and fails with their names. (`timeout` is that of the task: change sets know none.)

**States.** An operation that is under way is waited for. A stack whose making failed and was rolled back is deleted and
made anew; a rollback of an update that failed is continued. An update that only deletes what it left over has succeeded: the
step waits half a minute for that, and goes on; the next step of that stack waits for it.

**Topics and role.** A change of `notificationArns` or `roleArn` alone is none to a change set: an update of its own sets them, with the
template and the values that the stack has.

**Preview.** With `--preview` a plan shows what the change set says; the one that is carried out has to say the same.

**Failure.** CloudFormation itself puts back what was before, unless `disableRollback: true`. The message names the resource
that failed first, and why. After a break-off verba goes on with what is under way: nothing is made twice.

**Delete** deletes the stack and waits until it is gone. Resources that the template retains (`DeletionPolicy: Retain`) stay: the
plan of a delete names them, and its log, by the names that AWS has for them. CloudFormation deletes only empty buckets: with
`emptyBuckets: true` verba empties those that are to go. Where something cannot be deleted, the stack is left in
`DELETE_FAILED`, and the step fails. What `retainResources` names may stay then: where nothing else failed, the stack is deleted
again, without them. **Rollback** puts back the
template, parameters and tags of before, or deletes the stack when there was none.

**Drift.** `verba drift` and `--refresh` compare the template, the parameters (but for those with NoEcho), the tags, the status of the
stack and, where they are said, its policy, protection, topics and role. Then CloudFormation itself looks for what somebody has changed
about the resources (DetectStackDrift; the role or user needs that permission, and that of reading the resources), and each
property that differs is told. Where that is not allowed, or comes to no end, how the stack is cannot be told. Comments and
descriptions are not compared: an edit of them alone is no change to CloudFormation, and the stack keeps its text.

**Repair.** `apply --refresh` repairs what drifted by a change set that compares with what is there (REVERT_DRIFT): what others
have changed in the resources becomes what the template says, tags that the template does not name stay, and nested stacks are
not looked into. With `revertDrift: true` every update does that. What CloudFormation does not bring back, such as a property that
cannot be changed in place, fails the step with the names of what still differs.

**What is not seen.** A parameter that is the name of something in Systems Manager (`AWS::SSM::Parameter::Value<...>`),
`{{resolve:...}}` in a template and macros are looked up by CloudFormation when it is given a change set: that what they stand
for has changed is no change of the task. `trigger: always` asks with each run, and does nothing where nothing is to change.

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
       .example = "{Resources: {Topic: {Type: \"AWS::SNS::Topic\"}}}",
       .as_written = true,
       .yaml_1_1 = true},
      {.name = "parameters",
       .type = FieldType::map,
       .summary = "Parameters of the template",
       .expressions = true,
       .example = "{Domain: \"${{ vars.domain }}\"}",
       .fields = {{.name = "value",
                   .type = FieldType::any,
                   .summary = "Text, a number, true, false, or a list of them; null: as it is",
                   .as_written = true}}},
      {.name = "tags",
       .type = FieldType::map,
       .summary = "Tags of the stack, and of its resources",
       .expressions = true,
       .example = "{team: web}",
       .fields =
           {{.name = "value", .type = FieldType::any, .summary = "Text, a number, true or false", .as_written = true}}},
      {.name = "capabilities",
       .type = FieldType::list,
       .summary = "What the template may do besides",
       .beside = true,
       .example = "[CAPABILITY_IAM]",
       .fields = {{.name = "capability",
                   .summary = "One of them",
                   .one_of = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}}},
       .scalar_or_list = true},
      {.name = "bucket",
       .summary = "A bucket in the account's region for artifacts and large templates; left out: the account's own",
       .expressions = true,
       .example = "website-artifacts"},
      {.name = "roleArn",
       .summary = "A role that CloudFormation takes on to work, now and in all that is done with the stack later",
       .expressions = true,
       .example = "arn:aws:iam::123456789012:role/cloudformation"},
      {.name = "stackPolicy",
       .type = FieldType::any,
       .summary = "What updates of the stack may do to its resources, as YAML or JSON; left out: as it is",
       .expressions = true,
       .example = "{Statement: [{Effect: Allow, Action: \"Update:*\", Principal: \"*\", Resource: \"*\"}]}"},
      {.name = "terminationProtection",
       .type = FieldType::boolean,
       .summary = "Whether nobody may delete the stack; left out: as it is",
       .expressions = true,
       .protects = true,
       .example = "true"},
      {.name = "notificationArns",
       .type = FieldType::list,
       .summary = "Topics that hear of all that happens to the stack, five at most; left out: those that it has",
       .expressions = true,
       .example = "[\"arn:aws:sns:eu-central-1:123456789012:stacks\"]",
       .fields = {{.name = "arn", .summary = "The ARN of a topic of SNS"}},
       .scalar_or_list = true},
      beside_flag("emptyBuckets",
                  "Delete what is in the stack's buckets before the stack is deleted, with all versions"),
      {.name = "retainResources",
       .type = FieldType::list,
       .summary = "Resources that may stay when the stack is deleted, if they cannot be: their names in the template",
       .beside = true,
       .example = "[Topic]",
       .fields = {{.name = "resource", .summary = "Its name in the template"}},
       .scalar_or_list = true},
      beside_flag("disableRollback", "Leave what failed as it is, to be looked at"),
      beside_flag("express", "End each operation when all is configured: what is made may not be ready then"),
      beside_flag("revertDrift", "Undo with each update what others have changed in the resources"),
      {.name = "import",
       .type = FieldType::map,
       .summary = "Resources that are there already and are to be taken in: by the name in the template",
       .expressions = true,
       .beside = true,
       .example = "{Bucket: website-of-last-year}",
       .fields = {{.name = "identifier",
                   .type = FieldType::any,
                   .summary = "Its name, as AWS has it; a map where it takes several to tell it apart"}}},
      beside_flag("adopt", "Take over a stack that is there already"),
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
      .names = named_by_template,
      .mark_secrets = mark_no_echo,
      .exchange = exchange_of_stack,
      .leaves = left_by_stack,
  };
  return type;
}

}  // namespace verba
