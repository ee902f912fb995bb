// SPDX-License-Identifier: Apache-2.0
// The order among the lists of a deployment (manifest/occasion.h), once it is known what each task needs.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/resolve.h"

namespace verba {
namespace {

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

void resolve_occasions(Resolution& resolution) {
  Model& model = resolution.model;
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
