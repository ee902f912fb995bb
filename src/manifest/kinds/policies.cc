// SPDX-License-Identifier: Apache-2.0
#include "manifest/kinds/kinds.h"

namespace verba {
namespace {

std::vector<Field> rule_fields() {
  return {
      {.name = "name", .summary = "Unique in this policy", .required = true, .example = "no-deletes"},
      {.name = "when",
       .type = FieldType::condition,
       .summary = "The rule looks only at changes for which this is true; left out: at all",
       .example = "default(environment.labels.tier, '') == 'live'"},
      {.name = "deny",
       .type = FieldType::condition,
       .summary = "A plan with a change for which this is true is refused",
       .example = "change.action == 'delete'"},
      {.name = "warn",
       .type = FieldType::condition,
       .summary = "In place of 'deny': the plan may be applied, after a warning",
       .example = "change.action == 'replace'"},
      {.name = "message",
       .summary = "What the person is told; it may read what the rule reads",
       .expressions = true,
       .example = "ask the database team before ${{ change.address }} is deleted"},
  };
}

}  // namespace

const Kind& policy_kind() {
  static const Kind kind{
      .name = "Policy",
      .group = "systems",
      .summary = "Rules that every plan is held against before anything is changed.",
      .manual = R"(
A rule is an expression that is evaluated for each change of a plan. `deny` refuses the plan, `warn` only tells. Where
neither reads `change`, the plan as a whole is looked at, once.

| name | what it is |
|---|---|
| `change.address`, `.deployment`, `.task`, `.type`, `.account` | what is changed, and where |
| `change.action` | `create`, `update`, `replace`, `delete` or `run` |
| `change.reason`, `change.temporary` | why; whether it is a temporary task |
| `change.waits` | some of its inputs are known only after apply |
| `change.fields` | the names of the inputs that differ: `'environment.SITE' in change.fields` |
| `change.before`, `change.after` | those inputs by name: `default(change.after.environment.SITE, '')` |
| `change.changes` | the same as a list of `{field, before, after}` |
| `environment.name`, `environment.labels` | where it is deployed to |
| `plan.command` | `apply`, `destroy`, `rollback` or `gc` |
| `plan.create`, `.update`, `.replace`, `.delete`, `.run`, `.keep`, `.move` | how many there are of each |

What is known only after apply leaves a rule undecided: there is a warning, and the plan may be applied. Secrets are
compared but never shown. `metadata.environments` says where a policy holds.
)",
      .example = R"(apiVersion: verbacratis/v1
kind: Policy
metadata: {name: guard, environments: [production]}
spec:
  rules:
  - name: no-deletes
    when: change.deployment == 'database'
    deny: change.action in ['delete', 'replace']
    message: ask the database team before ${{ change.address }} goes
  - name: many-at-once
    warn: plan.update + plan.replace > 20
    message: that is a lot for one evening
)",
      .fields =
          {{.name = "rules",
            .type = FieldType::list,
            .summary = "The rules, each with either 'deny' or 'warn'",
            .required = true,
            .example = "[{name: no-deletes, deny: \"change.action == 'delete'\"}]",
            .fields = {{.name = "rule", .type = FieldType::object, .summary = "One rule", .fields = rule_fields()}}}},
  };
  return kind;
}

}  // namespace verba
