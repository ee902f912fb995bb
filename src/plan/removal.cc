// SPDX-License-Identifier: Apache-2.0
#include "plan/removal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "value/json.h"

namespace verba {
namespace {

/// What one record was deployed after.
List read_needs(const Record& record) {
  std::string why;
  std::optional<Value> needs = parse_json(record.needs, why);
  if (needs && needs->is_list()) return std::move(needs->list());
  throw Error(Error::Kind::state, "state.record", fmt::format("what {} needs cannot be read: {}", record.address, why),
              "restore a backup of the state");
}

/// Manifests change: A may have needed B when it was deployed, and B needs A today, so that the records of different
/// days contradict each other. Of each such circle the word of the oldest record is dropped.
Graph without_cycles(const Snapshot& snapshot, Graph graph) {
  for (std::vector<NodeId> cycle = find_cycle(graph); !cycle.empty(); cycle = find_cycle(graph)) {
    const auto updated = [&](NodeId node) {
      return node < snapshot.records.size() ? snapshot.records[node].updated.ms : INT64_MAX;
    };
    const NodeId oldest = *std::ranges::min_element(cycle, {}, updated);
    std::vector<Graph::Edge> edges;
    for (NodeId node = 0; node < graph.size(); ++node) {
      // Whoever waits in the circle for the oldest one (its user) waits no longer.
      for (const NodeId need : graph.needs(node)) {
        const bool in_cycle = std::ranges::find(cycle, node) != cycle.end();
        if (need != oldest || !in_cycle) edges.emplace_back(node, need);
      }
    }
    graph = Graph(graph.size(), std::move(edges));
  }
  return graph;
}

/// What asks people is not recorded, what is temporary not for long, and what has a condition perhaps: in its place, or
/// beside it, stands what it needs itself.
bool may_be_missing(const Task& task) {
  return task.asks() || task.temporary || task.when;
}

std::vector<TaskId> recorded_needs(const Model& model, const Task& task) {
  const auto passes = [&](TaskId need) { return may_be_missing(model.tasks[need]); };
  if (std::ranges::none_of(task.needs, passes)) return task.needs;
  std::set<TaskId> recorded, passed;
  std::vector<TaskId> open = task.needs;
  while (!open.empty()) {
    const TaskId need = open.back();
    open.pop_back();
    if (!model.tasks[need].asks()) recorded.insert(need);
    if (passes(need) && passed.insert(need).second) {
      open.insert(open.end(), model.tasks[need].needs.begin(), model.tasks[need].needs.end());
    }
  }
  return {recorded.begin(), recorded.end()};
}

/// What the deployment needs; beside one of which nothing may be there stands what that needs.
std::set<DeploymentId> recorded_deployments(const Model& model, DeploymentId deployment) {
  std::set<DeploymentId> recorded;
  std::vector<DeploymentId> open = model.deployments[deployment].needs;
  while (!open.empty()) {
    const DeploymentId need = open.back();
    open.pop_back();
    const DeploymentScope& scope = model.deployments[need];
    const auto lasts = [&](TaskId task) { return !may_be_missing(model.tasks[task]); };
    if (!recorded.insert(need).second || std::ranges::any_of(scope.on(Occasion::deploy), lasts)) continue;
    open.insert(open.end(), scope.needs.begin(), scope.needs.end());
  }
  return recorded;
}

}  // namespace

std::vector<const Record*> who_keeps(const Snapshot& snapshot, const std::vector<bool>& to_go) {
  const Graph users = removal_order(snapshot);
  std::vector<const Record*> keepers(users.size());
  for (const NodeId node : order(users)) {  // users first
    if (node < to_go.size() && !to_go[node]) {
      keepers[node] = &snapshot.records[node];
      continue;
    }
    for (const NodeId user : users.needs(node)) {
      if (keepers[user] != nullptr) keepers[node] = keepers[user];
    }
  }
  keepers.resize(snapshot.records.size());
  return keepers;
}

std::string needs_of(const Model& model, TaskId id) {
  const Task& task = model.tasks[id];
  List needs;
  bool inside = false;
  for (const TaskId need : recorded_needs(model, task)) {
    needs.emplace_back(model.tasks[need].address);
    const bool lasting = !may_be_missing(model.tasks[need]);
    inside = inside || (lasting && model.tasks[need].deployment == task.deployment);
  }
  if (!inside) {
    for (const DeploymentId need : recorded_deployments(model, task.deployment)) {
      needs.emplace_back(model.deployments[need].name + ".*");
    }
  }
  return to_json(Value(std::move(needs)));
}

Graph removal_order(const Snapshot& snapshot) {
  const std::vector<Record>& records = snapshot.records;
  std::unordered_map<std::string_view, std::string_view> deployments;  // names, in the records' own spelling
  for (const Record& record : records) deployments.emplace(record.deployment, record.deployment);
  std::unordered_map<std::string_view, NodeId> gates;
  std::vector<Graph::Edge> edges;
  const auto gate_of = [&](std::string_view deployment) {
    return gates.emplace(deployment, static_cast<NodeId>(records.size() + gates.size())).first->second;
  };
  for (NodeId user = 0; user < records.size(); ++user) {
    if (records[user].needs == "[]") continue;
    for (const Value& need : read_needs(records[user])) {
      if (!need.is_string()) continue;
      const std::string_view text = need.string();
      if (text.ends_with(".*")) {
        const auto known = deployments.find(text.substr(0, text.size() - 2));
        if (known != deployments.end()) edges.emplace_back(gate_of(known->second), user);
      } else if (const Record* used = snapshot.find(text)) {
        edges.emplace_back(static_cast<NodeId>(used - records.data()), user);
      }
    }
  }
  for (NodeId used = 0; used < records.size(); ++used) {
    const auto gate = gates.find(records[used].deployment);
    if (gate != gates.end()) edges.emplace_back(used, gate->second);
  }
  return without_cycles(snapshot, Graph(records.size() + gates.size(), std::move(edges)));
}

}  // namespace verba
