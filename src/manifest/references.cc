// SPDX-License-Identifier: Apache-2.0
// What expressions name: is it there, and what must come first for it. Variables are followed with the eyes of the task
// that reads them, because what they mean is a matter of the task.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/depends_on.h"
#include "manifest/named_tasks.h"
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
      : resolution_(resolution),
        model_(resolution.model),
        diagnostics_(diagnostics),
        named_(resolution, diagnostics, [this] { return doing(); }) {}
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void follow_task(TaskId id, std::vector<Need>& needs) {
    task_ = &model_.tasks[id];
    home_ = task_->deployment;
    named_.begin(task_, &needs);
    ++round_;
    doing_ = "with";
    value(*task_->with, false);
    for (const Substitute& substitute : task_->instead) {
      doing_ = to_string(substitute.verb);
      value(substitute.with, false);
    }
    doing_ = "when";
    if (task_->when) references(task_->when->references(), false);
    doing_ = "dependsOn";
    follow_depends_on(resolution_, id, named_, diagnostics_);
  }

  /// What an account or an authentication reads.
  void follow_spec(const Value& spec) {
    task_ = nullptr;
    named_.begin(nullptr, nullptr);
    deployment_ = nullptr;
    ++round_;
    value(spec, false);
  }

  void follow_variables(const Map& variables, const DeploymentScope* deployment) {
    task_ = nullptr;
    named_.begin(nullptr, nullptr);
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
    if (!id) return named_.no_deployment(name, path[1].where, guarded);
    if (path.size() < 4 || path[2].name != "tasks") {
      return error("manifest.unknown-name", "only the tasks of another deployment can be read", reference.where,
                   fmt::format("write deployments.{}.tasks.TASK.outputs.KEY", name));
    }
    of_task(reference, 3, *id, guarded);
  }

  // path[at] names the task.
  void of_task(const Reference& reference, std::size_t at, DeploymentId home, bool guarded) {
    const auto& path = reference.path;
    if (path.size() <= at || path[at].computed) {
      return error("manifest.unknown-name", "a task must be named", reference.where, "write tasks.NAME.outputs.KEY");
    }
    const Declared* declared = named_.find(name_of(path[at]), path[at].where, home);
    if (!declared || declared->fate == Declared::Fate::broken) return;
    if (declared->fate != Declared::Fate::present && !guarded) {
      return named_.out_of_scope(name_of(path[at]), *declared, path[at].where, home);
    }
    if (!declared->loop) {
      outputs(reference, at + 1, guarded);
      if (declared->count > 0 && !guarded) output(reference, at + 2, declared->first);
      if (declared->count > 0) named_.need(declared->first, reference.where, Reads::outputs);
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
      for (TaskId id = declared.first; id < declared.first + declared.count; ++id)
        named_.need(id, reference.where, Reads::outputs);
      return;
    }
    const std::string address = fmt::format("{}.{}[{}]", model_.deployments[home].name, name_of(path[at]), key);
    const auto found = model_.by_address.find(address);
    if (found != model_.by_address.end()) {
      outputs(reference, at + 2, guarded);
      if (!guarded) output(reference, at + 3, found->second);
      return named_.need(found->second, reference.where, Reads::outputs);
    }
    if (!guarded) named_.no_instance(name_of(path[at]), key, declared, path[at + 1].where);
  }

  // [each.key] is the one computed step that is known here: instance to instance, loop beside loop.
  std::string own_key(const Segment& segment) const {
    if (!task_ || !task_->each) return {};
    std::string_view text = resolution_.sources.text(segment.where.source);
    if (segment.where.end > text.size() || segment.where.begin > segment.where.end) return {};
    text = text.substr(segment.where.begin, segment.where.end - segment.where.begin);
    return text == "each.key" ? task_->each->first.string() : std::string();
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
  NamedTasks named_;
  const Task* task_ = nullptr;
  const DeploymentScope* deployment_ = nullptr;
  DeploymentId home_ = 0;
  std::string_view doing_;
  std::vector<Step> way_;  // the variables that we are inside of
  // In which round a variable was followed, times two, and one more when without a default() around it.
  std::unordered_map<const Value*, std::uint64_t> seen_;
  std::uint64_t round_ = 0;
  bool told_long_chain_ = false;  // one is enough: it is entered from each of its variables
};

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
  resolve_occasions(resolution);
}

}  // namespace verba
