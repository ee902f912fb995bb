// SPDX-License-Identifier: Apache-2.0
#include "plan/ordering.h"

#include <utility>

#include "plan/removal.h"

namespace verba {

Graph order_of_changes(const Model& model, const Snapshot& snapshot, const std::vector<Step>& steps,
                       const Removals& removals, const Cleanings& cleanings) {
  if (steps.empty()) return {};
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
  order_cleaning(model, cleanings, of_model, edges);
  for (NodeId node = 0; node < model.graph.size(); ++node) {
    for (const NodeId need : model.graph.needs(node)) edges.emplace_back(of_model[node], of_model[need]);
  }
  if (!removals.empty()) {
    const Graph removal = removal_order(snapshot);
    std::vector<NodeId> of_record(removal.size(), none);
    for (NodeId r = 0; r < removal.size(); ++r) {
      if (const auto gone = removals.find(r); gone != removals.end()) {
        of_record[r] = gone->second;
      } else if (const auto task = r < snapshot.records.size() ? model.by_address.find(snapshot.records[r].address)
                                                               : model.by_address.end();
                 task != model.by_address.end() && of_model[task->second] < steps.size()) {
        of_record[r] = of_model[task->second];
      } else {
        of_record[r] = next++;
      }
    }
    // Only a delete waits for its users: an update of what stays goes before the delete of what it no longer uses.
    for (NodeId used = 0; used < removal.size(); ++used) {
      const bool is_step = of_record[used] < steps.size();
      if (is_step && steps[of_record[used]].action != Action::remove) continue;
      for (const NodeId user : removal.needs(used)) edges.emplace_back(of_record[used], of_record[user]);
    }
  }
  return Graph(next, std::move(edges));
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
