// SPDX-License-Identifier: Apache-2.0
#include "provider/wait/wait_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
A Wait ends well as soon as what it waits for is so, and fails at the task's `timeout` (5 minutes when it has none; a
`for` or `until` takes its time). Exactly one of these says what it waits for:

| | until |
|---|---|
| `tcp: HOST:PORT` | somebody accepts connections there; nothing is sent |
| `http: URL` | the answer has one of the statuses in `status`; redirects are not followed |
| `dns: NAME` | the name has an address |
| `for: 30s` | that long |
| `until: "2030-01-31T06:00:00Z"` | that instant |

It asks from the account of the task: what a `UnixInfrastructureAccount` names is asked from that machine. There `http`
needs `curl`, `dns` needs `getent`, and `tcp` one of `bash`, `nc` and `curl`. Between two tries it rests for `interval`.

It is done in the run in which it is new or has changed; with the task's `trigger: always` in every one. There is nothing
to delete and nothing to roll back. `verba drift` asks once whether it is still so.
)";

constexpr std::string_view example = R"(name: database-is-up
type: Wait
timeout: 2m
with:
  tcp: db.example.org:5432
  interval: 2s
)";

std::vector<Field> inputs() {
  return {
      {.name = "tcp",
       .summary = "A host and a port that are to accept connections",
       .expressions = true,
       .example = "localhost:5432"},
      {.name = "http",
       .summary = "A URL that is to answer",
       .expressions = true,
       .example = "http://localhost:8080/health"},
      {.name = "status",
       .type = FieldType::list,
       .summary = "The statuses that 'http' is content with; left out: 200 to 299",
       .example = "[200, 401]",
       .fields = {{.name = "status", .type = FieldType::integer, .summary = "One of them", .minimum = 100}},
       .scalar_or_list = true},
      {.name = "dns",
       .summary = "A host name that is to have an address",
       .expressions = true,
       .example = "new.example.org"},
      {.name = "for",
       .type = FieldType::duration,
       .summary = "How long to wait",
       .expressions = true,
       .example = "30s"},
      {.name = "until",
       .summary = "The instant to wait for, as RFC 3339 writes it",
       .expressions = true,
       .example = "\"2030-01-31T06:00:00Z\""},
      {.name = "interval",
       .type = FieldType::duration,
       .summary = "The rest between two tries",
       .beside = true,
       .default_value = "1s",
       .example = "5s",
       .implied = true},
  };
}

}  // namespace

const TaskType& wait_type() {
  static const TaskType type{
      .name = "Wait",
      .version = "1",
      .summary = "Waits for a port, a URL, a name, or a time.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {},
      .accounts = {"InfrastructureAccount", "UnixInfrastructureAccount"},
      .all_outputs = [](const Value&) { return std::vector<std::string_view>(); },
  };
  return type;
}

}  // namespace verba
