// SPDX-License-Identifier: Apache-2.0
#include "plan/ordering.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "plan/removal.h"
#include "plan/temporary.h"

namespace verba {
namespace {

/// Of the nodes of the order of removal: those that are deleted together with all that need them, and so wait for
/// nothing that stays. Gates count as deleted.
std::vector<bool> gone_with_users(const Graph& removal, std::size_t records, const std::vector<NodeId>& nodes,
                                  const std::vector<Step>& steps) {
  std::vector<bool> gone(removal.size(), false);
  for (const NodeId node : order(removal)) {  // users first
    const bool goes = node >= records || (nodes[node] < steps.size() && steps[nodes[node]].action == Action::remove);
    gone[node] = goes && std::ranges::all_of(removal.needs(node), [&](NodeId user) { return gone[user]; });
  }
  return gone;
}

}  // namespace

void order_deletes(const Graph& removal, std::size_t records, const std::vector<NodeId>& nodes,
                   const std::vector<Step>& steps, std::vector<Graph::Edge>& edges) {
  const std::vector<bool> gone = gone_with_users(removal, records, nodes, steps);
  for (NodeId used = 0; used < removal.size(); ++used) {
    const bool is_step = nodes[used] < steps.size();
    const Action action = is_step ? steps[nodes[used]].action : Action::remove;
    for (const NodeId user : removal.needs(used)) {
      const bool waits = action == Action::remove || (action == Action::replace && gone[user]);
      if (waits) edges.emplace_back(nodes[used], nodes[user]);
    }
  }
}

namespace {

/// The records that need this one, by themselves or as part of a deployment.
std::vector<NodeId> users_of(NodeId record, const Graph& removal, std::size_t records) {
  std::vector<NodeId> users;
  std::vector<NodeId> open(removal.needs(record).begin(), removal.needs(record).end());
  while (!open.empty()) {
    const NodeId node = open.back();
    open.pop_back();
    if (node < records) {
      users.push_back(node);
    } else {
      std::ranges::copy(removal.needs(node), std::back_inserter(open));
    }
  }
  return users;
}

/// What others took of a thing and take no longer has to be let go of before the thing can change, as what a stack
/// exports stays as long as somebody imports it.
std::vector<Graph::Edge> departures(const Model& model, const Snapshot& snapshot, const std::vector<Step>& steps) {
  std::unordered_map<NodeId, NodeId> by_record;
  bool any = false;
  for (NodeId step = 0; step < steps.size(); ++step) {
    if (!steps[step].record) continue;
    by_record.emplace(static_cast<NodeId>(*steps[step].record), step);
    any = any || (steps[step].task && model.tasks[*steps[step].task].type->exchange);
  }
  std::vector<Graph::Edge> edges;
  if (!any) return edges;
  const Graph removal = removal_order(snapshot);
  for (const auto& [record, changed] : by_record) {
    const Step& step = steps[changed];
    if (!step.task || !model.tasks[*step.task].type->exchange) continue;
    for (const NodeId user : users_of(record, removal, snapshot.records.size())) {
      const auto leaving = by_record.find(user);
      if (leaving == by_record.end() || steps[leaving->second].type != step.type) continue;
      const std::optional<TaskId> by = steps[leaving->second].task;
      const bool stays = by && (std::ranges::binary_search(model.tasks[*by].needs, *step.task) ||
                                reach(model.graph, std::vector{*by}, Direction::needs)[*step.task]);
      if (!stays) edges.emplace_back(changed, leaving->second);
    }
  }
  return edges;
}

Graph ordered(const Model& model, const Snapshot& snapshot, const std::vector<Step>& steps, const Removals& removals,
              const Cleanings& cleanings, bool clean_at_once) {
  constexpr NodeId none = ~NodeId{0};
  std::vector<NodeId> of_model(model.graph.size(), none);
  for (NodeId step = 0; step < steps.size(); ++step) {
    if (steps[step].task) of_model[*steps[step].task] = step;
  }
  auto next = static_cast<NodeId>(steps.size());
  for (NodeId& node : of_model) {
    if (node == none) node = next++;
  }
  std::vector<Graph::Edge> edges;
  order_cleaning(model, cleanings, of_model, clean_at_once, edges);
  for (NodeId node = 0; node < model.graph.size(); ++node) {
    for (const NodeId need : model.graph.needs(node)) edges.emplace_back(of_model[node], of_model[need]);
  }
  if (!removals.empty()) {
    const Graph removal = removal_order(snapshot);
    std::vector<NodeId> of_record(removal.size(), none);
    for (NodeId r = 0; r < removal.size(); ++r) {
      const auto gone = removals.find(r);
      const auto task =
          r < snapshot.records.size() ? model.by_address.find(snapshot.records[r].address) : model.by_address.end();
      const bool is_made = task != model.by_address.end() && of_model[task->second] < steps.size();
      if (gone != removals.end() && !(is_made && is_cleaning(steps[gone->second]))) {
        of_record[r] = gone->second;
      } else if (is_made) {  // what is recorded goes with that; a cleaning deletes what comes of it
        of_record[r] = of_model[task->second];
      } else {
        of_record[r] = next++;
      }
    }
    order_deletes(removal, snapshot.records.size(), of_record, steps, edges);
  }
  return Graph(next, std::move(edges));
}

}  // namespace

Graph order_of_changes(const Model& model, const Snapshot& snapshot, const std::vector<Step>& steps,
                       const Removals& removals, const Cleanings& cleanings) {
  if (steps.empty()) return {};
  Graph graph = ordered(model, snapshot, steps, removals, cleanings, false);
  // What waits for the delete of a temporary thing may hold up the end of a deployment.
  const bool stuck = !cleanings.empty() && !removals.empty() && !find_cycle(graph).empty();
  if (stuck) graph = ordered(model, snapshot, steps, removals, cleanings, true);
  std::vector<Graph::Edge> edges = departures(model, snapshot, steps);
  if (edges.empty()) return graph;
  std::ranges::copy(edges_of(graph), std::back_inserter(edges));
  Graph departing(graph.size(), std::move(edges));
  return find_cycle(departing).empty() ? std::move(departing) : std::move(graph);
}

Graph order_of_deletes(const Snapshot& snapshot, const std::vector<Step>& steps, const Removals& removals) {
  if (steps.empty()) return {};
  const Graph removal = removal_order(snapshot);
  std::vector<NodeId> nodes(removal.size());
  auto next = static_cast<NodeId>(steps.size());
  for (NodeId r = 0; r < removal.size(); ++r) {
    const auto step = removals.find(r);
    nodes[r] = step != removals.end() ? step->second : next++;
  }
  std::vector<Graph::Edge> edges;
  for (NodeId used = 0; used < removal.size(); ++used) {
    for (const NodeId user : removal.needs(used)) edges.emplace_back(nodes[used], nodes[user]);
  }
  return Graph(next, std::move(edges));
}

}  // namespace verba
