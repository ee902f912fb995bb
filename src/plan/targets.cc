// SPDX-License-Identifier: Apache-2.0
#include "plan/targets.h"

#include <fmt/format.h>

#include <set>

#include "plan/removal.h"

namespace verba {
namespace {

std::vector<std::string_view> names_of(const Model& model, const Snapshot& snapshot) {
  std::set<std::string_view> names;
  for (const DeploymentScope& deployment : model.deployments) names.insert(deployment.name);
  for (const Task& task : model.tasks) names.insert(task.address);
  for (const Record& record : snapshot.records) names.insert({record.deployment});
  for (const Record& record : snapshot.records) names.insert(record.address);
  return {names.begin(), names.end()};
}

}  // namespace

bool stands_for(std::string_view target, std::string_view deployment, std::string_view address) {
  if (target == deployment || target == address) return true;
  return address.size() > target.size() && address.starts_with(target) && address[target.size()] == '[';
}

Targets::Targets(const std::vector<std::string>& targets, const Model& model, const Snapshot& snapshot, Reach reach_,
                 Diagnostics& diagnostics)
    : snapshot_(snapshot), all_(targets.empty()) {
  if (all_) return;
  std::vector<NodeId> tasks, records;
  for (const std::string& target : targets) {
    const std::size_t found_before = tasks.size() + records.size();
    for (TaskId id = 0; id < model.tasks.size(); ++id) {
      const Task& task = model.tasks[id];
      if (stands_for(target, model.deployments[task.deployment].name, task.address)) tasks.push_back(id);
    }
    for (NodeId i = 0; i < snapshot.records.size(); ++i) {
      const Record& record = snapshot.records[i];
      if (stands_for(target, record.deployment, record.address)) records.push_back(i);
    }
    if (tasks.size() + records.size() == found_before && !model.deployment(target)) {
      diagnostics.error(
          "plan.unknown-target",
          fmt::format("no deployment or task is named '{}' in environment '{}'", target, model.environment.name), {},
          did_you_mean(target, names_of(model, snapshot),
                       target.ends_with(".json") ? "a plan file has to be there, and only `verba apply` takes one"
                                                 : "`verba status` lists what is deployed"));
    }
  }
  tasks_ = reach(model.graph, tasks, reach_ == Reach::what_they_need ? Direction::needs : Direction::users);
  named_records_.assign(snapshot.records.size(), false);
  for (const NodeId record : records) named_records_[record] = true;
  records_ = named_records_;
  // In the order of deletion a record needs its users, so what comes along are its needs.
  if (reach_ == Reach::who_needs_them) records_ = reach(removal_order(snapshot), records, Direction::needs);
}

}  // namespace verba
