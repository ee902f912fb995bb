// SPDX-License-Identifier: Apache-2.0
#include "plan/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "manifest/accounts.h"
#include "manifest/locations/origin.h"
#include "manifest/named_file.h"
#include "plan/template_file.h"
#include "value/json.h"
#include "value/text.h"

namespace verba {
namespace {

/// Reads what the inputs of one task name.
class Reading {
 public:
  /// `source`: the text whose directory paths start from. `type` is the one of the resource.
  Reading(const Model& model, const Task& task, SourceId source, const TaskType& type, const Surroundings& surroundings,
          Resource& resource, Diagnostics& diagnostics)
      : model_(model),
        task_(task),
        source_(source),
        modes_count_(std::ranges::find(type.inputs, "mode", &Field::name) != type.inputs.end()),
        surroundings_(surroundings),
        resource_(resource),
        diagnostics_(diagnostics) {}

  void add(const Field& field) {
    const Value* path = resource_.inputs.find(field.name);
    if (!path || !path->is_string()) return;
    std::string written = path->string();
    if (written.empty()) return missing(field, *path, {"it is empty", "write the path of a file"});
    const bool remote = is_remote_location(written);
    while (!remote && written.size() > 1 && written.ends_with('/')) written.pop_back();
    const std::variant<std::string, NotFound> place = named_file(model_, source_, written);
    if (const NotFound* none = std::get_if<NotFound>(&place)) return missing(field, *path, *none);
    const std::string& absolute = std::get<std::string>(place);
    if (field.tree && !remote) {
      const std::variant<std::string, NotFound> names = surroundings_.file(absolute + "/");
      if (const auto* list = std::get_if<std::string>(&names)) return add_tree(field, *path, written, absolute, *list);
      const NotFound& none = std::get<NotFound>(names);
      if (!none.message.empty()) return missing(field, *path, none);
    }
    if (field.filled_from.empty()) return add_file(field, *path, written, absolute, "");
    fill(field, *path, written, absolute);
  }

  /// What the content of files and inputs names in turn.
  void add_named(const TaskType& type) {
    std::set<std::string> known;
    for (bool is_new = type.names != nullptr; is_new;) {
      is_new = false;
      for (const NamedFile& named : type.names(resource_)) {
        if (!known.insert(named.path).second) continue;
        is_new = true;
        add_raw(named);
      }
    }
  }

 private:
  void add_raw(const NamedFile& named) {
    const std::string& path = named.path;
    const auto missing = [&](const NotFound& none) {
      tell(fmt::format("{} in {}", named.by, task_.address), named.where, none);
    };
    if (!named.wrong.empty()) return missing({named.wrong, ""});
    const std::variant<std::string, NotFound> place = named_file(model_, source_, path);
    if (const NotFound* none = std::get_if<NotFound>(&place)) return missing(*none);
    std::variant<std::vector<RawFile>, NotFound> found =
        surroundings_.raw ? surroundings_.raw(std::get<std::string>(place)) : NotFound{"files are not read here", ""};
    if (const NotFound* none = std::get_if<NotFound>(&found)) return missing(*none);
    for (RawFile& file : std::get<std::vector<RawFile>>(found)) {
      const std::string inner = file.inner.empty() ? path : path + "/" + file.inner;
      if (!taken_.insert(inner).second) continue;
      const Digest digest = sha256(file.content);
      resource_.files.push_back(
          {std::string(artifact_field), inner, digest, std::move(file.content), inner, file.executable});
    }
  }

  static std::variant<std::string, NotFound> text_of(std::variant<std::string, NotFound> content,
                                                     const std::string& path) {
    return as_text(std::move(content), fmt::format("the file '{}'", without_credentials(path)));
  }

  void add_tree(const Field& field, const Value& from, const std::string& written, const std::string& absolute,
                std::string_view names) {
    if (names.empty()) {
      const NotFound empty{fmt::format("there is no file in the directory '{}'", absolute), "put one there"};
      return missing(field, from, empty);
    }
    for (std::size_t end = names.find('\n'); end != std::string_view::npos; end = names.find('\n')) {
      const std::string inner(names.substr(0, end));
      names.remove_prefix(end + 1);
      add_file(field, from, written + "/" + inner, absolute + "/" + inner, inner);
    }
  }

  void add_file(const Field& field, const Value& from, std::string written, const std::string& absolute,
                std::string inner) {
    if (field.large && surroundings_.large && absolute.starts_with('/')) {
      if (std::optional<LargeFile> large = surroundings_.large(absolute)) {
        const Digest digest = large->digest;
        resource_.files.push_back({std::string(field.name), std::move(written), digest, "", std::move(inner), false,
                                   false, std::move(large)});
        return;
      }
    }
    bool executable = false;
    std::variant<std::string, NotFound> content = read(absolute, executable);
    if (!field.tree) content = text_of(std::move(content), absolute);
    if (const NotFound* none = std::get_if<NotFound>(&content)) return missing(field, from, *none);
    std::string& text = std::get<std::string>(content);
    const Digest digest = sha256(text);
    resource_.files.push_back(
        {std::string(field.name), std::move(written), digest, std::move(text), std::move(inner), executable});
  }

  /// `executable` is told where it counts. What comes from a URL is never so.
  std::variant<std::string, NotFound> read(const std::string& absolute, bool& executable) const {
    if (!modes_count_ || !surroundings_.raw || !absolute.starts_with('/')) return surroundings_.file(absolute);
    std::variant<std::vector<RawFile>, NotFound> found = surroundings_.raw(absolute);
    if (NotFound* none = std::get_if<NotFound>(&found)) return std::move(*none);
    RawFile& file = std::get<std::vector<RawFile>>(found).front();
    executable = file.executable;
    if (file.content.size() > largest_file_bytes) {
      return NotFound{fmt::format("'{}' is larger than {} bytes", absolute, largest_file_bytes), ""};
    }
    return std::move(file.content);
  }

  void fill(const Field& field, const Value& from, const std::string& written, const std::string& absolute) {
    const std::variant<std::string, NotFound> content = text_of(surroundings_.file(absolute), absolute);
    if (const NotFound* none = std::get_if<NotFound>(&content)) return missing(field, from, *none);
    const Value* values = resource_.inputs.find(field.filled_from);
    std::variant<Value, NotFound> filled =
        fill_template(written, std::get<std::string>(content), values != nullptr ? *values : Value(Map()));
    if (const NotFound* mistake = std::get_if<NotFound>(&filled)) return missing(field, from, *mistake);
    resource_.inputs.map().set("rendered", std::get<Value>(std::move(filled)));
  }

  void missing(const Field& field, const Value& from, const NotFound& none) {
    tell(fmt::format("{} of {}", field.name, task_.address), from.where, none);
  }

  void tell(const std::string& what, Where where, const NotFound& none) {
    diagnostics_.error(none.unreachable ? "plan.unreachable" : "plan.file", what + ": " + none.message,
                       where ? where : task_.where, none.hint);
  }

  const Model& model_;
  const Task& task_;
  SourceId source_;
  bool modes_count_;  ///< what is made has a mode: whether a file may be executed counts, too
  const Surroundings& surroundings_;
  Resource& resource_;
  Diagnostics& diagnostics_;
  std::set<std::string> taken_;  ///< FileInput::inner of what was named
};

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

/// Of one with secrets nobody can find them by trying which content has that digest.
std::string digest_text(const FileInput& file, const Sealer& sealer) {
  if (!file.secret) return file.digest.hex();
  Value content(file.content);
  content.secret = true;
  std::string text;
  to_canonical_json(content, sealer.digest_key(), text);
  return text;
}

Digest digest_of_counted(const Resource& resource, const Value& counted, const TaskType& type, const Sealer& sealer) {
  std::string text = "{\"account\":";
  append_json_string(text, resource.account);
  text += ",\"files\":{";
  for (const FileInput& file : resource.files) {
    if (text.back() != '{') text += ',';
    append_json_string(text, file.inner.empty() ? file.field : file.field + "/" + file.inner);
    text += ':';
    append_json_string(text, digest_text(file, sealer) + (file.executable ? "+x" : ""));
  }
  text += "},\"inputs\":";
  to_canonical_json(part_of(counted, type, false), sealer.digest_key(), text);
  if (resource.occasion != Occasion::deploy) {
    text += ",\"occasion\":";
    append_json_string(text, to_string(resource.occasion));
  }
  text += ",\"type\":";
  append_json_string(text, resource.type);
  text += ",\"version\":";
  append_json_string(text, type.version);
  text += '}';
  return sha256(text);
}

std::string text_of(const Retry& retry, std::optional<Milliseconds> timeout) {
  return fmt::format("{} {} {} {} {} ", retry.attempts, retry.delay.count(), retry.backoff, retry.max_delay.count(),
                     timeout.value_or(Milliseconds(0)).count());
}

/// `from`: a task or a definition.
template <class T>
Digest digest_of_beside(const Value& inputs, const Resource& resource, const T& from, const TaskType& type,
                        const Sealer& sealer) {
  std::string text = text_of(from.retry, from.timeout) + fmt::format("{} ", from.idempotent);
  if (from.rollout) text += fmt::format("rollout {} {} ", from.rollout->batch, from.rollout->max_failures);
  to_canonical_json(part_of(inputs, type, true), sealer.digest_key(), text);
  for (const StandIn& each : resource.instead) {
    text += fmt::format(" {} {} ", to_string(each.verb), each.resource.type);
    if (each.retry || each.timeout) text += text_of(each.retry.value_or(Retry()), each.timeout);
    to_canonical_json(each.resource.inputs, sealer.digest_key(), text);
    for (const FileInput& file : each.resource.files) text += digest_text(file, sealer) + (file.executable ? "+x" : "");
  }
  const Value& account = resource.account_spec;
  if (account.is_map() && !account.map().empty()) {
    text += " account ";
    to_canonical_json(account, sealer.digest_key(), text);
  }
  return sha256(text);
}

}  // namespace

std::optional<Resource> evaluate_resource(const Model& model, TaskId id, const Surroundings& surroundings,
                                          Diagnostics& diagnostics) {
  const Task& task = model.tasks[id];
  std::optional<Value> with = evaluate(*task.with, scope_of(model, id, surroundings), diagnostics);
  if (!with) return std::nullopt;
  const Account& account = model.accounts[task.account];
  const std::size_t errors_before = diagnostics.errors();
  const auto resource_of = [&](const TaskType& type, Value&& evaluated, SourceId source) {
    Resource made;
    made.address = task.address;
    made.type = type.name;
    made.inputs = std::move(evaluated);
    made.directory = model.directories.at(source);
    made.account = account.name;
    made.account_kind = account.kind->name;
    made.account_spec = described(model, account);
    Reading reading(model, task, source, type, surroundings, made, diagnostics);
    for (const Field& field : type.inputs) {
      if (field.file) reading.add(field);
    }
    reading.add_named(type);
    if (type.mark_secrets) type.mark_secrets(made);
    return made;
  };
  Resource resource = resource_of(*task.type, std::move(*with), task.source);
  resource.occasion = task.occasion;
  for (const Substitute& substitute : task.instead) {
    std::optional<Value> own = evaluate(substitute.with, scope_of(model, id, surroundings), diagnostics);
    if (!own) return std::nullopt;
    resource.instead.push_back({substitute.verb, resource_of(*substitute.type, std::move(*own), substitute.source),
                                substitute.retry, substitute.timeout});
  }
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return resource;
}

std::optional<Inputs> evaluate_inputs(const Model& model, TaskId id, const Surroundings& surroundings,
                                      const Sealer& sealer, Diagnostics& diagnostics) {
  const Task& task = model.tasks[id];
  std::optional<Resource> evaluated = evaluate_resource(model, id, surroundings, diagnostics);
  if (!evaluated) return std::nullopt;
  Inputs inputs;
  inputs.resource = *std::move(evaluated);
  const Resource& resource = inputs.resource;
  inputs.waits = has_unknown(resource.inputs) || std::ranges::any_of(resource.instead, [](const StandIn& each) {
                   return has_unknown(each.resource.inputs);
                 });
  inputs.digest = digest_of_counted(resource, resource.inputs, *task.type, sealer);
  inputs.beside = digest_of_beside(resource.inputs, resource, task, *task.type, sealer);
  return inputs;
}

Digest digest_of(const Inputs& inputs) {
  return sha256(inputs.digest.hex() + inputs.beside.hex());
}

Digest digest_of(const Definition& definition, const TaskType& type, const Sealer& sealer) {
  return digest_of_counted(definition.resource, definition.counted(), type, sealer);
}

Digest beside_of(const Definition& definition, const TaskType& type, const Sealer& sealer) {
  return digest_of_beside(definition.counted(), definition.resource, definition, type, sealer);
}

void take_over_account(Resource& then, const Resource& now) {
  if (then.account != now.account || then.account_kind != now.account_kind) return;
  const Value* region = then.account_spec.find("region");
  Value taken = now.account_spec;
  if (region != nullptr && taken.is_map() && !taken.find("region")) taken.map().set("region", *region);
  then.account_spec = std::move(taken);
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
  take_over_account(old.resource, now.resource);
  old.timeout = task.timeout;
  old.retry = task.retry;
  old.rollout = task.rollout;
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
