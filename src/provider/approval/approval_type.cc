// SPDX-License-Identifier: Apache-2.0
#include "provider/approval/approval_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
The run stops here and waits for people: the `message` is printed, everything that does not need this task goes on, and
what needs it begins when enough people said yes, from any machine that reaches the state:

```
verba approve website.go-live
verba reject website.go-live --reason "the numbers look wrong"
```

One rejection is enough: the step has then failed, and `onFailure` of the deployment says what follows; so does the task's
`timeout`, when nobody answers in that time. Without one it waits for ever; Ctrl-C ends the waiting.

It is asked whenever a task that needs it has something to do, and only then. Nothing is recorded of it: the next run that
changes something behind it asks again. Who said what is in the events of the state.
)";

constexpr std::string_view example = R"(name: go-live
type: Approval
dependsOn: [smoke-test]
timeout: 2h
with:
  message: The new version answers at ${{ tasks.staging.outputs.url }}. Switch to it?
)";

std::vector<Field> inputs() {
  return {
      {.name = "message",
       .summary = "What people are asked",
       .required = true,
       .expressions = true,
       .example = "Go live with version ${{ vars.version }}?"},
      {.name = "approvals",
       .type = FieldType::integer,
       .summary = "How many people have to say yes",
       .default_value = "1",
       .example = "2",
       .minimum = 1,
       .implied = true},
      {.name = "byOthers",
       .type = FieldType::boolean,
       .summary = "Whoever runs it does not count",
       .default_value = "false",
       .example = "true",
       .implied = true},
  };
}

}  // namespace

const TaskType& approval_type() {
  static const TaskType type{
      .name = "Approval",
      .version = "1",
      .summary = "Waits for a person to say yes.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {},
      .accounts = {},
      .all_outputs = [](const Value&) { return std::vector<std::string_view>(); },
      .on_demand = true,
  };
  return type;
}

}  // namespace verba
