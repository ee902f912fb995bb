// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

Field text_map(std::string_view name, std::string_view summary, std::string_view example) {
  return {.name = name,
          .type = FieldType::map,
          .summary = summary,
          .expressions = true,
          .example = example,
          .fields = {{.name = "value", .type = FieldType::any, .summary = "Text, a number, true, false, or a list"}}};
}

}  // namespace

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

const Kind& infrastructure_template_kind() {
  static const Kind kind{
      .name = "InfrastructureTemplate",
      .group = "projects",
      .summary = "A template of CloudFormation with a name, for tasks to use.",
      .manual = R"(
A task makes a stack of it with `task: NAME` in place of `type`, and says the rest in `with`: at least the name of the `stack`.
What the task says itself is stronger; its parameters and tags come on top of those here. Paths start at the
manifest of the template; a template that is fetched by itself names no files.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: InfrastructureTemplate
metadata: {name: topic}
spec:
  data:
    Parameters: {Name: {Type: String}}
    Resources: {Topic: {Type: "AWS::SNS::Topic", Properties: {DisplayName: !Ref Name}}}
  parameters: {Name: news}
)",
      .fields = {{.name = "template",
                  .summary = "A file with the template, from the manifest's directory, or one that is fetched",
                  .example = "git::https://git.example.org/templates.git//vpc.yaml?tag=v3",
                  .instead_of_expression = "write the path itself, and pass values through 'parameters'"},
                 {.name = "data",
                  .type = FieldType::any,
                  .summary = "The template, as text or YAML, in place of 'template'",
                  .expressions = true,
                  .example = "{Resources: {Topic: {Type: \"AWS::SNS::Topic\"}}}"},
                 text_map("parameters", "Parameters of the template", "{Domain: \"${{ vars.domain }}\"}"),
                 text_map("tags", "Tags of the stack, and of its resources", "{team: web}"),
                 {.name = "capabilities",
                  .type = FieldType::list,
                  .summary = "What the template may do besides",
                  .example = "[CAPABILITY_IAM]",
                  .fields = {{.name = "capability",
                              .summary = "One of them",
                              .one_of = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"}}},
                  .scalar_or_list = true}},
      .task_type = "CloudFormation",
  };
  return kind;
}

}  // namespace verba
