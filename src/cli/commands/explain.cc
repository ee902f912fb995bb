// SPDX-License-Identifier: Apache-2.0
#include "manifest/explain.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "plan/inputs.h"
#include "value/expr.h"
#include "value/json.h"
#include "view/text/change_text.h"
#include "view/text/markdown.h"
#include "view/text/plan_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

bool names_a_kind(const Catalogue& catalogue, const std::string& word) {
  const std::string first = word.substr(0, word.find('.'));
  return catalogue.kind(first) != nullptr || catalogue.type(first) != nullptr;
}

/// The task that was named; with forEach, the first of its instances.
TaskId find_task(const Model& model, const std::string& word) {
  std::vector<std::string_view> known;
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    const Task& task = model.tasks[id];
    if (task.address == word || task.address.starts_with(word + "[")) return id;
    known.push_back(task.address);
  }
  throw Error(Error::Kind::usage, "usage.unknown-address",
              "no task is called '" + word + "' in environment '" + model.environment.name + "'",
              did_you_mean(word, known, "`verba graph` shows the tasks; `verba explain` without words the kinds"));
}

std::string line(std::string_view what, std::string_view text) {
  return fmt::format("  {:<12}{}\n", what, text);
}

std::string why_text(const Plan& plan, const std::string& address) {
  for (const Step& step : plan.steps) {
    if (step.address == address) return fmt::format("{}: {}", to_string(step.action), printable(step.reason));
  }
  if (std::find(plan.kept.begin(), plan.kept.end(), address) != plan.kept.end())
    return "nothing: it is deployed as the manifests say";
  return "nothing: its condition does not hold";
}

std::string needs_text(const Model& model, const Task& task) {
  std::string out;
  for (const TaskId need : task.needs) out += (out.empty() ? "" : ", ") + printable(model.tasks[need].address);
  for (const DeploymentId need : model.deployments[task.deployment].needs) {
    out += (out.empty() ? "" : ", ") + std::string("all of ") + printable(model.deployments[need].name);
  }
  return out.empty() ? "nothing" : out;
}

std::string users_text(const Model& model, TaskId id) {
  std::string out;
  for (const Task& other : model.tasks) {
    if (std::binary_search(other.needs.begin(), other.needs.end(), id))
      out += (out.empty() ? "" : ", ") + printable(other.address);
  }
  return out.empty() ? "nothing" : out;
}

/// May one see how a secret is computed? Names tell nothing of it, and where it is kept neither; a text in it might.
bool is_only_names(const Value& expression) {
  std::vector<WorldCall> calls;
  collect_world_calls(expression, calls);
  const bool is_asked_for = std::ranges::any_of(calls, [](const WorldCall& call) { return call.function == "secret"; });
  const Template& text = expression.expression();
  return text.whole() && (is_asked_for || text.text().find_first_of("'\"") == std::string::npos);
}

/// `hidden`: what it comes to is a secret.
std::string written(const Value& value, bool hidden) {
  if (value.is_expression() && (!hidden || is_only_names(value))) return printable(value.expression().text());
  if (hidden || has_secret(value)) return "***";
  std::string text = value.is_string() ? value.string() : value_text(value);
  if (const auto end = text.find('\n'); end != std::string::npos && end + 1 < text.size()) {
    text = text.substr(0, end) + " ...";
  }
  return printable(text);
}

/// Each input as it is written, and from what it is computed. `known`: what it comes to; null: that is not known.
std::string inputs_text(const std::string& name, const Value& value, const Value* known, const Sources& sources) {
  if (value.is_map()) {
    std::string out;
    for (const auto& [key, item] : value.map()) {
      const Value* inner = known != nullptr && known->is_map() ? known->find(key.name) : nullptr;
      out += inputs_text(name.empty() ? key.name : name + "." + key.name, item, inner, sources);
    }
    return out;
  }
  std::string out = fmt::format("  {}: {}", printable(name), written(value, known != nullptr && has_secret(*known)));
  if (value.where) out += fmt::format("  ({})", sources.place(value.where));
  out += "\n";
  std::vector<const Reference*> references;
  collect_references(value, references);
  for (const Reference* reference : references) out += fmt::format("      from {}\n", printable(reference->text()));
  return out;
}

int explain_task(Call& call, const std::string& word) {
  const Request request = request_of(call, Goal::Kind::apply);
  Desk desk = open_desk(call, request, StoreUse::reading, KeyUse::look);
  const TaskId id = find_task(desk.model, word);
  const Task& task = desk.model.tasks[id];
  const Planned planned = plan_now(call, desk, request.goal);
  std::string out =
      call.out_style.bold(printable(task.address)) + " in environment " + printable(planned.plan.environment) + "\n";
  if (task.type != nullptr) out += line("type", fmt::format("{}: {}", task.type->name, task.type->summary));
  out += line("written in", desk.project.sources.place(task.where));
  out += line("account", desk.model.accounts[task.account].name);
  out += line("to do", why_text(planned.plan, task.address));
  out += line("waits for", needs_text(desk.model, task));
  out += line("needed by", users_text(desk.model, id));
  if (const Record* record = planned.snapshot.find(task.address)) {
    out += line("deployed", fmt::format("by run {}, status {}", record->run, to_string(record->status)));
  }
  Diagnostics told_by_the_plan;
  const std::optional<Resource> known = evaluate_resource(desk.model, id, desk.surroundings, told_by_the_plan);
  out += "\nInputs\n" + inputs_text("", *task.with, known ? &known->inputs : nullptr, desk.project.sources);
  for (const Step& step : planned.plan.steps) {
    if (step.address != task.address || step.changes.empty()) continue;
    Plan one;
    one.steps = {step};
    out += "\nChanges\n" + changes_text(one, call.out_style);
  }
  print(call, out);
  return kDone;
}

int explain(Call& call) {
  const auto& words = call.arguments.words();
  const std::string word = words.empty() ? "" : words.front();
  if (!word.empty() && !names_a_kind(call.kit().catalogue, word) && word.find('.') != std::string::npos) {
    return explain_task(call, word);
  }
  print(call, markdown_text(explain(call.kit().catalogue, word), call.out_style));
  return kDone;
}

}  // namespace

CommandRow explain_command() {
  return {.name = "explain",
          .group = "Help",
          .summary = "the manual of a kind or a field; or why a task runs",
          .positionals = {{.name = "KIND[.FIELD]|DEPLOYMENT.TASK", .completes = Completes::kind}},
          .formats = text_alone,
          .function = explain};
}

}  // namespace verba
