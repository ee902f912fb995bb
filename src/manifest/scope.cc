// SPDX-License-Identifier: Apache-2.0
// What expressions see. A name is looked up from the strongest place to the weakest; variables that are expressions are
// worked out when they are read, in the eyes of the task that reads them.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/locations/origin.h"
#include "manifest/login_secrets.h"
#include "manifest/model.h"
#include "manifest/named_file.h"
#include "manifest/resolve.h"
#include "value/text.h"

namespace verba {

Model::Model() : cache(std::make_shared<VariableCache>()) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

const Task* Model::task(std::string_view address) const {
  const auto found = by_address.find(address);
  return found == by_address.end() ? nullptr : &tasks[found->second];
}

std::optional<DeploymentId> Model::deployment(std::string_view name) const {
  const auto found = std::lower_bound(deployments.begin(), deployments.end(), name,
                                      [](const DeploymentScope& a, std::string_view b) { return a.name < b; });
  if (found == deployments.end() || found->name != name) return std::nullopt;
  return static_cast<DeploymentId>(found - deployments.begin());
}

Effective effective_variable(const Model& model, const Task* task, const DeploymentScope* deployment,
                             std::string_view name) {
  const auto in = [&](const Map& map, bool scripted) -> Effective {
    const Value* value = map.find(name);
    if (!value) return {};
    const Key* key = map.find_key(name);
    return {value, key->where ? key->where : value->where, scripted};
  };
  if (const auto found = in(model.command_line_variables, false); found.value) return found;
  if (task) {
    if (const auto found = in(task->variables, false); found.value) return found;
  }
  if (deployment) {
    if (const auto found = in(deployment->variables, false); found.value) return found;
  }
  if (const auto found = in(model.environment.variables, false); found.value) return found;
  const auto global = model.cache->globals.find(name);
  if (global == model.cache->globals.end()) return {};
  const auto& [key, value] = *global->second;
  return {&value, key.where, true};
}

namespace {

using Path = std::span<const Segment>;
using LookUp = std::variant<Found, NotFound>;

constexpr std::size_t variable_depth = 100;

std::string name_of(const Segment& segment) {
  return segment.index ? std::to_string(*segment.index) : segment.name;
}

// Goes on as far as the path can be followed through plain maps, so that no more than needed is copied.
const Value* follow(const Value* value, Path path, std::size_t& consumed) {
  while (consumed < path.size() && value->is_map()) {
    const Value* member = path[consumed].index ? nullptr : value->find(path[consumed].name);
    if (!member) break;
    value = member;
    ++consumed;
  }
  return value;
}

LookUp found_in(const Value& value, Path path, std::size_t consumed) {
  const Value* at = follow(&value, path, consumed);
  Found found{*at, consumed};
  if (value.secret) make_secret(found.value);
  return found;
}

bool has_expression(const Value& value) {
  if (value.is_expression()) return true;
  if (value.is_list()) return std::any_of(value.list().begin(), value.list().end(), has_expression);
  if (!value.is_map()) return false;
  return std::any_of(value.map().begin(), value.map().end(),
                     [](const Map::Entry& entry) { return has_expression(entry.second); });
}

// What one task's expressions see, for as long as its Scope lives; or, without a task, those of an account.
class TaskView {
 public:
  TaskView(const Model& model, std::optional<TaskId> id, const Surroundings& surroundings)
      : model_(model), id_(id), surroundings_(surroundings) {}

  LookUp look_up(Path path) {
    const std::string_view root = path.front().name;
    if (!id_ && root != "vars" && root != "env" && root != "environment") {
      return NotFound{fmt::format("'{}' is not known here", root), "names begin with vars, env or environment here"};
    }
    const bool of_tasks = root == "tasks" || root == "deployments";
    if (of_tasks && !surroundings_.outputs) return Found{Value(Unknown{}), path.size()};
    if (root == "vars") return variable(path);
    if (root == "tasks") return tasks(path, 1, deployment());
    if (root == "deployments") return deployments(path);
    if (root == "each") return each(path);
    if (root == "environment") return environment(path);
    if (root == "env") return operator_variable(path);
    if (root == "account") return account(path);
    if (root == "run") return run(path);
    if (root == "source") return source(path);
    if (root == "deployment") return own_name(path, deployment().name);
    if (root == "task") return own_name(path, task().name);
    return NotFound{fmt::format("nothing is named '{}'", root),
                    "names begin with vars, tasks, deployments, environment, env, account, each, run, source, "
                    "deployment or task"};
  }

  std::variant<std::string, NotFound> file(const std::string& path, Where where) const {
    if (path.ends_with('/')) return NotFound{"'" + path + "' names a directory, not a file", ""};
    std::variant<std::string, NotFound> place = named_file(model_, text_of(where), path);
    if (std::holds_alternative<NotFound>(place)) return place;
    const std::string& absolute = std::get<std::string>(place);
    return as_text(surroundings_.file(absolute), fmt::format("the file '{}'", without_credentials(absolute)));
  }

  TextAnswer secret(const std::string& reference, Where where) const {
    const auto account = account_of_secret(model_, reference);
    if (const auto* mistaken = std::get_if<NotFound>(&account)) return *mistaken;
    SecretQuestion question{reference, directory(where), where, std::get<const Account*>(account)};
    if (question.account != nullptr) {
      question.place = [&] { return place_of_secret(model_, *question.account, surroundings_); };
    }
    return surroundings_.secret(question);
  }

  // For what is evaluated inside a look-up: borrows this, which outlives it.
  Scope inner() {
    Scope scope;
    scope.lookup = [this](Path path) { return look_up(path); };
    if (surroundings_.file) scope.file = [this](const std::string& p, Where w) { return file(p, w); };
    if (surroundings_.secret) scope.secret = [this](const std::string& r, Where w) { return secret(r, w); };
    if (surroundings_.now) scope.now = [this] { return surroundings_.now(); };
    return scope;
  }

 private:
  const Task& task() const { return model_.tasks[*id_]; }
  const DeploymentScope& deployment() const { return model_.deployments[task().deployment]; }

  /// Whose directory counts.
  SourceId text_of(Where where) const {
    const bool known = where && where.source < model_.directories.size() && !model_.directories[where.source].empty();
    return known ? where.source : id_ ? task().source : SourceId{0};
  }

  const std::string& directory(Where where) const {
    static const std::string none;
    const SourceId text = text_of(where);
    return text < model_.directories.size() ? model_.directories[text] : none;
  }

  // --- variables

  LookUp variable(Path path) {
    if (path.size() < 2) return NotFound{"'vars' alone is no value", "write vars.NAME"};
    const std::string name = name_of(path[1]);
    const Effective effective =
        effective_variable(model_, id_ ? &task() : nullptr, id_ ? &deployment() : nullptr, name);
    if (!effective.value) return NotFound{fmt::format("no variable is named '{}' here", name), "check the name"};
    std::size_t consumed = 2;
    const bool sourced = effective.scripted && effective.value->find("from");
    const Value* value = sourced ? effective.value : follow(effective.value, path, consumed);
    if (!sourced && !has_expression(*value)) return found_in(*value, path, consumed);
    if (const auto known = memo_.find(value); known != memo_.end()) return found_in(known->second, path, consumed);
    return work_out(name, *value, sourced, path, consumed);
  }

  LookUp work_out(const std::string& name, const Value& value, bool sourced, Path path, std::size_t consumed) {
    if (std::find(under_way_.begin(), under_way_.end(), &value) != under_way_.end()) {
      return NotFound{fmt::format("variable '{}' reads itself", name), "break the circle"};
    }
    if (under_way_.size() >= variable_depth) {
      return NotFound{fmt::format("more than {} variables read one another in a row", variable_depth),
                      "make the chain shorter"};
    }
    under_way_.push_back(&value);
    auto result = sourced ? from_source(name, value) : evaluated(name, value);
    under_way_.pop_back();
    if (auto* nothing = std::get_if<NotFound>(&result)) return std::move(*nothing);
    const Value& kept = memo_.emplace(&value, std::move(std::get<Value>(result))).first->second;
    return found_in(kept, path, consumed);
  }

  std::variant<Value, NotFound> evaluated(const std::string& name, const Value& value) {
    Diagnostics mistakes;
    auto result = evaluate(value, inner(), mistakes);
    if (result) return *std::move(result);
    if (mistakes.empty()) return NotFound{fmt::format("variable '{}' has no value", name), {}};
    const Diagnostic& first = mistakes.all().front();
    return NotFound{fmt::format("variable '{}' cannot be worked out: {}", name, first.message), first.hint,
                    is_unreachable(first), first.code == mistaken_code};
  }

  // {from: {env|secret|script: NAME}, default: ...}; its form was checked.
  std::variant<Value, NotFound> from_source(const std::string& name, const Value& value) {
    const Value& from = *value.find("from");
    if (!from.is_map() || from.map().empty() || !from.map().begin()->second.is_string()) {
      return NotFound{fmt::format("variable '{}' has no source", name), {}};
    }
    const auto& [source, what] = *from.map().begin();
    auto text = source.name == "env"      ? from_operator(what.string())
                : source.name == "secret" ? from_secret(what)
                                          : from_script(what.string());
    if (std::holds_alternative<Unknown>(text)) return Value(Unknown{});
    if (auto* found = std::get_if<std::string>(&text)) {
      Value result(std::move(*found));
      result.where = value.where;
      if (source.name == "secret") make_secret(result);
      return result;
    }
    NotFound nothing = std::get<NotFound>(std::move(text));
    const Value* otherwise = value.find("default");
    if (otherwise != nullptr && nothing.forgivable()) return evaluated(name, *otherwise);
    nothing.message = fmt::format("variable '{}' has no value: {}", name, nothing.message);
    return nothing;
  }

  TextAnswer from_operator(const std::string& name) const {
    auto value = surroundings_.variable ? surroundings_.variable(name) : std::nullopt;
    if (value && value->is_unknown()) return Unknown{};
    if (value) return std::move(value->string());
    return NotFound{fmt::format("the environment variable '{}' is not set", name),
                    fmt::format("export {}=..., or give a default", name)};
  }

  TextAnswer from_secret(const Value& reference) const {
    if (!surroundings_.secret) return NotFound{"secrets are not available here", {}};
    return secret(reference.string(), reference.where);
  }

  TextAnswer from_script(const std::string& name) const {
    const auto script = model_.scripts.find(name);
    if (script == model_.scripts.end()) {
      return NotFound{fmt::format("no ShellScript named '{}' is in scope", name), "check its 'environments'"};
    }
    auto& known = model_.cache->scripts;
    if (const auto printed = known.find(script->second); printed != known.end()) return printed->second;
    if (!surroundings_.script) return NotFound{"scripts are not run here", {}};
    return known.emplace(script->second, surroundings_.script(*script->second)).first->second;
  }

  // --- tasks

  LookUp deployments(Path path) {
    if (path.size() < 3 || path[2].name != "tasks") {
      return NotFound{"this names no task of a deployment", "write deployments.NAME.tasks.TASK.outputs.KEY"};
    }
    const auto id = model_.deployment(path[1].name);
    if (!id) {
      return NotFound{
          fmt::format("no deployment '{}' is in scope in environment '{}'", path[1].name, model_.environment.name),
          "say what to take then: default(..., OTHERWISE)"};
    }
    return tasks(path, 3, model_.deployments[*id]);
  }

  // path[at] is the name of a task of `home`.
  LookUp tasks(Path path, std::size_t at, const DeploymentScope& home) {
    if (path.size() <= at) return NotFound{"this names no task", "write tasks.NAME.outputs.KEY"};
    const std::string name = name_of(path[at]);
    if (const auto id = instance(home, name)) return task_at(path, at + 1, *id);
    if (!std::binary_search(home.loops.begin(), home.loops.end(), name)) {
      return NotFound{fmt::format("no task '{}' is in scope in environment '{}'", name, model_.environment.name),
                      "say what to take then: default(..., OTHERWISE)"};
    }
    if (path.size() == at + 1) return all_instances(at + 1, home, name);
    const std::string key = name_of(path[at + 1]);
    if (const auto id = instance(home, fmt::format("{}[{}]", name, key))) return task_at(path, at + 2, *id);
    return NotFound{fmt::format("task '{}' has no instance '{}'", name, key),
                    fmt::format("write tasks.{}['KEY'].outputs...", name)};
  }

  std::optional<TaskId> instance(const DeploymentScope& home, std::string_view name) const {
    const auto found = model_.by_address.find(fmt::format("{}.{}", home.name, name));
    return found == model_.by_address.end() ? std::nullopt : std::optional(found->second);
  }

  LookUp task_at(Path path, std::size_t at, TaskId id) const {
    auto outputs = surroundings_.outputs(id);
    if (!outputs) {
      return NotFound{fmt::format("task '{}' is not deployed", model_.tasks[id].address), "deploy it first"};
    }
    if (path.size() > at && path[at].name == "outputs") {
      if (outputs->is_unknown()) return Found{std::move(*outputs), path.size()};
      return found_in(*outputs, path, at + 1);
    }
    if (path.size() > at) {
      return NotFound{fmt::format("a task has no '{}'", name_of(path[at])), "write tasks.NAME.outputs.KEY"};
    }
    return Found{with_outputs(std::move(*outputs)), at};
  }

  static Value with_outputs(Value outputs) {
    Map map;
    map.append({"outputs", {}}, std::move(outputs));
    return map;
  }

  LookUp all_instances(std::size_t at, const DeploymentScope& home, std::string_view name) const {
    Map map;
    for (const TaskId id : home.tasks) {
      const Task& each = model_.tasks[id];
      if (each.base_name != name) continue;
      auto outputs = surroundings_.outputs(id);
      if (!outputs) return NotFound{fmt::format("task '{}' is not deployed", each.address), "deploy it first"};
      const std::string key = each.name.substr(name.size() + 1, each.name.size() - name.size() - 2);
      map.append({key, {}}, with_outputs(std::move(*outputs)));
    }
    return Found{Value(std::move(map)), at};
  }

  // --- the rest

  LookUp each(Path path) const {
    if (!task().each)
      return NotFound{"'each' is only known in tasks with forEach or accounts", "add forEach to the task"};
    if (path.size() > 1 && path[1].name == "key") return Found{task().each->first, 2};
    if (path.size() > 1 && path[1].name == "value") return found_in(task().each->second, path, 2);
    return NotFound{"'each' has key and value only", "write each.key or each.value"};
  }

  LookUp environment(Path path) const {
    if (path.size() > 1 && path[1].name == "name") return Found{Value(model_.environment.name), 2};
    if (path.size() > 1 && path[1].name == "labels") {
      if (path.size() == 2) return Found{Value(model_.environment.labels), 2};
      const Value* label = model_.environment.labels.find(path[2].name);
      if (label) return Found{*label, 3};
      return NotFound{fmt::format("environment '{}' has no label '{}'", model_.environment.name, name_of(path[2])),
                      "add it to metadata.labels, or write default(environment.labels.NAME, ...)"};
    }
    return NotFound{"'environment' has name and labels only", "write environment.name or environment.labels.NAME"};
  }

  LookUp operator_variable(Path path) const {
    if (path.size() < 2) return NotFound{"'env' alone is no value", "write env.NAME"};
    const std::string name = name_of(path[1]);
    auto value = surroundings_.variable ? surroundings_.variable(name) : std::nullopt;
    if (value) return Found{*std::move(value), 2};
    return NotFound{fmt::format("the environment variable '{}' is not set", name),
                    fmt::format("export {0}=..., or write default(env.{0}, ...)", name)};
  }

  LookUp account(Path path) const {
    const Account& own = model_.accounts[task().account];
    if (path.size() > 1 && path[1].name == "name") return Found{Value(own.name), 2};
    const bool id = path.size() > 1 && path[1].name == "id";
    if (!id && (path.size() < 2 || path[1].name != "region")) {
      return NotFound{"'account' has name, id and region only", "write account.name"};
    }
    if (const Value* value = own.spec.find(id ? "accountId" : "region")) return found_in(*value, path, 2);
    return NotFound{fmt::format("account '{}' has no {}", own.name, id ? "id" : "region"),
                    "only accounts of some clouds have one"};
  }

  LookUp run(Path path) const {
    if (path.size() < 2) return Found{Value(surroundings_.run), 1};
    if (const Value* value = surroundings_.run.find(path[1].name)) return found_in(*value, path, 2);
    return NotFound{fmt::format("'run' has no '{}'", name_of(path[1])), "write run.id, run.started or run.reason"};
  }

  LookUp source(Path path) const {
    if (path.size() > 1 && path[1].name == "path") return Found{Value(model_.directory_of(task())), 2};
    if (path.size() > 1 && (path[1].name == "commit" || path[1].name == "branch")) {
      const auto from = model_.from_git.find(task().where.source);
      const bool commit = path[1].name == "commit";
      if (from != model_.from_git.end()) {
        const std::string& value = commit ? from->second->commit : from->second->branch;
        if (!value.empty()) return Found{Value(value), 2};
      }
      return NotFound{from == model_.from_git.end()
                          ? fmt::format("source.{} is not known: the manifests do not come from Git", path[1].name)
                          : std::string("source.branch is not known: no branch or tag was named"),
                      fmt::format("write default(source.{}, 'none')", path[1].name)};
    }
    return NotFound{"'source' has commit, branch and path only", "write source.path"};
  }

  static LookUp own_name(Path path, const std::string& name) {
    if (path.size() > 1 && path[1].name == "name") return Found{Value(name), 2};
    return NotFound{fmt::format("'{}' has a name only", path[0].name), fmt::format("write {}.name", path[0].name)};
  }

  const Model& model_;
  const std::optional<TaskId> id_;
  const Surroundings& surroundings_;
  std::vector<const Value*> under_way_;
  std::unordered_map<const Value*, Value> memo_;
};

}  // namespace

namespace {

Scope scope_over(std::shared_ptr<TaskView> view, const Surroundings& surroundings) {
  Scope scope;
  scope.lookup = [view](Path path) { return view->look_up(path); };
  if (surroundings.file) scope.file = [view](const std::string& p, Where w) { return view->file(p, w); };
  if (surroundings.secret) scope.secret = [view](const std::string& r, Where w) { return view->secret(r, w); };
  if (surroundings.now) scope.now = [&surroundings] { return surroundings.now(); };
  return scope;
}

}  // namespace

Scope scope_of(const Model& model, TaskId id, const Surroundings& surroundings) {
  return scope_over(std::make_shared<TaskView>(model, id, surroundings), surroundings);
}

Scope scope_of_environment(const Model& model, const Surroundings& surroundings) {
  return scope_over(std::make_shared<TaskView>(model, std::nullopt, surroundings), surroundings);
}

}  // namespace verba
