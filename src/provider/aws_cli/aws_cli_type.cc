// SPDX-License-Identifier: Apache-2.0
#include "provider/aws_cli/aws_cli_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
An AwsCli brings something about by commands of the AWS CLI (`aws`, which has to be on PATH), for what verba has no type of
its own. `run` is the arguments of one command, or a list of commands, done one after the other until one fails. No shell
reads them: a value is one argument, whatever is in it. The other commands are for the rest of its life, and each may be
left out, as in a ShellScript:

| commands | when | left out |
|---|---|---|
| `update` | something about the task has changed | `run` again |
| `delete` | the task is to go away; what AWS says is not there is fine | it is only forgotten |
| `rollback` | what was done is to be undone; what is not there is fine | the commands of before, or `delete` |
| `check` | somebody asks how it is: done well is there, what AWS says is not there absent, all else unknown | nobody knows |

In `update`, `delete`, `rollback` and `check`, `{outputs.NAME}` in an argument stands for what the task gave before.

**Credentials** of the account, its region and its endpoint are in the environment of the commands, and nowhere else.
Secrets may stand in `environment` and `stdin`; in arguments, which every user of the machine can see, they are refused.
`AWS_PAGER` is empty and `AWS_DEFAULT_OUTPUT` is `json`.

**Outputs** come from what the last command of `run` or `update` prints; `outputs` is as in a ShellScript: `none`, `text`,
`lines`, or `json`, whose members they are. `--query` chooses: `--query "{id: Thing.Id}"`.

At the task's `timeout` and when the run is stopped, the command is ended. What was broken off and is not `idempotent` is
looked at by `check`, or asked about.
)";

constexpr std::string_view example = R"(name: parameter
type: AwsCli
account: website
with:
  run: [ssm, put-parameter, --name, /web/motd, --value, hello, --type, String, --overwrite]
  delete: [ssm, delete-parameter, --name, /web/motd]
  check: [ssm, get-parameter, --name, /web/motd]
  idempotent: true
)";

Field commands(std::string_view name, std::string_view summary, std::string_view text, bool later) {
  return {
      .name = name, .type = FieldType::any, .summary = summary, .expressions = true, .beside = later, .example = text};
}

std::vector<Field> inputs() {
  std::vector<Field> all = {
      commands("run", "The arguments of a command, or a list of commands, that make it so",
               "[s3api, put-bucket-versioning, --bucket, web, --versioning-configuration, Status=Enabled]", false),
      commands("update", "In place of 'run' when it is deployed already and something has changed",
               "[ecs, update-service, --service, web, --force-new-deployment]", false),
      commands("delete", "Remove it", "[ssm, delete-parameter, --name, /web/motd]", true),
      commands("rollback", "Undo what 'run' or 'update' did, even half of it",
               "[ssm, delete-parameter, --name, /web/motd]", true),
      commands("check", "Look at it", "[ssm, get-parameter, --name, /web/motd]", true),
      {.name = "environment",
       .type = FieldType::map,
       .summary = "Environment variables of all commands; null takes one away",
       .expressions = true,
       .example = "{AWS_DEFAULT_OUTPUT: text}",
       .fields = {{.name = "variable", .type = FieldType::any, .summary = "A string, a number, true, false or null"}}},
      {.name = "stdin",
       .type = FieldType::any,
       .summary = "Standard input of the commands; the first that reads it has it",
       .expressions = true,
       .example = "\"${{ file('page.html') }}\""},
      {.name = "workdir",
       .summary = "Where the commands run, from the manifest's directory",
       .expressions = true,
       .default_value = ".",
       .example = "dist",
       .implied = true},
      {.name = "outputs",
       .summary = "How to read what 'run' and 'update' print",
       .default_value = "none",
       .example = "json",
       .one_of = {"none", "text", "lines", "json"},
       .implied = true},
      {.name = "idempotent",
       .type = FieldType::boolean,
       .summary = "Running it again does no harm, so a run that was broken off is simply repeated",
       .beside = true,
       .default_value = "false",
       .implied = true},
  };
  all.front().required = true;
  return all;
}

std::optional<std::vector<std::string_view>> output_names(const Value& with) {
  const Value* written = with.find("outputs");
  const std::string_view format = written == nullptr ? "none" : written->is_string() ? written->string() : "";
  if (format == "none") return std::vector<std::string_view>();
  if (format == "text" || format == "lines") return std::vector<std::string_view>{format};
  return std::nullopt;
}

}  // namespace

const TaskType& aws_cli_type() {
  static const TaskType type{
      .name = "AwsCli",
      .version = "1",
      .summary = "Commands of the AWS CLI.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "text", .summary = "What was printed, with 'outputs: text'"},
                  {.name = "lines",
                   .type = FieldType::list,
                   .summary = "What was printed, with 'outputs: lines'",
                   .fields = {{.name = "line", .summary = "One line"}}}},
      .accounts = {"AwsInfrastructureAccount"},
      .all_outputs = output_names,
  };
  return type;
}

}  // namespace verba
