// SPDX-License-Identifier: Apache-2.0
// What expressions and dependsOn name: is it there, and what must come first for it. Variables are followed with the
// eyes of the task that reads them, because what they mean is a matter of the task.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/names.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

constexpr std::size_t variable_depth = 100;

const std::vector<RootName>& roots() {
  static const std::vector<RootName> all = {{"vars", {}},
                                            {"tasks", {}},
                                            {"deployments", {}},
                                            {"environment", {"name", "labels"}},
                                            {"env", {}},
                                            {"account", {"name", "id", "region"}},
                                            {"each", {"key", "value"}},
                                            {"run", {"id", "started", "reason"}},
                                            {"source", {"commit", "branch", "path"}},
                                            {"deployment", {"name"}},
                                            {"task", {"name"}}};
  return all;
}

// Follows all that can be read from one place: a task, or the variables of a deployment or of the environment, of which
// only the variables can be looked at because no task reads them yet.
class Follower {
 public:
  Follower(Resolution& resolution, Diagnostics& diagnostics)
      : resolution_(resolution), model_(resolution.model), diagnostics_(diagnostics) {}

  void follow_task(TaskId id, std::vector<Need>& needs) {
    task_ = &model_.tasks[id];
    home_ = task_->deployment;
    needs_ = &needs;
    ++round_;
    doing_ = "with";
    value(*task_->with, false);
    for (const Substitute& substitute : task_->instead) {
      doing_ = to_string(substitute.verb);
      value(substitute.with, false);
    }
    doing_ = "when";
    if (task_->when) references(task_->when->references(), false);
    depends_on(*resolution_.declared[home_].at(task_->base_name).written);
  }

  /// What an account or an authentication reads.
  void follow_spec(const Value& spec) {
    task_ = nullptr;
    needs_ = nullptr;
    deployment_ = nullptr;
    ++round_;
    value(spec, false);
  }

  void follow_variables(const Map& variables, const DeploymentScope* deployment) {
    task_ = nullptr;
    needs_ = nullptr;
    deployment_ = deployment;
    ++round_;
    for (const auto& entry : variables) read(entry.first.name, false);
  }

 private:
  // --- expressions

  void value(const Value& value, bool guarded) {
    std::vector<const Reference*> all;
    collect_references(value, all);
    for (const Reference* one : all) reference(*one, guarded);
  }

  void references(const std::vector<Reference>& all, bool guarded) {
    for (const Reference& one : all) reference(one, guarded);
  }

  // `guarded`: by a default() around the variable that this is read through.
  void reference(const Reference& reference, bool guarded) {
    guarded = guarded || reference.guarded;
    const std::string_view name = reference.path.front().name;
    const auto root = std::find_if(roots().begin(), roots().end(), [&](const RootName& r) { return r.name == name; });
    if (root == roots().end()) return unknown_root(reference);
    if (name == "vars") return variable(reference, guarded);
    if (name == "tasks") {
      if (task_) of_task(reference, 1, home_, guarded);
      return;
    }
    if (name == "deployments") return of_deployment(reference, guarded);
    if (name == "each" && task_ && !task_->each && !guarded) {
      return error("manifest.no-loop", "'each' is only known in tasks with forEach or accounts", reference.where,
                   "add forEach to the task, or do not read 'each'");
    }
    if (const auto wrong = missing_member(reference, *root)) {
      error("manifest.unknown-name", wrong->message, wrong->where, wrong->hint);
    }
  }

  void unknown_root(const Reference& reference) {
    std::vector<std::string_view> names;
    for (const RootName& root : roots()) names.push_back(root.name);
    const std::string& name = reference.path.front().name;
    std::string otherwise = resolution_.known_variables.contains(name)
                                ? fmt::format("a variable is read as vars.{}", name)
                                : fmt::format("names begin with {}; text goes into quotes", fmt::join(names, ", "));
    error("manifest.unknown-name", fmt::format("nothing is named '{}'", name), reference.path.front().where,
          resolution_.known_variables.contains(name) ? otherwise : did_you_mean(name, names, otherwise));
  }

  // --- variables

  void variable(const Reference& reference, bool guarded) {
    if (reference.path.size() < 2) {
      return error("manifest.unknown-name", "'vars' alone is no value", reference.where, "write vars.NAME");
    }
    const Segment& segment = reference.path[1];
    if (!segment.computed) {
      if (!read(name_of(segment), guarded) && !guarded) unknown_variable(name_of(segment), segment.where);
      return;
    }
    // Which one is known only later: any of them may be what it needs.
    for (const std::string_view name : resolution_.known_variables) read(std::string(name), true);
  }

  // False when there is none of that name.
  bool read(const std::string& name, bool guarded) {
    const DeploymentScope* deployment = task_ ? &model_.deployments[home_] : deployment_;
    const Effective effective = effective_variable(model_, task_, deployment, name);
    if (!effective.value) return !task_ && resolution_.known_variables.contains(name);
    if (circle(*effective.value)) return true;
    auto& seen = seen_[effective.value];
    const std::uint64_t now = 2 * round_ + (guarded ? 0 : 1);
    if (seen >= now) return true;
    seen = now;
    if (way_.size() >= variable_depth) {
      if (!told_long_chain_) {
        error("manifest.cycle", fmt::format("more than {} variables read one another in a row", variable_depth),
              effective.where, "make the chain shorter");
      }
      told_long_chain_ = true;
      return true;
    }
    way_.push_back({name, effective});
    if (effective.scripted && effective.value->find("from")) {
      if (const Value* otherwise = effective.value->find("default")) value(*otherwise, guarded);
    } else {
      value(*effective.value, guarded);
    }
    way_.pop_back();
    return true;
  }

  bool circle(const Value& value) {
    const auto first =
        std::find_if(way_.begin(), way_.end(), [&](const Step& step) { return step.variable.value == &value; });
    if (first == way_.end()) return false;
    // However it was entered, the circle begins with what is written first.
    std::vector<Step> steps(first, way_.end());
    const auto place = [](const Step& step) {
      return std::pair(step.variable.where.source, step.variable.where.begin);
    };
    std::rotate(
        steps.begin(),
        std::min_element(steps.begin(), steps.end(), [&](const Step& a, const Step& b) { return place(a) < place(b); }),
        steps.end());
    Diagnostic finding{Severity::error, "manifest.cycle", "these variables read each other: ", {}, {}, {}, {}};
    for (const Step& step : steps) {
      finding.message += step.name + " -> ";
      finding.related.push_back({fmt::format("'{}' is here", step.name), step.variable.where});
    }
    finding.message += steps.front().name;
    finding.where = steps.front().variable.where;
    finding.hint = "one of them needs a value of its own";
    diagnostics_.add(std::move(finding));
    return true;
  }

  void unknown_variable(const std::string& name, Where where) {
    std::vector<std::string_view> names(resolution_.known_variables.begin(), resolution_.known_variables.end());
    std::sort(names.begin(), names.end());
    if (!resolution_.known_variables.contains(name)) {
      if (diagnostics_.crowded()) names.clear();
      return error("manifest.unknown-variable", fmt::format("no variable is named '{}'", name), where,
                   did_you_mean(name, names, "give it a value in Variables, Environment, Deployment or task"));
    }
    const std::string of = task_ ? fmt::format("for task '{}' ", task_->address) : std::string();
    error("manifest.unknown-variable",
          fmt::format("variable '{}' has no value {}in environment '{}'", name, of, model_.environment.name), where,
          fmt::format("give it one there, or write default(vars.{}, ...)", name));
  }

  // --- tasks

  void of_deployment(const Reference& reference, bool guarded) {
    const auto& path = reference.path;
    if (path.size() < 2 || path[1].computed) {
      return error("manifest.unknown-name", "a deployment must be named", reference.where,
                   "write deployments.NAME.tasks.TASK.outputs.KEY");
    }
    const std::string& name = path[1].name;
    const auto id = model_.deployment(name);
    if (!id) return no_deployment(name, path[1].where, guarded);
    if (path.size() < 4 || path[2].name != "tasks") {
      return error("manifest.unknown-name", "only the tasks of another deployment can be read", reference.where,
                   fmt::format("write deployments.{}.tasks.TASK.outputs.KEY", name));
    }
    of_task(reference, 3, *id, guarded);
  }

  void no_deployment(const std::string& name, Where where, bool guarded) {
    const Manifest* elsewhere = resolution_.index.find("Deployment", name);
    if (!elsewhere) {
      return error("manifest.unknown-reference", fmt::format("no Deployment is named '{}'", name), where,
                   diagnostics_.crowded()
                       ? "check the name"
                       : did_you_mean(name, resolution_.index.names("Deployment"), "check the name"));
    }
    if (guarded) return;
    error("manifest.out-of-scope",
          fmt::format("Deployment '{}' is not in scope in environment '{}'", name, model_.environment.name), where,
          scope_of_manifest(*elsewhere) + "; or say what to take instead: default(..., OTHERWISE)");
  }

  // path[at] names the task.
  void of_task(const Reference& reference, std::size_t at, DeploymentId home, bool guarded) {
    const auto& path = reference.path;
    if (path.size() <= at || path[at].computed) {
      return error("manifest.unknown-name", "a task must be named", reference.where, "write tasks.NAME.outputs.KEY");
    }
    const Declared* declared = find_task(name_of(path[at]), path[at].where, home);
    if (!declared || declared->fate == Declared::Fate::broken) return;
    if (declared->fate != Declared::Fate::present && !guarded) {
      return out_of_scope(name_of(path[at]), *declared, path[at].where, home);
    }
    if (!declared->loop) {
      outputs(reference, at + 1, guarded);
      if (declared->count > 0 && !guarded) output(reference, at + 2, declared->first);
      if (declared->count > 0) need(declared->first, reference.where);
    } else {
      of_loop(reference, at, *declared, home, guarded);
    }
  }

  void outputs(const Reference& reference, std::size_t at, bool guarded) {
    const auto& path = reference.path;
    if (guarded || path.size() <= at || path[at].computed || path[at].name == "outputs") return;
    const std::string name = name_of(path[at]);
    error("manifest.unknown-name", fmt::format("a task has no '{}'", name), path[at].where,
          did_you_mean(name, {"outputs"}, "write tasks.NAME.outputs.KEY"));
  }

  /// path[at] is the name of an output: could it come?
  void output(const Reference& reference, std::size_t at, TaskId id) {
    const auto& path = reference.path;
    const Task& task = model_.tasks[id];
    if (path.size() <= at || path[at].computed || path[at - 1].name != "outputs") return;
    if (!task.type || !task.type->all_outputs || !task.with || !task.instead.empty()) return;
    const auto names = task.type->all_outputs(*task.with);
    const std::string name = name_of(path[at]);
    if (!names || std::ranges::find(*names, name) != names->end()) return;
    const std::string all =
        names->empty() ? fmt::format("it has none; `verba explain {}` tells how one gets some", task.type->name)
                       : fmt::format("it has {}", fmt::join(*names, ", "));
    error("manifest.unknown-output", fmt::format("task '{}' has no output '{}'", task.address, name), path[at].where,
          did_you_mean(name, *names, all));
  }

  void of_loop(const Reference& reference, std::size_t at, const Declared& declared, DeploymentId home, bool guarded) {
    const auto& path = reference.path;
    std::string key;
    if (path.size() > at + 1) key = path[at + 1].computed ? own_key(path[at + 1]) : name_of(path[at + 1]);
    if (key.empty()) {
      for (TaskId id = declared.first; id < declared.first + declared.count; ++id) need(id, reference.where);
      return;
    }
    const std::string address = fmt::format("{}.{}[{}]", model_.deployments[home].name, name_of(path[at]), key);
    const auto found = model_.by_address.find(address);
    if (found != model_.by_address.end()) {
      outputs(reference, at + 2, guarded);
      if (!guarded) output(reference, at + 3, found->second);
      return need(found->second, reference.where);
    }
    if (!guarded) no_instance(name_of(path[at]), key, declared, path[at + 1].where);
  }

  void no_instance(const std::string& name, const std::string& key, const Declared& declared, Where where) {
    std::vector<std::string> keys;
    for (TaskId id = declared.first; id < declared.first + declared.count && keys.size() < 20; ++id) {
      const std::string& full = model_.tasks[id].name;
      keys.push_back(full.substr(name.size() + 1, full.size() - name.size() - 2));
    }
    if (key == "outputs") {
      return error("manifest.unknown-reference",
                   fmt::format("task '{}' has an instance for each {}", name,
                               by_account(declared) ? "of its accounts" : "item of its forEach"),
                   where, fmt::format("name one: tasks.{}['{}'].outputs", name, keys.empty() ? "KEY" : keys.front()));
    }
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    error("manifest.unknown-reference", fmt::format("task '{}' has no instance '{}'", name, key), where,
          did_you_mean(key, views,
                       keys.empty()
                           ? by_account(declared) ? "no account has its labels here" : "its forEach is empty here"
                           : fmt::format("its instances: {}", fmt::join(keys, ", "))));
  }

  static bool by_account(const Declared& declared) { return declared.written->find("accounts") != nullptr; }

  // [each.key] is the one computed step that is known here: instance to instance, loop beside loop.
  std::string own_key(const Segment& segment) const {
    if (!task_ || !task_->each) return {};
    std::string_view text = resolution_.sources.text(segment.where.source);
    if (segment.where.end > text.size() || segment.where.begin > segment.where.end) return {};
    text = text.substr(segment.where.begin, segment.where.end - segment.where.begin);
    return text == "each.key" ? task_->each->first.string() : std::string();
  }

  const Declared* find_task(const std::string& name, Where where, DeploymentId home) {
    const auto& declared = resolution_.declared[home];
    const auto found = declared.find(name);
    if (found != declared.end()) return &found->second;
    std::vector<std::string_view> names;
    for (const Occasion occasion : all_occasions) {
      if (diagnostics_.crowded()) break;
      for (const Value& task : tasks_of(resolution_.deployments[home]->spec, occasion)) {
        names.push_back(text_of(task, "name"));
      }
    }
    std::string otherwise = "check the name";
    if (model_.deployment(name)) otherwise = "that is a Deployment; a task is named DEPLOYMENT.TASK";
    error("manifest.unknown-reference",
          fmt::format("Deployment '{}' has no task '{}'", model_.deployments[home].name, name), where,
          did_you_mean(name, names, otherwise));
    return nullptr;
  }

  void out_of_scope(const std::string& name, const Declared& declared, Where where, DeploymentId home) {
    const bool condition = declared.fate == Declared::Fate::condition;
    const Value* reason = declared.written->find(condition ? "when" : "environments");
    Diagnostic finding{Severity::error, "manifest.out-of-scope", {}, where, {}, {}, {}};
    finding.message =
        fmt::format("task '{}.{}' is not there in environment '{}': {}", model_.deployments[home].name, name,
                    model_.environment.name, condition ? "its 'when' is false" : "its 'environments' leave it out");
    finding.hint = "say what to take instead: default(..., OTHERWISE)";
    finding.trail.push_back({doing(), {}});
    if (reason) finding.related.push_back({"this leaves it out", reason->where});
    diagnostics_.add(std::move(finding));
  }

  void need(TaskId id, Where where) {
    if (!needs_ || !task_) return;
    const Task& needed = model_.tasks[id];
    const bool at_home = needed.deployment == task_->deployment;
    if (needed.occasion == Occasion::deploy) {
      // In the place of the tasks of `tasks`: what was recorded of those is read, they are not waited for.
      const bool instead = task_->occasion == Occasion::update || task_->occasion == Occasion::rollback;
      if (!instead || !at_home || needed.is_called_up()) needs_->push_back({id, where});
    } else if (needed.occasion != task_->occasion || !at_home) {
      error("manifest.occasion", fmt::format("{} only acts {}", needed.address, when(needed.occasion)), where,
            "only tasks of the same list can wait for it");
    } else if (needed.occasion == Occasion::remove && doing_ != "dependsOn") {
      error("manifest.occasion",
            fmt::format("the outputs of {} are not known when {} is recorded", needed.address, task_->address), where,
            "what the tasks of 'delete' read is what there is when the deployment is deployed; a file can carry more");
    } else {
      needs_->push_back({id, where});
    }
  }

  static std::string_view when(Occasion occasion) {
    if (occasion == Occasion::update) return "when its deployment is updated";
    return occasion == Occasion::remove ? "when its deployment is deleted" : "when its deployment is rolled back";
  }

  // --- dependsOn

  void depends_on(const Value& written) {
    const Value* list = written.find("dependsOn");
    if (!list) return;
    doing_ = "dependsOn";
    passed_over_.clear();
    std::optional<Value> evaluated;
    if (!list->is_expression() && !list->is_list()) return;  // found when it was checked
    if (list->is_expression() ||
        std::any_of(list->list().begin(), list->list().end(), [](const Value& item) { return item.is_expression(); })) {
      evaluated = names_of(*list);
      if (!evaluated) return;
      list = &*evaluated;
    }
    if (!list->is_list()) return;
    for (const Value& item : list->list()) {
      if (item.is_string()) depends_on(item.string(), item.where);
    }
  }

  std::optional<Value> names_of(const Value& list) {
    Diagnostics mistakes;
    const auto id = static_cast<TaskId>(task_ - model_.tasks.data());
    auto result = evaluate(list, scope_of(model_, id, resolution_.surroundings), mistakes);
    for (Diagnostic finding : mistakes.all()) {
      finding.trail.push_back({doing(), {}});
      diagnostics_.add(std::move(finding));
    }
    if (!result) return std::nullopt;
    if (result->is_string()) result = Value(List{*result});
    const bool names = result->is_list() && std::all_of(result->list().begin(), result->list().end(),
                                                        [](const Value& item) { return item.is_string(); });
    if (names) {
      for (Value& item : result->list()) {
        if (!item.where) item.where = list.where;
      }
      return result;
    }
    error(has_unknown(*result) ? "manifest.waits-for-outputs" : "manifest.wrong-type",
          has_unknown(*result) ? "'dependsOn' cannot wait for the outputs of other tasks"
                               : "'dependsOn' must give names of tasks",
          list.where, "name the tasks themselves");
    return std::nullopt;
  }

  // NAME, NAME[KEY], DEPLOYMENT.NAME or DEPLOYMENT.NAME[KEY]
  void depends_on(std::string_view text, Where where) {
    const std::size_t bracket = text.find('[');
    std::string_view name = text.substr(0, bracket);
    std::string_view key = bracket == std::string_view::npos ? std::string_view() : text.substr(bracket + 1);
    if (bracket != std::string_view::npos) {
      if (key.size() < 2 || !key.ends_with(']')) {
        return error("manifest.bad-value", fmt::format("'{}' names no instance of a task", text), where,
                     "write NAME, NAME[KEY], DEPLOYMENT.NAME or DEPLOYMENT.NAME[KEY]");
      }
      key.remove_suffix(1);
    }
    DeploymentId home = home_;
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
      const auto id = model_.deployment(name.substr(0, dot));
      if (!id) {
        const bool elsewhere = resolution_.index.find("Deployment", name.substr(0, dot)) != nullptr;
        if (!elsewhere) no_deployment(std::string(name.substr(0, dot)), where, false);
        return;
      }
      home = *id;
      name = name.substr(dot + 1);
    }
    const Declared* declared = find_task(std::string(name), where, home);
    if (!declared) return;
    if (declared->fate != Declared::Fate::present || declared->count == 0) return pass_over(*declared, home, where);
    if (key.empty()) {
      for (TaskId id = declared->first; id < declared->first + declared->count; ++id) need(id, where);
      return;
    }
    const auto found = model_.by_address.find(fmt::format("{}.{}[{}]", model_.deployments[home].name, name, key));
    if (found != model_.by_address.end()) return need(found->second, where);
    if (declared->loop) return loop_without(std::string(name), std::string(key), *declared, where);
    error("manifest.unknown-reference",
          fmt::format("task '{}' has no instances: it has no forEach and no accounts", name), where,
          fmt::format("write '{}'", name));
  }

  // What is not there in this environment is passed over: what it waits for is waited for in its place. Its own
  // mistakes are told where it is there.
  void pass_over(const Declared& declared, DeploymentId home, Where where) {
    const Value* list = declared.written->find("dependsOn");
    if (!list || !list->is_list() || !passed_over_.insert(declared.written).second) return;
    for (const Value& item : list->list()) {
      if (item.is_string()) need_in_place(item.string(), home, where);
    }
  }

  void need_in_place(std::string_view text, DeploymentId home, Where where) {
    std::string_view name = text.substr(0, text.find('['));  // all of its instances
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
      const auto id = model_.deployment(name.substr(0, dot));
      if (!id) return;
      home = *id;
      name = name.substr(dot + 1);
    }
    const auto found = resolution_.declared[home].find(name);
    if (found == resolution_.declared[home].end()) return;
    const Declared& declared = found->second;
    if (declared.fate != Declared::Fate::present || declared.count == 0) return pass_over(declared, home, where);
    for (TaskId id = declared.first; id < declared.first + declared.count; ++id) {
      if (model_.tasks[id].occasion == Occasion::deploy && &model_.tasks[id] != task_) need(id, where);
    }
  }

  // An instance that its 'when' leaves out is out of scope, which dependsOn passes over; any other key is a mistake.
  void loop_without(const std::string& name, const std::string& key, const Declared& declared, Where where) {
    if (declared.written->find("when")) return;
    no_instance(name, key, declared, where);
  }

  // --- findings

  std::string doing() const {
    if (!way_.empty() && task_)
      return fmt::format("resolving variable '{}', read by task '{}'", way_.back().name, task_->address);
    if (!way_.empty()) return fmt::format("resolving variable '{}'", way_.back().name);
    return task_ ? fmt::format("resolving '{}' of task '{}'", doing_, task_->address)
                 : std::string("resolving variables");
  }

  void error(std::string_view code, std::string message, Where where, std::string hint) {
    report(diagnostics_, code, std::move(message), where, std::move(hint), doing());
  }

  struct Step {
    std::string name;
    Effective variable;
  };

  Resolution& resolution_;
  const Model& model_;
  Diagnostics& diagnostics_;
  const Task* task_ = nullptr;
  const DeploymentScope* deployment_ = nullptr;
  DeploymentId home_ = 0;
  std::vector<Need>* needs_ = nullptr;
  std::string_view doing_;
  std::unordered_set<const Value*> passed_over_;  // tasks as they are written, by one dependsOn
  std::vector<Step> way_;                         // the variables that we are inside of
  // In which round a variable was followed, times two, and one more when without a default() around it.
  std::unordered_map<const Value*, std::uint64_t> seen_;
  std::uint64_t round_ = 0;
  bool told_long_chain_ = false;  // one is enough: it is entered from each of its variables
};

/// Those of delete.tasks are recorded after all that they delete; among themselves they are deleted in the order in
/// which they are to act, so each needs those that wait for it.
void turn_deletes_round(Model& model, const DeploymentScope& deployment) {
  const std::vector<TaskId>& deletes = deployment.on(Occasion::remove);
  std::vector<std::vector<TaskId>> needs(deletes.size());
  const auto index = [&](TaskId id) { return static_cast<std::size_t>(id - deletes.front()); };
  for (const TaskId id : deletes) {
    for (const TaskId need : model.tasks[id].needs) {
      const bool first = model.tasks[need].occasion == Occasion::remove;
      first ? needs[index(need)].push_back(id) : needs[index(id)].push_back(need);
    }
    for (const TaskId task : deployment.on(Occasion::deploy)) {
      if (!model.tasks[task].is_called_up()) needs[index(id)].push_back(task);
    }
  }
  for (const TaskId id : deletes) {
    std::vector<TaskId>& all = needs[index(id)];
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    model.tasks[id].needs = std::move(all);
  }
}

/// update.tasks come before all of `tasks`: an Approval there comes too late for them.
void warn_of_late_approvals(Resolution& resolution, const DeploymentScope& deployment) {
  const Model& model = resolution.model;
  if (deployment.on(Occasion::update).empty()) return;
  for (const TaskId id : deployment.on(Occasion::deploy)) {
    const Task& task = model.tasks[id];
    const auto asked = std::ranges::find_if(task.needs, [&](TaskId need) { return model.tasks[need].asks(); });
    if (task.asks() || asked == task.needs.end()) continue;
    resolution.diagnostics.warning(
        "manifest.occasion",
        fmt::format("an update of {} by update.tasks does not wait for {}", task.address, model.tasks[*asked].address),
        task.where, "they come before all of `tasks`: write an Approval among them, too");
    return;
  }
}

}  // namespace

std::vector<Need> needs_of(Resolution& resolution, TaskId id, Diagnostics& diagnostics) {
  std::vector<Need> needs;
  Follower(resolution, diagnostics).follow_task(id, needs);
  return needs;
}

void resolve_references(Resolution& resolution) {
  Model& model = resolution.model;
  Follower follower(resolution, resolution.diagnostics);
  follower.follow_variables(model.global_variables, nullptr);
  follower.follow_variables(model.environment.variables, nullptr);
  for (const Account& account : model.accounts) {
    if (account.authentication) follower.follow_spec(account.authentication->spec);
  }
  for (const DeploymentScope& deployment : model.deployments) {
    follower.follow_variables(deployment.variables, &deployment);
  }
  std::vector<Need> needs;
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    needs.clear();
    follower.follow_task(id, needs);
    auto& ids = model.tasks[id].needs;
    ids.reserve(needs.size());
    for (const Need& need : needs) ids.push_back(need.task);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }
  for (const DeploymentScope& deployment : model.deployments) {
    turn_deletes_round(model, deployment);
    warn_of_late_approvals(resolution, deployment);
    const std::vector<TaskId>& deletes = deployment.on(Occasion::remove);
    const bool only_ask = std::ranges::all_of(deletes, [&](TaskId task) { return model.tasks[task].type->on_demand; });
    if (deletes.empty() || !only_ask) continue;
    report(resolution.diagnostics, "manifest.occasion",
           fmt::format("the delete.tasks of '{}' only ask: nothing would delete it", deployment.name),
           model.tasks[deletes.front()].where, "add what deletes it; they stand for the deletes of all its tasks",
           fmt::format("resolving Deployment '{}'", deployment.name));
  }
}

}  // namespace verba
