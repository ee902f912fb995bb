// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "manifest/kinds/kinds.h"
#include "manifest/reuse.h"

namespace verba {
namespace {

Field task_name() {
  return {.name = "name",
          .summary = "Unique in its deployment; a letter, then letters, digits, - or _",
          .required = true,
          .example = "site"};
}

Field depends_on_tasks() {
  return {.name = "dependsOn",
          .type = FieldType::list,
          .summary = "Tasks that come first: NAME, NAME[KEY] or DEPLOYMENT.NAME. What is out of scope is passed over",
          .expressions = true,
          .example = "[build, network.vpc]",
          .refers_to = "Task",
          .fields = {{.name = "task", .summary = "A task", .refers_to = "Task"}},
          .scalar_or_list = true};
}

Field retry(std::string_view summary) {
  return {.name = "retry",
          .type = FieldType::object,
          .summary = summary,
          .example = "{attempts: 3, delay: 5s, backoff: 2, maxDelay: 1m}",
          .fields = {
              {.name = "attempts",
               .type = FieldType::integer,
               .summary = "How often to try in all",
               .required = true,
               .example = "3",
               .minimum = 1},
              {.name = "delay",
               .type = FieldType::duration,
               .summary = "How long to wait before the second try",
               .default_value = "0s",
               .example = "5s",
               .implied = true},
              {.name = "backoff",
               .type = FieldType::number,
               .summary = "By how much the wait grows from try to try",
               .default_value = "1",
               .example = "2",
               .minimum = 1,
               .implied = true},
              {.name = "maxDelay",
               .type = FieldType::duration,
               .summary = "The longest wait",
               .default_value = "1m",
               .example = "1m",
               .implied = true},
          }};
}

Field on_failure(std::string_view summary, std::string_view default_value) {
  return {.name = "onFailure",
          .summary = summary,
          .default_value = default_value,
          .example = "stop",
          .one_of = {"rollback", "stop", "continue"},
          .implied = true};
}

Field environments() {
  return {.name = "environments",
          .type = FieldType::list,
          .summary = "The environments the task is in scope for; left out: all that the Deployment is in scope for",
          .example = "[test, production]",
          .refers_to = "Environment",
          .fields = {{.name = "environment", .summary = "Name of an Environment", .refers_to = "Environment"}},
          .scalar_or_list = true};
}

Field variables(std::string_view summary) {
  return {.name = "variables",
          .type = FieldType::map,
          .summary = summary,
          .expressions = true,
          .example = R"({domain: "${{ environment.name }}.example.org"})",
          .fields = {{.name = "value", .type = FieldType::any, .summary = "Any value"}}};
}

Field account(std::string_view summary) {
  return {.name = "account",
          .summary = summary,
          .expressions = true,
          .default_value = "deployment-host",
          .example = "web",
          .refers_to = "Account",
          .implied = true};
}

Field accounts() {
  return {.name = "accounts",
          .type = FieldType::object,
          .summary =
              "In place of 'account': one instance NAME[ACCOUNT] in each account that has these labels, or in each "
              "that is named; each.key is its name, each.value has its labels",
          .expressions = true,
          .example = "{matchLabels: {role: web}}",
          .fields = {{.name = "matchLabels",
                      .type = FieldType::map,
                      .summary = "Accounts whose metadata.labels have all of these; by their names",
                      .required = true,
                      .example = "{role: web}",
                      .fields = {{.name = "label", .summary = "Its value"}}}},
          .or_names = true};
}

Field rollout() {
  return {
      .name = "rollout",
      .type = FieldType::object,
      .summary = "With accounts or forEach: some instances after the others, and an end to it when too many fail",
      .example = "{batch: 25%, maxFailures: 1}",
      .fields = {
          {.name = "batch",
           .type = FieldType::any,
           .summary = "How many at a time: a number of instances, or a percentage of them all; the next begin when "
                      "all of these are over",
           .required = true,
           .example = "25%"},
          {.name = "maxFailures",
           .type = FieldType::integer,
           .summary = "So many may fail in all. One more: no other begins, and onFailure is done, with its batch only",
           .default_value = "0",
           .example = "1",
           .minimum = 0,
           .implied = true},
      }};
}

Field timeout(std::string_view summary) {
  return {.name = "timeout", .type = FieldType::duration, .summary = summary, .example = "30m", .minimum = 1};
}

/// A check is a look: it is not tried again.
Field substitute(std::string_view name, std::string_view summary, bool is_check = false) {
  std::vector<Field> fields{
      {.name = "type", .summary = "A task type", .example = "ShellScript", .refers_to = "TaskType"},
      {.name = "task",
       .summary = "A ShellScript or InfrastructureTemplate by name, in place of 'type'; 'with' then adds to it",
       .example = "unregister",
       .refers_to = reused_kinds_text},
      {.name = "with",
       .type = FieldType::any,
       .summary = "What the task type takes; the outputs of the task are in VERBA_OUTPUT_NAME of a script",
       .example = "{run: ./unregister.sh}",
       .by_type = true}};
  if (!is_check) fields.push_back(retry("Try again when this fails; left out: as the task says"));
  fields.push_back(timeout("How long one try of this may take; left out: as the task says"));
  return {.name = name,
          .type = FieldType::object,
          .summary = summary,
          .example = "{type: ShellScript, with: {run: ./unregister.sh}}",
          .fields = std::move(fields)};
}

std::vector<Field> fields_of_every_task() {
  return {
      task_name(),
      {.name = "type",
       .summary = "What brings it about: a task type, such as ShellScript",
       .example = "ShellScript",
       .refers_to = "TaskType"},
      {.name = "task",
       .summary = "A ShellScript or InfrastructureTemplate by name, in place of 'type'; 'with' then adds to it",
       .example = "greet",
       .refers_to = reused_kinds_text},
      account("Where it runs: a role of Environment.accounts, else an account; left out: the deployment's"),
      accounts(),
      environments(),
      {.name = "when",
       .type = FieldType::condition,
       .summary = "The task is in scope only when this is true; may wait for outputs of other tasks",
       .example = "environment.name != 'production'"},
      depends_on_tasks(),
      {.name = "forEach",
       .type = FieldType::any,
       .summary = "A list or a map; one instance NAME[KEY] for each item, which sees each.key and each.value",
       .expressions = true,
       .example = "[web-1, web-2]"},
      rollout(),
      {.name = "with",
       .type = FieldType::any,
       .summary = "What the task type takes; 'verba explain TYPE' shows it",
       .example = "{run: ./deploy.sh}",
       .by_type = true},
      {.name = "trigger",
       .summary = "changed: run when an input changed; always: in every run; once: never again",
       .default_value = "changed",
       .example = "always",
       .one_of = {"changed", "always", "once"},
       .implied = true},
      {.name = "protect",
       .type = FieldType::boolean,
       .summary = "Refuse any plan that would delete or replace it",
       .default_value = "false",
       .example = "true",
       .implied = true},
      {.name = "temporary",
       .type = FieldType::boolean,
       .summary = "Made only when a task that needs it has something to do, deleted when the last of them is done",
       .default_value = "false",
       .example = "true",
       .implied = true},
      {.name = "idempotent",
       .type = FieldType::boolean,
       .summary = "Running it again is safe, even when nobody knows whether it ran to its end",
       .default_value = "false",
       .example = "true",
       .implied = true},
      retry("Try again when the task fails"),
      timeout("How long one try may take"),
      on_failure("What happens when the task fails; left out: as its deployment says", {}),
      {.name = "concurrencyGroup",
       .summary = "Of all tasks with the same group only one runs at a time",
       .expressions = true,
       .example = "database"},
      variables("Values for ${{ vars.NAME }} in this task; stronger than the deployment's"),
  };
}

/// A task of update.tasks, delete.tasks or rollback.tasks.
Field occasional_tasks(std::string_view summary) {
  std::vector<Field> fields;
  for (Field& field : fields_of_every_task()) {
    static constexpr std::array<std::string_view, 5> left_out{"trigger", "protect", "temporary", "onFailure",
                                                              "rollout"};
    if (std::ranges::find(left_out, field.name) == left_out.end()) fields.push_back(std::move(field));
  }
  return {.name = "tasks",
          .type = FieldType::list,
          .summary = summary,
          .example = "[{name: goodbye, type: ShellScript, with: {run: ./unregister.sh}}]",
          .fields = {{.name = "task", .type = FieldType::object, .summary = "One task", .fields = std::move(fields)}}};
}

Field occasion(std::string_view name, std::string_view summary, std::string_view of_tasks) {
  return {.name = name,
          .type = FieldType::object,
          .summary = summary,
          .example = "{tasks: [{name: goodbye, type: ShellScript, with: {run: ./unregister.sh}}]}",
          .fields = {occasional_tasks(of_tasks)}};
}

Field rollback() {
  return {.name = "rollback",
          .type = FieldType::object,
          .summary = "How it is rolled back when a task fails",
          .example = "{scope: run, delay: 30s}",
          .fields = {
              occasional_tasks("Run in place of undoing task by task; what is put back is then only recorded"),
              {.name = "scope",
               .summary = "deployment: what the run did here is undone; run: all that the run did, everywhere",
               .default_value = "deployment",
               .example = "run",
               .one_of = {"deployment", "run"},
               .implied = true},
              {.name = "delay",
               .type = FieldType::duration,
               .summary = "How long to wait before it begins; Ctrl-C in that time keeps what is done",
               .default_value = "0s",
               .example = "30s",
               .implied = true},
          }};
}

std::vector<Field> task_fields() {
  auto fields = fields_of_every_task();
  fields.push_back({.name = "movedFrom",
                    .summary = "Its name before: NAME, DEPLOYMENT.NAME or DEPLOYMENT.NAME[KEY]. What is deployed there "
                               "goes on under the new name",
                    .example = "old-site"});
  fields.push_back(substitute("update", "How it is updated, in place of what its type would do"));
  fields.push_back(substitute("delete", "How it is deleted, in place of what its type would do"));
  fields.push_back(
      substitute("rollback", "How it is undone when its deployment fails, in place of what its type would do"));
  fields.push_back(substitute("check",
                              "How it is looked at, in place of what its type would do; by exit code, 0: as "
                              "deployed, 2: drifted, 3: absent",
                              true));
  return fields;
}

std::vector<Field> deployment_fields() {
  return {
      {.name = "dependsOn",
       .type = FieldType::list,
       .summary = "Deployments that come first. What is out of scope in an environment is passed over there",
       .example = "[network]",
       .refers_to = "Deployment",
       .fields = {{.name = "deployment", .summary = "Name of a Deployment", .refers_to = "Deployment"}},
       .scalar_or_list = true},
      variables("Values for ${{ vars.NAME }} in its tasks; stronger than those of the Environment"),
      account("Where its tasks run unless they say: a role of Environment.accounts, else an account"),
      on_failure("When a task fails: rollback undoes what this run did here; stop keeps it and starts nothing more; "
                 "continue goes on with all that does not need the failed task",
                 "rollback"),
      {.name = "tasks",
       .type = FieldType::list,
       .summary = "What there is to bring about. The order of writing means nothing: dependsOn and outputs do",
       .required = true,
       .example = "[{name: hello, type: ShellScript, with: {run: echo hello}}]",
       .fields = {{.name = "task", .type = FieldType::object, .summary = "One task", .fields = task_fields()}}},
      {.name = "movedFrom",
       .summary = "Its name before. What is deployed there goes on under the new name, task by task",
       .example = "old-shop"},
      rollback(),
      occasion("update", "How it is updated once it is deployed",
               "Run in place of the updates of 'tasks', which are then only recorded; what is new there is made as "
               "ever. They may read the outputs that were recorded"),
      occasion("delete", "How the whole of it is deleted",
               "Run in place of the deletes of its tasks, which are then only forgotten; what they read is what there "
               "was when it was deployed"),
      notify_field("Who is to hear of what became of it in a run"),
  };
}

}  // namespace

const Kind& deployment_kind() {
  static const Kind kind{
      .name = "Deployment",
      .group = "projects",
      .summary = "Tasks that belong together: deployed, updated and removed as one.",
      .manual = R"(
Tasks form a graph: a task comes after those that its `dependsOn` names and after those whose outputs its expressions
read (`${{ tasks.NAME.outputs.KEY }}`). Everything else runs side by side. The address of a task is `DEPLOYMENT.TASK`, or
`DEPLOYMENT.TASK[KEY]` with `forEach` or `accounts`: on the command line, in plans and in logs.

A task that is out of scope in an environment (by `environments` or `when`) does not exist there. Reading its outputs
is a mistake unless a stand-in is named: `${{ default(tasks.NAME.outputs.KEY, 'none') }}`.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: Deployment
metadata: {name: website}
spec:
  variables: {greeting: hello}
  tasks:
  - name: build
    type: ShellScript
    with:
      run: |
        echo '{"version": 7}'
      outputs: json
  - name: publish
    type: ShellScript
    retry: {attempts: 3, delay: 5s}
    with:
      run: echo "$GREETING $VERSION"
      environment:
        GREETING: ${{ vars.greeting }}
        VERSION: ${{ tasks.build.outputs.version }}
)",
      .fields = deployment_fields(),
  };
  return kind;
}

std::vector<const Kind*> built_in_kinds() {
  std::vector<const Kind*> all = {&environment_kind(),   &infrastructure_account_kind(), &unix_account_kind(),
                                  &aws_account_kind(),   &kubernetes_account_kind(),     &cloud_account_kind(),
                                  &authentication_kind()};
  all.insert(all.end(), other_authentication_kinds().begin(), other_authentication_kinds().end());
  all.push_back(&policy_kind());
  all.push_back(&notification_channel_kind());
  all.insert(all.end(), location_kinds().begin(), location_kinds().end());
  all.insert(all.end(), {&project_kind(), &variables_kind(), &shell_script_kind(), &infrastructure_template_kind(),
                         &deployment_kind()});
  return all;
}

}  // namespace verba
