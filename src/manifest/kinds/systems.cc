// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds/kinds.h"

namespace verba {

namespace {

std::vector<Field> protection_fields() {
  return {
      {.name = "allowDelete",
       .type = FieldType::boolean,
       .summary = "false: refuse any plan that deletes or replaces something here",
       .default_value = "true",
       .example = "false",
       .implied = true},
      {.name = "confirm",
       .type = FieldType::boolean,
       .summary = "true: who lets something be deleted here types the environment's name, or says --confirm NAME",
       .default_value = "false",
       .example = "true",
       .implied = true},
      {.name = "freeze",
       .type = FieldType::list,
       .summary = "Times in which nothing is changed here, unless --override-freeze says why",
       .example = "[{from: 2026-12-24, to: 2027-01-02, reason: holidays}]",
       .fields = {{.name = "freeze",
                   .type = FieldType::object,
                   .summary = "One such time",
                   .fields = {{.name = "from",
                               .summary = "Its beginning: an instant (RFC 3339), or a day in UTC",
                               .required = true,
                               .example = "2026-12-24T18:00:00+01:00"},
                              {.name = "to",
                               .summary = "Its end: an instant, or the last day",
                               .required = true,
                               .example = "2027-01-02"},
                              {.name = "reason", .summary = "Why; shown to who is refused", .example = "holidays"}}}}},
      {.name = "approvals",
       .type = FieldType::integer,
       .summary = "How many people have to approve a plan before it is carried out here, besides who made it",
       .default_value = "0",
       .example = "1",
       .minimum = 0,
       .implied = true},
  };
}

}  // namespace

const Kind& environment_kind() {
  static const Kind kind{
      .name = "Environment",
      .group = "systems",
      .summary = "One of the places that the same deployments go to: a sandbox, a test system, production.",
      .manual = R"(
`-e NAME` on the command line chooses the environment. It may be left out where only one is written; where none is
written, there is one that is called `default`.

With `extends` an environment takes over the labels, variables and account roles of another one; what it says itself is
stronger, and so is the nearer one of a row of such environments. A manifest or a task that names its `environments` is
in scope in exactly those.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: Environment
metadata:
  name: production
  labels: {tier: live}
spec:
  variables:
    domain: www.example.org
    instances: 3
)",
      .fields =
          {
              {.name = "extends",
               .summary = "Another Environment whose labels, variables and accounts count here too, unless set here",
               .example = "base",
               .refers_to = "Environment"},
              {.name = "variables",
               .type = FieldType::map,
               .summary =
                   "Values for ${{ vars.NAME }}; stronger than Variables manifests, weaker than a Deployment's own",
               .expressions = true,
               .example = "{domain: test.example.org}",
               .fields = {{.name = "value", .type = FieldType::any, .summary = "Any value"}}},
              {.name = "accounts",
               .type = FieldType::map,
               .summary = "Roles to accounts: what 'account: ROLE' of a task means in this environment",
               .example = "{web: deployment-host}",
               .refers_to = "Account",
               .fields = {{.name = "account", .summary = "Name of an account", .refers_to = "Account"}}},
              {.name = "protection",
               .type = FieldType::object,
               .summary = "What has to be so before anything is changed here",
               .example = "{allowDelete: false}",
               .fields = protection_fields()},
              notify_field("Who is to hear of what became of each run here; left out: as the one that it extends"),
          },
  };
  return kind;
}

}  // namespace verba
