// SPDX-License-Identifier: Apache-2.0
#include "view/json/graph_json.h"

#include <utility>

namespace verba {
namespace {

Value task_value(const Model& model, const Task& task) {
  List needs;
  for (const TaskId need : task.needs) needs.emplace_back(model.tasks[need].address);
  Map map;
  map.append({"address", {}}, task.address);
  map.append({"name", {}}, task.name);
  map.append({"type", {}}, task.type->name);
  map.append({"account", {}}, model.accounts[task.account].name);
  map.append({"needs", {}}, std::move(needs));
  return map;
}

}  // namespace

Value graph_value(const Model& model) {
  List deployments;
  for (const DeploymentScope& deployment : model.deployments) {
    List needs;
    for (const DeploymentId need : deployment.needs) needs.emplace_back(model.deployments[need].name);
    List tasks;
    for (const TaskId task : deployment.tasks) tasks.push_back(task_value(model, model.tasks[task]));
    Map map;
    map.append({"name", {}}, deployment.name);
    map.append({"needs", {}}, std::move(needs));
    map.append({"tasks", {}}, std::move(tasks));
    deployments.push_back(std::move(map));
  }
  Map map;
  map.append({"environment", {}}, model.environment.name);
  map.append({"deployments", {}}, std::move(deployments));
  return map;
}

}  // namespace verba
