// SPDX-License-Identifier: Apache-2.0
#include "plan/temporary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

#include "plan/removal.h"

namespace verba {

std::vector<std::optional<TaskId>> needed_temporaries(const Model& model, const std::vector<bool>& changes) {
  std::vector<std::optional<TaskId>> needed(model.tasks.size());
  std::vector<std::optional<TaskId>> behind(model.graph.size());  // by node: something that comes later and acts
  // Users first: a temporary task is known to be needed before it is asked what it needs.
  const std::vector<NodeId> nodes = order(model.graph);
  for (const NodeId node : nodes | std::views::reverse) {
    for (const NodeId later : model.graph.users(node)) {
      const bool is_task = later < model.tasks.size() && model.tasks[later].occasion != Occasion::remove;
      const bool acts = is_task && (changes[later] || needed[later]);
      if (!behind[node]) behind[node] = acts ? std::optional(static_cast<TaskId>(later)) : behind[later];
    }
    if (node >= model.tasks.size()) continue;
    const auto user = static_cast<TaskId>(node);
    if (model.tasks[user].asks() && !model.tasks[user].temporary) needed[user] = behind[node];
    const bool acts = model.tasks[user].is_called_up() ? needed[user].has_value() : changes[user];
    if (!acts) continue;
    for (const TaskId need : model.tasks[user].needs) {
      if (model.tasks[need].is_called_up()) needed[need] = user;
    }
  }
  return needed;
}

namespace {

/// Which deployments have to be done before each temporary thing is deleted (a step): those of its users, whose failure
/// would undo these; all, where one would undo the whole run.
std::map<NodeId, std::set<DeploymentId>> undone_with_users(const Model& model, const Cleanings& cleanings) {
  std::map<NodeId, std::set<DeploymentId>> homes;
  for (const Task& user : model.tasks) {
    if (user.on_failure != OnFailure::rollback) continue;
    for (const TaskId need : user.needs) {
      if (const auto cleaning = cleanings.find(need); cleaning != cleanings.end()) {
        homes[cleaning->second].insert(user.deployment);
      }
    }
  }
  const bool whole_run = std::ranges::any_of(
      model.deployments, [](const DeploymentScope& deployment) { return deployment.rollback.whole_run; });
  for (auto& [cleaning, all] : homes) {
    for (DeploymentId id = 0; whole_run && id < model.deployments.size(); ++id) all.insert(id);
  }
  return homes;
}

}  // namespace

void order_cleaning(const Model& model, const Cleanings& cleanings, const std::vector<NodeId>& of_model, bool at_once,
                    std::vector<Graph::Edge>& edges) {
  if (cleanings.empty()) return;
  for (const auto& [task, step] : cleanings) edges.emplace_back(step, of_model[task]);
  for (TaskId user = 0; user < model.tasks.size(); ++user) {
    for (const TaskId need : model.tasks[user].needs) {
      const auto cleaning = cleanings.find(need);
      if (cleaning == cleanings.end()) continue;
      edges.emplace_back(cleaning->second, of_model[user]);
      const auto first = cleanings.find(user);
      if (first != cleanings.end()) edges.emplace_back(cleaning->second, first->second);
    }
  }
  if (at_once) return;
  for (const auto& [cleaning, homes] : undone_with_users(model, cleanings)) {
    for (const DeploymentId home : homes) edges.emplace_back(cleaning, of_model[model.end_of(home)]);
  }
}

std::vector<Record> forgotten_after(const Plan& plan, const Snapshot& snapshot) {
  std::set<std::string> going;
  for (const Step& step : plan.steps) going.insert(step.address);
  std::set<std::string> staying;
  std::set<std::string> touched;
  for (const Record& record : snapshot.records) {
    (going.contains(record.address) ? touched : staying).insert(record.deployment);
  }
  std::vector<Record> forgotten;
  for (const Record& record : snapshot.over) {
    if (staying.contains(record.deployment)) continue;
    if (plan.goal.targets.empty() || touched.contains(record.deployment)) forgotten.push_back(record);
  }
  return forgotten;
}

std::vector<std::size_t> expired_records(const Snapshot& snapshot, const Targets& targets, Instant now,
                                         Diagnostics& diagnostics) {
  const auto is_over = [now](const Record& record) { return record.expires && *record.expires <= now; };
  std::vector<bool> to_go;
  for (const Record& record : snapshot.records) to_go.push_back(is_over(record) && !record.protect);
  const std::vector<const Record*> keepers = who_keeps(snapshot, to_go);
  std::vector<std::size_t> expired;
  for (std::size_t i = 0; i < keepers.size(); ++i) {
    const Record& record = snapshot.records[i];
    const Record* keeper = keepers[i];
    if (!targets.has(record) || !is_over(record)) continue;
    if (keeper == nullptr) {
      expired.push_back(i);
    } else if (keeper == &record) {
      diagnostics.warning("plan.expired", fmt::format("{} has expired and stays: it is protected", record.address), {},
                          "set `protect: false` on the task and apply; --ttl 0s lets it last");
    } else {
      diagnostics.warning(
          "plan.expired", fmt::format("{} has expired and stays: {} needs it", record.address, keeper->address), {},
          keeper->protect ? "" : fmt::format("`verba destroy {}` deletes it with what needs it", record.address));
    }
  }
  return expired;
}

bool is_for_a_while(const Goal& goal, const Snapshot& before, const std::string& deployment,
                    const std::string& address) {
  if (!goal.ttl) return false;
  const auto named = [&](const std::string& target) { return stands_for(target, deployment, address); };
  if (goal.targets.empty() || std::ranges::any_of(goal.targets, named)) return true;
  return std::ranges::find(before.records, deployment, &Record::deployment) == before.records.end();
}

void let_expire(Record& record, Milliseconds ttl, Instant now) {
  record.expires = ttl.count() > 0 ? std::optional(now + ttl) : std::nullopt;
}

StepNumber first_cleaning(const Plan& plan) {
  const auto last = std::ranges::find_if_not(plan.steps | std::views::reverse, is_cleaning).base();
  return static_cast<StepNumber>(last - plan.steps.begin());
}

Graph cleaning_graph(const Plan& plan) {
  const StepNumber first = first_cleaning(plan);
  const auto end = static_cast<NodeId>(plan.steps.size());
  std::vector<Graph::Edge> edges;
  for (NodeId step = first; step < end; ++step) {
    for (const NodeId need : plan.graph.needs(step)) {
      if (need >= first && need < end) edges.emplace_back(step - first, need - first);
    }
  }
  return Graph(end - first, std::move(edges));
}

}  // namespace verba
