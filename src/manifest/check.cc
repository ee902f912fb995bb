// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <unordered_map>
#include <utility>

#include "manifest/alpha.h"
#include "manifest/head.h"
#include "manifest/kinds/kinds.h"
#include "manifest/manifest.h"
#include "manifest/names.h"
#include "manifest/rollout.h"
#include "manifest/verb.h"
#include "value/expr.h"
#include "value/yaml.h"

namespace verba {

const std::vector<Field>& head_fields() {
  static const std::vector<Field> fields = {
      {.name = "apiVersion", .summary = "verbacratis/v1", .required = true, .one_of = {"verbacratis/v1", "v1-alpha"}},
      {.name = "kind", .summary = "the kind of manifest, such as Deployment", .required = true},
      {.name = "metadata",
       .type = FieldType::object,
       .summary = "its name, such as {name: website}",
       .required = true,
       .fields = {{.name = "name", .summary = "unique per kind", .required = true, .example = "website"},
                  {.name = "environments",
                   .type = FieldType::list,
                   .summary = "the environments it is in scope for; left out: all",
                   .example = "[test, production]",
                   .fields = {{.name = "environment", .summary = "name of an Environment"}},
                   .scalar_or_list = true},
                  {.name = "labels",
                   .type = FieldType::map,
                   .summary = "names to strings",
                   .example = "{team: web}",
                   .fields = {{.name = "label", .summary = "any text"}}}}},
      {.name = "spec", .type = FieldType::any, .summary = "what the kind is made of", .by_type = true},
  };
  return fields;
}

namespace {

constexpr std::string_view name_rule =
    "a name begins with a letter (A-Z, a-z) and goes on with such letters, digits, '-' and '_'";
constexpr std::string_view host_name_rule = "such a name is made of letters, digits, '-', '_', '.' and '@'";

Where start_of(Where where) {
  if (where && where.end > where.begin) where.end = where.begin + 1;
  return where;
}

class DocumentChecker {
 public:
  DocumentChecker(const Document& document, const Catalogue& catalogue, const Sources& sources,
                  Diagnostics& diagnostics)
      : document_(document), catalogue_(catalogue), sources_(sources), diagnostics_(diagnostics) {}

  std::optional<Manifest> run(Value root) {
    if (document_.among_alpha && is_foreign(root)) {
      const Value* version = root.find("apiVersion");
      diagnostics_.warning("manifest.foreign", "this is no manifest: the document is left out",
                           version != nullptr ? version->where : start_of(root.where),
                           "a manifest begins with 'apiVersion: verbacratis/v1', or v1-alpha");
      return std::nullopt;
    }
    if (!root.is_map()) {
      diagnostics_.error("manifest.wrong-type", "a manifest must be a map", start_of(root.where),
                         "begin it with 'apiVersion: verbacratis/v1' and 'kind: Deployment'");
      return std::nullopt;
    }
    Manifest manifest;
    manifest.kind = kind_of(root);
    if (!manifest.kind) return std::nullopt;
    manifest.directory = document_.directory;
    manifest.commit = document_.commit;
    manifest.branch = document_.branch;
    manifest.alpha = text_of(root, "apiVersion") == "v1-alpha";
    check_fields(root, head_fields(), "a manifest of kind " + std::string(manifest.kind->name), false, sources_,
                 diagnostics_);
    if (manifest.alpha && !manifest.kind->alpha) {
      diagnostics_.error("manifest.bad-value", fmt::format("v1-alpha has no kind '{}'", manifest.kind->name),
                         root.find("apiVersion")->where, "write 'apiVersion: verbacratis/v1'");
    }
    metadata(root, manifest);
    manifest.spec = take_spec(root);
    spec(manifest);
    return manifest;
  }

 private:
  /// It says of itself that it is another's, or says nothing at all.
  static bool is_foreign(const Value& root) {
    if (!root.is_map()) return true;
    const Value* version = root.find("apiVersion");
    if (version == nullptr) return root.find("kind") == nullptr;
    return version->is_string() && version->string() != "verbacratis/v1" && version->string() != "v1-alpha";
  }

  const Kind* kind_of(const Value& root) {
    const Value* kind = root.find("kind");
    if (!kind || !kind->is_string()) {
      // What else is wrong with the head is told in the same breath; without a kind the rest means nothing.
      Value head = root;
      check_fields(head, head_fields(), "a manifest", false, sources_, diagnostics_);
      return nullptr;
    }
    if (const Kind* known = catalogue_.kind(kind->string())) return known;
    std::vector<std::string_view> names;
    for (const Kind* known : catalogue_.kinds) names.push_back(known->name);
    std::string hint = did_you_mean(kind->string(), names, "`verba explain` shows all kinds");
    // Directories of that version hold documents of others, too.
    const bool stranger = text_of(root, "apiVersion") == "v1-alpha";
    diagnostics_.add({stranger ? Severity::warning : Severity::error,
                      "manifest.unknown-kind",
                      fmt::format("unknown kind '{}'{}", kind->string(), stranger ? ": the document is left out" : ""),
                      kind->where,
                      {},
                      std::move(hint),
                      {}});
    return nullptr;
  }

  void metadata(Value& root, Manifest& manifest) {
    manifest.where = start_of(root.where);
    Value* metadata = root.map().find("metadata");
    if (!metadata || !metadata->is_map()) return;
    if (Value* name = metadata->map().find("name"); name && name->is_string()) {
      manifest.where = name->where;
      check_name(*name, manifest.kind->host_name);
      manifest.name = std::move(name->string());
    }
    if (Value* list = metadata->map().find("environments"); list && list->is_list()) {
      for (Value& item : list->list()) {
        if (!item.is_string()) continue;
        manifest.environment_places.push_back(item.where);
        manifest.environments.push_back(std::move(item.string()));
      }
      if (list->list().empty()) {
        diagnostics_.error("manifest.bad-value", "'environments' is empty, so this would be in scope nowhere",
                           list->where, "name an environment, or remove the line to mean all of them");
      }
    }
    if (Value* labels = metadata->map().find("labels"); labels && labels->is_map()) {
      manifest.labels = std::move(labels->map());
    }
  }

  static Value take_spec(Value& root) {
    Value* spec = root.map().find("spec");
    if (spec && !spec->is_null()) return std::move(*spec);
    Value empty = Map{};
    empty.where = spec ? spec->where : start_of(root.where);
    return empty;
  }

  void spec(Manifest& manifest) {
    const std::string what = fmt::format("{} '{}'", manifest.kind->name, manifest.name);
    if (!manifest.spec.is_map()) {
      diagnostics_.error("manifest.wrong-type", "'spec' must be a map", start_of(manifest.spec.where),
                         fmt::format("'verba explain {}' shows what may stand in it", manifest.kind->name));
      const Where where = manifest.spec.where;
      manifest.spec = Map{};
      manifest.spec.where = where;
      return;
    }
    if (!manifest.kind->task_type.empty() && !catalogue_.type(manifest.kind->task_type)) return;
    check_fields(manifest.spec, catalogue_.fields(*manifest.kind), what, manifest.alpha, sources_, diagnostics_);
    if (manifest.kind->name == "Deployment") tasks(manifest, what);
    if (manifest.kind->name == "Variables") values(manifest.spec, what);
    for (const std::string_view member : {"variables", "values"}) variable_names(manifest.spec, member);
  }

  void tasks(Manifest& manifest, const std::string& what) {
    for (const Occasion occasion : all_occasions) {
      Value* holder = occasion == Occasion::deploy ? &manifest.spec : manifest.spec.map().find(to_string(occasion));
      Value* list = holder && holder->is_map() ? holder->map().find("tasks") : nullptr;
      if (list && list->is_list()) tasks(list->list(), what);
    }
    task_names(manifest.spec, what);
  }

  void tasks(List& list, const std::string& what) {
    for (Value& task : list) {
      if (!task.is_map()) continue;
      const std::string which = fmt::format("task '{}' of {}", text_of(task, "name"), what);
      this->task(task, which);
      instances(task, which);
      variable_names(task, "variables");
      for (const Verb verb : all_verbs) {
        Value* substitute = task.map().find(to_string(verb));
        if (substitute && substitute->is_map())
          this->task(*substitute, fmt::format("'{}' of {}", to_string(verb), which));
      }
    }
  }

  // After all that may still add members: the names are borrowed from the tasks.
  void task_names(const Value& spec, const std::string& what) {
    std::unordered_map<std::string_view, Where> names;
    names.reserve(tasks_of(spec).size());
    for (const Occasion occasion : all_occasions) task_names(tasks_of(spec, occasion), names, what);
  }

  void task_names(const List& tasks, std::unordered_map<std::string_view, Where>& names, const std::string& what) {
    for (const Value& task : tasks) {
      const Value* name = task.find("name");
      if (!name || !name->is_string()) continue;
      check_name(*name, false);
      const auto [first, is_new] = names.emplace(name->string(), name->where);
      if (is_new) continue;
      duplicate("manifest.duplicate-task", fmt::format("two tasks of {} are named '{}'", what, name->string()),
                name->where, first->second);
    }
  }

  void task(Value& task, const std::string& what) {
    const Value* type = task.find("type");
    const Value* script = task.find("task");
    if (type && script) {
      error("manifest.bad-value", "a task has either 'type' or 'task', not both", script->where, "remove one of them",
            what);
    } else if (!type && !script) {
      error("manifest.missing-field", "'type' is missing", start_of(task.where),
            "add what brings it about, for example 'type: ShellScript'", what);
    }
    if (script) {
      sound_with(task, "ShellScript", what);  // what may stand in it is a matter of what it names: check_reuse()
    } else if (type && type->is_string()) {
      if (!known_type(*type, what)) return;
      with(task, type->string(), what);
    }
  }

  // What says how many there are of it, and how many at a time.
  void instances(const Value& task, const std::string& what) {
    const bool loop = task.find("forEach") != nullptr;
    if (const Value* accounts = task.find("accounts")) {
      if (loop || task.find("account")) {
        error("manifest.bad-value",
              fmt::format("'{}' and 'accounts' cannot stand together", loop ? "forEach" : "account"),
              key_place(task, "accounts"), "each account has an instance of its own: remove one of the two", what);
      }
      no_labels(*accounts, what);
    }
    const Value* rollout = task.find("rollout");
    if (!rollout) return;
    if (!loop && !task.find("accounts")) {
      error("manifest.bad-value", "'rollout' is of tasks with several instances", key_place(task, "rollout"),
            "add 'accounts' or 'forEach', or remove it", what);
    }
    const Value* batch = rollout->find("batch");
    if (batch && !is_expression_text(*batch) && !batch_of(*batch)) {
      error("manifest.bad-value", "'batch' must be a whole number from 1, or a percentage from 1% to 100%",
            batch->where, "for example: 5, or 25%", what);
    }
  }

  void no_labels(const Value& accounts, const std::string& what) {
    const Value* labels = accounts.find("matchLabels");
    if (!labels || !labels->is_map() || !labels->map().empty()) return;
    error("manifest.bad-value", "'matchLabels' is empty, so every account would match", labels->where,
          "name a label, for example: {role: web}", what);
  }

  // That is told by check_fields().
  static bool is_expression_text(const Value& value) {
    return value.is_string() && mentions_expression(value.string());
  }

  static Where key_place(const Value& task, std::string_view member) {
    const Key* key = task.map().find_key(member);
    return key && key->where ? key->where : task.find(member)->where;
  }

  bool known_type(const Value& type, const std::string& what) {
    if (is_expression_text(type)) return false;
    if (catalogue_.type(type.string())) return true;
    std::vector<std::string_view> names;
    for (const TaskType* known : catalogue_.types) names.push_back(known->name);
    error("manifest.unknown-type", fmt::format("unknown task type '{}'", type.string()), type.where,
          did_you_mean(type.string(), names, fmt::format("known types: {}", fmt::join(names, ", "))), what);
    return false;
  }

  void with(Value& task, std::string_view type_name, const std::string& what) {
    const TaskType* type = catalogue_.type(type_name);
    if (!type) return;
    if (!task.find("with")) {
      Value empty = Map{};
      empty.where = start_of(task.where);
      task.map().append({"with", {}}, std::move(empty));
    }
    if (!sound_with(task, type_name, what)) return;
    check_fields(*task.map().find("with"), type->inputs, "'with' of " + what, false, sources_, diagnostics_);
  }

  bool sound_with(const Value& task, std::string_view type_name, const std::string& what) {
    const Value* with = task.find("with");
    if (!with || with->is_map()) return true;
    error("manifest.wrong-type", "'with' must be a map", start_of(with->where),
          fmt::format("'verba explain {}' shows what may stand in it", type_name), what);
    return false;
  }

  void values(const Value& spec, const std::string& what) {
    const Value* values = spec.find("values");
    if (!values || !values->is_map()) return;
    for (const auto& [key, value] : values->map()) {
      if (!value.find("from")) continue;
      source_of_value(value, fmt::format("variable '{}' of {}", key.name, what));
    }
  }

  // Expressions inside are parsed already.
  void source_of_value(const Value& value, const std::string& what) {
    static const std::vector<std::string_view> members = {"from", "default"};
    static const std::vector<std::string_view> sources = {"env", "secret", "script"};
    for (const auto& [key, member] : value.map()) {
      if (key.name == "export") {
        error("manifest.not-supported", "'export' is not supported by this version", key.where, "remove it", what);
      } else if (key.name != "from" && key.name != "default") {
        error("manifest.unknown-field", fmt::format("unknown field '{}' beside 'from'", key.name), key.where,
              did_you_mean(key.name, members, "these are known here: from, default"), what);
      }
    }
    const Value& from = *value.find("from");
    if (!from.is_map() || from.map().size() != 1) {
      return error("manifest.wrong-type", "'from' must be a map of one of env, secret and script", start_of(from.where),
                   "for example: {from: {env: USER}, default: nobody}", what);
    }
    const auto& [source, name] = *from.map().begin();
    if (source.name != "env" && source.name != "secret" && source.name != "script") {
      error("manifest.unknown-field", fmt::format("a value cannot come from '{}'", source.name), source.where,
            did_you_mean(source.name, sources, "it can come from env, secret or script"), what);
    } else if (!name.is_string()) {
      error("manifest.wrong-type", fmt::format("'{}' must be a plain string", source.name), name.where,
            "for example: {from: {env: USER}}", what);
    } else if (auto missing = source.name == "secret" ? missing_in_secret(name.string()) : std::nullopt) {
      error("manifest.bad-value", *std::move(missing), name.where, "for example: {from: {secret: 'env:DB_PASSWORD'}}",
            what);
    }
  }

  // vars.NAME must be able to say it.
  void variable_names(const Value& holder, std::string_view member) {
    const Value* variables = holder.find(member);
    if (!variables || !variables->is_map()) return;
    for (const auto& [key, value] : variables->map()) {
      if (!is_name(key.name)) {
        diagnostics_.error("manifest.bad-name", fmt::format("'{}' cannot be the name of a variable", key.name),
                           key.where, std::string(name_rule));
      }
    }
  }

  void check_name(const Value& name, bool host) {
    if (is_expression_text(name) || is_name(name.string(), host)) return;
    diagnostics_.error("manifest.bad-name", fmt::format("'{}' is not a valid name", name.string()), name.where,
                       name.string().size() > 128 ? std::string("a name has at most 128 characters")
                                                  : std::string(host ? host_name_rule : name_rule));
  }

  void error(std::string_view code, std::string message, Where where, std::string hint, const std::string& what) {
    Diagnostic finding{Severity::error, code, std::move(message), where, {}, std::move(hint), {}};
    finding.trail.push_back({"checking " + what, {}});
    diagnostics_.add(std::move(finding));
  }

  void duplicate(std::string_view code, std::string message, Where where, Where first) {
    diagnostics_.add({Severity::error,
                      code,
                      std::move(message),
                      where,
                      {},
                      "give one of them another name",
                      {{"first defined here", first}}});
  }

  const Document& document_;
  const Catalogue& catalogue_;
  const Sources& sources_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool is_name(std::string_view name, bool host) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.empty() || name.size() > 128) return false;
  if (!letter(name.front()) && !(host && digit(name.front()))) return false;
  for (const char c : name) {
    if (letter(c) || digit(c) || c == '-' || c == '_' || (host && (c == '.' || c == '@'))) continue;
    return false;
  }
  return true;
}

const List& tasks_of(const Value& spec, Occasion occasion) {
  static const List none;
  const Value* holder = occasion == Occasion::deploy ? &spec : spec.find(to_string(occasion));
  const Value* tasks = holder && holder->is_map() ? holder->find("tasks") : nullptr;
  return tasks && tasks->is_list() ? tasks->list() : none;
}

std::string_view text_of(const Value& map, std::string_view member) {
  const Value* value = map.find(member);
  return value && value->is_string() ? std::string_view(value->string()) : std::string_view();
}

std::vector<Manifest> check(const Document& document, const Catalogue& catalogue, const Sources& sources,
                            Diagnostics& diagnostics) {
  std::vector<Manifest> manifests;
  DocumentChecker checker(document, catalogue, sources, diagnostics);
  auto roots = parse_yaml(sources, document.source, diagnostics);
  manifests.reserve(roots.size());
  const auto take = [&](Value&& root) {
    if (auto manifest = checker.run(std::move(root))) manifests.push_back(std::move(*manifest));
  };
  for (Value& root : roots) {
    if (root.is_null()) continue;
    if (is_alpha(root)) {
      for (Value& part : from_alpha(root)) take(std::move(part));
    }
    take(std::move(root));
  }
  return manifests;
}

}  // namespace verba
