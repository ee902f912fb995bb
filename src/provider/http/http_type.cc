// SPDX-License-Identifier: Apache-2.0
#include "provider/http/http_type.h"

namespace verba {
namespace {

constexpr std::string_view manual = R"(
An HttpRequest sends one request when it is new or has changed (with the task's `trigger: always` in every run), from the
account of the task, by `curl`. It succeeds when the answer has one of the statuses in `status`. Redirects are not
followed. A `body` that is a list or a map is sent as JSON, with the header that says so unless `headers` has a
`Content-Type`. Nothing of a request is in an argument, so secrets may stand everywhere in it.

The other requests are for the rest of its life, and each may be left out:

| request | when | left out |
|---|---|---|
| `update` | something about the task has changed | the request itself, again |
| `delete` | the task is to go away; 404 and 410 are fine, too | `undo`, or it is only forgotten |
| `undo` | its making is to be rolled back; 404 and 410 are fine, too | `delete` |
| `check` | somebody asks how it is: an accepted status is there, 404 and 410 absent, all else unknown | nobody knows |

In these, `{outputs.NAME}` stands for what was answered before: `{outputs.json.id}`, `{outputs.body}`. In a URL it is
escaped. What never succeeded is not undone: nothing is sent. An update is rolled back by an update to what was before.

| output | |
|---|---|
| `status` | the status |
| `body` | the answer, where it is text |
| `json` | the same as a value, where it is JSON |

With `secret: true` the answer is a secret: it is sealed in state and shown nowhere.

**Failures.** An answer that does not come within the task's `timeout` (5 minutes when it has none) is waited for no
longer. Statuses 408, 425, 429 and from 500 on may be better in a while: the task's `retry` tries again; others not. When
a POST or PATCH was sent and no answer came, or it was broken off (Ctrl-C), nobody knows whether it was done: the step is
in doubt, and a `check` decides. Other methods can be sent again.
)";

constexpr std::string_view example = R"(name: webhook
type: HttpRequest
retry: {attempts: 3}
with:
  method: POST
  url: https://hooks.example.org/api/hooks
  headers: {Authorization: "Bearer ${{ secret('env:HOOKS_TOKEN') }}"}
  body: {target: "https://www.example.org/", events: [push]}
  delete: {method: DELETE, url: "https://hooks.example.org/api/hooks/{outputs.json.id}",
           headers: {Authorization: "Bearer ${{ secret('env:HOOKS_TOKEN') }}"}}
)";

std::vector<Field> request_fields(bool placeholders) {
  return {
      {.name = "method",
       .summary = "GET, or POST where there is a body, unless it is said here",
       .example = "PUT",
       .one_of = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}},
      {.name = "url",
       .summary = "Where it goes: http:// or https://",
       .required = true,
       .expressions = true,
       .example =
           placeholders ? "\"https://api.example.org/items/{outputs.json.id}\"" : "https://api.example.org/items"},
      {.name = "headers",
       .type = FieldType::map,
       .summary = "Headers",
       .expressions = true,
       .example = "{Accept: application/json}",
       .fields = {{.name = "header", .type = FieldType::any, .summary = "A string, a number, true or false"}}},
      {.name = "body",
       .type = FieldType::any,
       .summary = "What is sent: text, or a list or map as JSON",
       .expressions = true,
       .example = "{name: \"${{ vars.name }}\"}"},
      {.name = "status",
       .type = FieldType::list,
       .summary = "The statuses that are a success; left out: 200 to 299",
       .example = "[200, 201]",
       .fields = {{.name = "status", .type = FieldType::integer, .summary = "A status, as 201", .minimum = 100}},
       .scalar_or_list = true},
  };
}

Field later(std::string_view name, std::string_view summary, bool beside) {
  return {.name = name,
          .type = FieldType::object,
          .summary = summary,
          .expressions = true,
          .beside = beside,
          .example = "{method: DELETE, url: \"https://api.example.org/items/{outputs.json.id}\"}",
          .fields = request_fields(true)};
}

std::vector<Field> inputs() {
  std::vector<Field> fields = request_fields(false);
  fields.push_back({.name = "verifyTls",
                    .type = FieldType::boolean,
                    .summary = "Trust only certificates that can be verified, in every request of the task",
                    .default_value = "true",
                    .implied = true});
  fields.push_back({.name = "secret",
                    .type = FieldType::boolean,
                    .summary = "The answer is a secret",
                    .default_value = "false",
                    .implied = true});
  fields.push_back(later("update", "Sent instead when it was sent before and something has changed", false));
  fields.push_back(later("delete", "Sent when the task goes away", true));
  fields.push_back(later("undo", "Sent to roll its making back, and to delete it where there is no 'delete'", true));
  fields.push_back(later("check", "Sent to see whether it is there; it must change nothing", true));
  return fields;
}

}  // namespace

const TaskType& http_request_type() {
  static const TaskType type{
      .name = "HttpRequest",
      .version = "1",
      .summary = "One request to an HTTP server, and what undoes it.",
      .manual = manual,
      .example = example,
      .inputs = inputs(),
      .outputs = {{.name = "status", .type = FieldType::integer, .summary = "The status of the answer"},
                  {.name = "body", .summary = "The answer, where it is text"},
                  {.name = "json", .type = FieldType::any, .summary = "The answer as a value, where it is JSON"}},
      .accounts = {"InfrastructureAccount", "UnixInfrastructureAccount"},
      .all_outputs =
          [](const Value&) {
            return std::vector<std::string_view>{"status", "body", "json"};
          },
  };
  return type;
}

}  // namespace verba
