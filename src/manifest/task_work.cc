// SPDX-License-Identifier: Apache-2.0
// What a task does: type and inputs, what stands for its verbs, how it is tried and what its failure means.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/reuse.h"
#include "manifest/task_maker.h"

namespace verba {
namespace {

bool flag(const Value& holder, std::string_view member) {
  const Value* value = holder.find(member);
  return value && value->is(Value::Kind::boolean) && value->boolean();
}

Retry retry_of(const Value& task) {
  Retry retry;
  const Value* written = task.find("retry");
  if (!written) return retry;
  if (const Value* attempts = written->find("attempts"); attempts && attempts->is(Value::Kind::integer)) {
    retry.attempts = static_cast<int>(std::clamp<std::int64_t>(attempts->integer(), 1, 1'000'000));
  }
  retry.delay = parse_duration(text_of(*written, "delay")).value_or(retry.delay);
  retry.max_delay = parse_duration(text_of(*written, "maxDelay")).value_or(retry.max_delay);
  if (const Value* backoff = written->find("backoff")) {
    if (backoff->is(Value::Kind::integer)) retry.backoff = static_cast<double>(backoff->integer());
    if (backoff->is(Value::Kind::real)) retry.backoff = backoff->real();
  }
  return retry;
}

Trigger trigger_of(const Value& task) {
  const std::string_view text = text_of(task, "trigger");
  if (text == "always") return Trigger::always;
  return text == "once" ? Trigger::once : Trigger::changed;
}

// What the task adds to a reused script: its maps grow by entries, all else is replaced.
void lay_over(const Value& more, Value& with) {
  if (!more.is_map() || !with.is_map()) return;
  for (const auto& [key, value] : more.map()) {
    Value* there = with.map().find(key.name);
    if (!there || !there->is_map() || !value.is_map()) {
      with.map().set(key, value);
      continue;
    }
    for (const auto& [inner_key, inner] : value.map()) there->map().set(inner_key, inner);
  }
}

}  // namespace

bool TaskMaker::describe(const Value& written, const Value& name, Task& task) {
  task.occasion = occasion_;
  if (!work(written, task.type, task.with, task.source)) return false;
  for (const Verb verb : all_verbs) {
    const Value* own = written.find(to_string(verb));
    if (!own || !own->is_map()) continue;
    Substitute& substitute = task.instead.emplace_back();
    substitute.verb = verb;
    std::shared_ptr<const Value> with;
    if (!work(*own, substitute.type, with, substitute.source)) return false;
    substitute.with = *with;
    if (own->find("retry")) substitute.retry = retry_of(*own);
    substitute.timeout = parse_duration(text_of(*own, "timeout"));
    if (substitute.type->on_demand) {
      error("manifest.wrong-type-here",
            fmt::format("a {} cannot stand for '{}' of a task", substitute.type->name, to_string(verb)), own->where,
            "make it a task of its own, which this one depends on", to_string(verb));
      return false;
    }
  }
  task.base_name = name.string();
  task.name = name.string();
  task.deployment = id_;
  task.where = name.where;
  task.variables = written_variables(written);
  task.trigger = trigger_of(written);
  task.temporary = flag(written, "temporary");
  task.protect = flag(written, "protect");
  if (task.temporary && task.protect) {
    resolution_.diagnostics.error(
        "manifest.temporary", fmt::format("task '{}' is temporary and protected: it could never be deleted", task.name),
        written.find("temporary")->where, "leave out one of the two");
  }
  for (const Field& field : task.type->inputs) {
    const Value* value = field.protects ? task.with->find(field.name) : nullptr;
    if (!task.temporary || value == nullptr || !value->is(Value::Kind::boolean) || !value->boolean()) continue;
    resolution_.diagnostics.error(
        "manifest.temporary",
        fmt::format("task '{}' is temporary, and with '{}' it could never be deleted", task.name, field.name),
        value->where, "leave out one of the two");
  }
  if (task.temporary && task.type->on_demand) {
    resolution_.diagnostics.error(
        "manifest.temporary", fmt::format("task '{}' is temporary, but asks and leaves nothing to delete", task.name),
        written.find("temporary")->where, "leave it out");
  }
  task.idempotent = flag(written, "idempotent") || flag(*task.with, "idempotent");  // a script may say it itself
  if (task.type->on_demand) task.idempotent = true;
  task.retry = retry_of(written);
  task.timeout = parse_duration(text_of(written, "timeout"));
  task.on_failure = on_failure_named(text_of(written, "onFailure")).value_or(scope_.on_failure);
  return true;
}

bool TaskMaker::work(const Value& written, const TaskType*& type, std::shared_ptr<const Value>& with,
                     SourceId& source) {
  source = manifest_.where.source;
  if (const Value* script = written.find("task")) {
    return script->is_string() && reuse(*script, written, type, with, source);
  }
  type = resolution_.catalogue.type(text_of(written, "type"));
  const Value* inputs = written.find("with");
  if (inputs && inputs->is_map()) {
    with = std::shared_ptr<const Value>(std::shared_ptr<const Value>(), inputs);  // borrowed from the manifest
  } else {
    with = std::make_shared<const Value>(Map{});
  }
  return type != nullptr;
}

bool TaskMaker::reuse(const Value& name, const Value& written, const TaskType*& type,
                      std::shared_ptr<const Value>& with, SourceId& source) {
  const Manifest* found = reused(name);
  type = found ? resolution_.catalogue.type(found->kind->task_type) : nullptr;
  if (!type) return false;
  Value together = found->spec;
  source = found->where.source;
  if (const Value* more = written.find("with")) lay_over(*more, together);
  const bool is_whole = std::ranges::all_of(type->inputs, [&](const Field& field) {
    if (!field.required || together.find(field.name)) return true;
    error("manifest.missing-field", fmt::format("'{}' is missing", field.name), name.where,
          fmt::format("add it to 'with', for example '{}: {}'", field.name, field.example), "task");
    return false;
  });
  with = std::make_shared<const Value>(std::move(together));
  return is_whole;
}

const Manifest* TaskMaker::reused(const Value& name) {
  for (const auto* known : {&model_.scripts, &model_.templates}) {
    if (const auto found = known->find(name.string()); found != known->end()) return found->second;
  }
  for (const std::string_view kind : reused_kinds) {
    const Manifest* elsewhere = resolution_.index.find(kind, name.string());
    if (!elsewhere) continue;  // one that does not exist at all is told by check_names()
    error("manifest.out-of-scope",
          fmt::format("{} '{}' is not in scope in environment '{}'", kind, name.string(), model_.environment.name),
          name.where, scope_of_manifest(*elsewhere), "task");
  }
  return nullptr;
}

}  // namespace verba
