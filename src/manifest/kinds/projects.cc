// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds/kinds.h"

namespace verba {

const Kind& variables_kind() {
  static const Kind kind{
      .name = "Variables",
      .group = "projects",
      .summary = "Values with names, for all deployments: ${{ vars.NAME }}.",
      .manual = R"(
A value is a literal, an expression, or `{from: ...}`: an environment variable of whoever runs the tool, a secret, or
what a ShellScript prints. A `default` stands in where such a source has nothing. Values are worked out when they are
needed, and only then.

The weakest comes first: Variables, Environment, Deployment, task, `--var NAME=VALUE`. A value that reads other
variables sees the strongest ones of where it is used.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: Variables
metadata: {name: common}
spec:
  values:
    domain: example.org
    url: "https://${{ vars.domain }}/"
    user: {from: {env: USER}, default: nobody}
)",
      .fields =
          {
              {.name = "values",
               .type = FieldType::map,
               .summary =
                   "Names to values: a literal, an expression, or {from: {env|secret|script: ...}, default: ...}",
               .required = true,
               .expressions = true,
               .example = "{domain: example.org, user: {from: {env: USER}, default: nobody}}",
               .fields =
                   {{.name = "value", .type = FieldType::any, .summary = "A literal, an expression, or {from: ...}"}}},
          },
  };
  return kind;
}

const Kind& shell_script_kind() {
  static const Kind kind{
      .name = "ShellScript",
      .group = "projects",
      .summary = "A script with a name, for tasks and variables to use.",
      .manual = R"(
The fields of `spec` are those that a task of type ShellScript takes in `with`. A task uses it with `task: NAME` in
place of `type`; what the task says itself in `with` is stronger. A variable takes what it prints:
`{from: {script: NAME}}`.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: ShellScript
metadata: {name: greet}
spec:
  run: echo "hello $WHO"
  environment: {WHO: world}
)",
      .fields = {},
      .task_type = "ShellScript",
  };
  return kind;
}

}  // namespace verba
