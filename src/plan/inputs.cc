// SPDX-License-Identifier: Apache-2.0
#include "plan/inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/accounts.h"
#include "manifest/locations/origin.h"
#include "value/json.h"

namespace verba {
namespace {

void add_file(const Field& field, const Task& task, const std::string& directory, const Surroundings& surroundings,
              Resource& resource, Diagnostics& diagnostics) {
  const Value* path = resource.inputs.find(field.name);
  if (!path || !path->is_string()) return;
  const std::string& written = path->string();
  const bool whole = written.starts_with('/') || is_remote_location(written);
  const std::string absolute = whole ? written : directory + "/" + written;
  std::variant<std::string, NotFound> content = surroundings.file(absolute);
  if (const NotFound* missing = std::get_if<NotFound>(&content)) {
    diagnostics.error("plan.file", fmt::format("{} of {}: {}", field.name, task.address, missing->message),
                      path->where ? path->where : task.where, missing->hint);
    return;
  }
  std::string& text = std::get<std::string>(content);
  const Digest digest = sha256(text);
  resource.files.push_back({std::string(field.name), written, digest, std::move(text)});
}

/// The inputs without those that are no reason to act; or only those.
Value part_of(const Value& inputs, const TaskType& type, bool beside) {
  Map part;
  for (const auto& [key, value] : inputs.map()) {
    const auto field = std::ranges::find(type.inputs, key.name, &Field::name);
    const bool is_beside = field != type.inputs.end() && field->beside;
    if (is_beside == beside) part.append(key, value);
  }
  return part;
}

Digest digest_of_counted(const Resource& resource, const Value& counted, const TaskType& type, const Sealer& sealer) {
  std::string text = "{\"account\":";
  append_json_string(text, resource.account);
  text += ",\"files\":{";
  for (const FileInput& file : resource.files) {
    if (text.back() != '{') text += ',';
    append_json_string(text, file.field);
    text += ':';
    append_json_string(text, file.digest.hex());
  }
  text += "},\"inputs\":";
  to_canonical_json(part_of(counted, type, false), sealer.digest_key(), text);
  text += ",\"type\":";
  append_json_string(text, resource.type);
  text += ",\"version\":";
  append_json_string(text, type.version);
  text += '}';
  return sha256(text);
}

/// `from`: a task or a definition.
template <class T>
Digest digest_of_beside(const Value& inputs, const std::vector<StandIn>& instead, const T& from, const TaskType& type,
                        const Sealer& sealer) {
  const Retry& retry = from.retry;
  std::string text =
      fmt::format("{} {} {} {} {} {} ", retry.attempts, retry.delay.count(), retry.backoff, retry.max_delay.count(),
                  from.timeout.value_or(Milliseconds(0)).count(), from.idempotent);
  to_canonical_json(part_of(inputs, type, true), sealer.digest_key(), text);
  for (const StandIn& each : instead) {
    text += fmt::format(" {} {} ", to_string(each.verb), each.resource.type);
    to_canonical_json(each.resource.inputs, sealer.digest_key(), text);
    for (const FileInput& file : each.resource.files) text += file.digest.hex();
  }
  return sha256(text);
}

}  // namespace

std::optional<Inputs> evaluate_inputs(const Model& model, TaskId id, const Surroundings& surroundings,
                                      const Sealer& sealer, Diagnostics& diagnostics) {
  const Task& task = model.tasks[id];
  std::optional<Value> with = evaluate(task.with, scope_of(model, id, surroundings), diagnostics);
  if (!with) return std::nullopt;
  const Account& account = model.accounts[task.account];
  Inputs inputs;
  inputs.waits = has_unknown(*with);
  const std::size_t errors_before = diagnostics.errors();
  const auto resource_of = [&](const TaskType& type, Value&& evaluated, const std::string& directory) {
    Resource made;
    made.address = task.address;
    made.type = type.name;
    made.inputs = std::move(evaluated);
    made.directory = directory;
    made.account = account.name;
    made.account_kind = account.kind->name;
    made.account_spec = described(account);
    for (const Field& field : type.inputs) {
      if (field.file) add_file(field, task, directory, surroundings, made, diagnostics);
    }
    return made;
  };
  Resource& resource = inputs.resource;
  resource = resource_of(*task.type, std::move(*with), model.directory_of(task));
  for (const Substitute& substitute : task.instead) {
    std::optional<Value> own = evaluate(substitute.with, scope_of(model, id, surroundings), diagnostics);
    if (!own) return std::nullopt;
    inputs.waits = inputs.waits || has_unknown(*own);
    resource.instead.push_back(
        {substitute.verb, resource_of(*substitute.type, std::move(*own), model.directories.at(substitute.source))});
  }
  if (diagnostics.errors() > errors_before) return std::nullopt;
  if (!inputs.waits) inputs.digest = digest_of_counted(resource, resource.inputs, *task.type, sealer);
  inputs.beside = digest_of_beside(resource.inputs, resource.instead, task, *task.type, sealer);
  return inputs;
}

Digest digest_of(const Definition& definition, const TaskType& type, const Sealer& sealer) {
  return digest_of_counted(definition.resource, definition.counted(), type, sealer);
}

Digest beside_of(const Definition& definition, const TaskType& type, const Sealer& sealer) {
  return digest_of_beside(definition.counted(), definition.resource.instead, definition, type, sealer);
}

Definition redefined(Definition old, const Inputs& now, const Task& task) {
  const auto take_over = [&](Value& inputs) {
    Value kept = part_of(inputs, *task.type, false);
    const Value beside = part_of(now.resource.inputs, *task.type, true);  // outlives the loop over a part of it
    for (const auto& [key, value] : beside.map()) kept.map().append(key, value);
    inputs = std::move(kept);
  };
  take_over(old.resource.inputs);
  if (old.compared) take_over(*old.compared);
  old.resource.instead = now.resource.instead;
  old.timeout = task.timeout;
  old.retry = task.retry;
  old.idempotent = task.idempotent;
  return old;
}

std::optional<bool> evaluate_condition(const Model& model, TaskId id, const Surroundings& surroundings,
                                       Diagnostics& diagnostics) {
  const Task& task = model.tasks[id];
  if (!task.when) return true;
  const std::optional<Value> value = evaluate(*task.when, scope_of(model, id, surroundings), diagnostics);
  if (!value || value->is_unknown()) return std::nullopt;
  if (!value->is(Value::Kind::boolean)) {
    diagnostics.error("plan.condition",
                      fmt::format("'when' of {} gave a {}, not true or false", task.address, kind_name(value->kind())),
                      task.when->where(), "compare it with something: tasks.x.outputs.y == 'z'");
    return std::nullopt;
  }
  return value->boolean();
}

Map planning_run() {
  Map run;
  for (const char* name : {"id", "started", "reason"}) run.set(name, fmt::format("(run.{})", name));
  return run;
}

std::string planning_now() {
  return "(now)";
}

}  // namespace verba
