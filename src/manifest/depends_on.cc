// SPDX-License-Identifier: Apache-2.0
#include "manifest/depends_on.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "manifest/names.h"

namespace verba {
namespace {

class DependsOn {
 public:
  DependsOn(Resolution& resolution, TaskId id, NamedTasks& named, Diagnostics& diagnostics)
      : resolution_(resolution),
        model_(resolution.model),
        id_(id),
        task_(resolution.model.tasks[id]),
        named_(named),
        diagnostics_(diagnostics) {}

  void follow(const Value& written) {
    const Value* list = written.find("dependsOn");
    if (!list) return;
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
      if (item.is_string()) follow(item.string(), item.where);
    }
  }

 private:
  std::optional<Value> names_of(const Value& list) {
    Diagnostics mistakes;
    auto result = evaluate(list, scope_of(model_, id_, resolution_.surroundings), mistakes);
    for (Diagnostic finding : mistakes.all()) {
      finding.trail.push_back({named_.doing(), {}});
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
    named_.error(has_unknown(*result) ? "manifest.waits-for-outputs" : "manifest.wrong-type",
                 has_unknown(*result) ? "'dependsOn' cannot wait for the outputs of other tasks"
                                      : "'dependsOn' must give names of tasks",
                 list.where, "name the tasks themselves");
    return std::nullopt;
  }

  // NAME, NAME[KEY], DEPLOYMENT.NAME or DEPLOYMENT.NAME[KEY]
  void follow(std::string_view text, Where where) {
    const std::size_t bracket = text.find('[');
    std::string_view name = text.substr(0, bracket);
    std::string_view key = bracket == std::string_view::npos ? std::string_view() : text.substr(bracket + 1);
    if (bracket != std::string_view::npos) {
      if (key.size() < 2 || !key.ends_with(']')) {
        return named_.error("manifest.bad-value", fmt::format("'{}' names no instance of a task", text), where,
                            "write NAME, NAME[KEY], DEPLOYMENT.NAME or DEPLOYMENT.NAME[KEY]");
      }
      key.remove_suffix(1);
    }
    DeploymentId home = task_.deployment;
    if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
      const auto id = model_.deployment(name.substr(0, dot));
      if (!id) {
        const bool elsewhere = resolution_.index.find("Deployment", name.substr(0, dot)) != nullptr;
        if (!elsewhere) named_.no_deployment(std::string(name.substr(0, dot)), where, false);
        return;
      }
      home = *id;
      name = name.substr(dot + 1);
    }
    const Declared* declared = named_.find(std::string(name), where, home);
    if (!declared) return;
    if (declared->fate != Declared::Fate::present || declared->count == 0) return pass_over(*declared, home, where);
    if (key.empty()) {
      for (TaskId id = declared->first; id < declared->first + declared->count; ++id)
        named_.need(id, where, Reads::nothing);
      return;
    }
    const auto found = model_.by_address.find(fmt::format("{}.{}[{}]", model_.deployments[home].name, name, key));
    if (found != model_.by_address.end()) return named_.need(found->second, where, Reads::nothing);
    if (declared->loop) return loop_without(std::string(name), std::string(key), *declared, where);
    named_.error("manifest.unknown-reference",
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
      if (model_.tasks[id].occasion == Occasion::deploy && id != id_) named_.need(id, where, Reads::nothing);
    }
  }

  // An instance that its 'when' leaves out is out of scope, which dependsOn passes over; any other key is a mistake.
  void loop_without(const std::string& name, const std::string& key, const Declared& declared, Where where) {
    if (declared.written->find("when")) return;
    named_.no_instance(name, key, declared, where);
  }

  Resolution& resolution_;
  const Model& model_;
  TaskId id_;
  const Task& task_;
  NamedTasks& named_;
  Diagnostics& diagnostics_;
  std::unordered_set<const Value*> passed_over_;  // tasks as they are written
};

}  // namespace

void follow_depends_on(Resolution& resolution, TaskId id, NamedTasks& named, Diagnostics& diagnostics) {
  const Task& task = resolution.model.tasks[id];
  DependsOn(resolution, id, named, diagnostics)
      .follow(*resolution.declared[task.deployment].at(task.base_name).written);
}

}  // namespace verba
