// SPDX-License-Identifier: Apache-2.0
#include "plan/exchanges.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "manifest/resource.h"
#include "plan/inputs.h"
#include "plan/twins.h"

namespace verba {
namespace {

struct Taking {
  TaskId by;
  TaskId from;
  std::string name;
};

bool may_exchange(const Task& task) {
  return task.type != nullptr && task.type->exchange && task.occasion == Occasion::deploy;
}

std::vector<Taking> takings_of(const Model& model, const Surroundings& surroundings) {
  std::map<std::string, TaskId> givers;  // by the place and the name
  std::vector<Taking> all;
  std::vector<std::pair<TaskId, std::string>> wanted;  // likewise
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    if (!may_exchange(model.tasks[id])) continue;
    Diagnostics told_by_the_plan;
    if (evaluate_condition(model, id, surroundings, told_by_the_plan) == false) continue;
    const std::optional<Resource> resource = evaluate_resource(model, id, surroundings, told_by_the_plan);
    if (!resource) continue;
    const std::string home = home_of(*resource);
    const Exchange exchange = model.tasks[id].type->exchange(*resource);
    for (const std::string& name : exchange.gives) givers.emplace(home + name, id);
    for (const std::string& name : exchange.takes) wanted.emplace_back(id, home + name);
  }
  for (const auto& [id, name] : wanted) {
    const auto giver = givers.find(name);
    if (giver == givers.end() || giver->second == id) continue;
    all.push_back({id, giver->second, name.substr(name.rfind('\n') + 1)});
  }
  return all;
}

Graph with(const Graph& graph, const std::vector<Taking>& takings) {
  std::vector<Graph::Edge> edges = edges_of(graph);
  for (const Taking& taking : takings) edges.emplace_back(taking.by, taking.from);
  return {graph.size(), std::move(edges)};
}

/// A node's task, or the deployment whose gate it is.
std::string name_of(const Model& model, NodeId node) {
  const std::size_t tasks = model.tasks.size();
  return node < tasks ? model.tasks[node].address : model.deployments[(node - tasks) / 2].name;
}

void tell(const Model& model, const std::vector<NodeId>& cycle, const std::vector<Taking>& takings,
          Diagnostics& diagnostics) {
  Diagnostic found;
  found.severity = Severity::error;
  found.code = "plan.import-cycle";
  std::string way = name_of(model, cycle.front());
  std::string last = way;
  for (std::size_t i = 1; i <= cycle.size(); ++i) {
    std::string name = name_of(model, cycle[i % cycle.size()]);
    if (name != last) way += " -> " + name;
    last = std::move(name);
  }
  found.message = "these wait for each other: " + way;
  for (const Taking& taking : takings) {
    const auto at = std::ranges::find(cycle, taking.by);
    if (at == cycle.end() || (at + 1 == cycle.end() ? cycle.front() : *(at + 1)) != taking.from) continue;
    const std::string words = fmt::format("{} imports '{}' of {}", model.tasks[taking.by].address, taking.name,
                                          model.tasks[taking.from].address);
    if (found.related.empty()) found.where = model.tasks[taking.by].where;
    found.related.push_back({words, model.tasks[taking.by].where});
  }
  found.hint = "one of them has to do without the other: import less, or remove a need";
  diagnostics.add(std::move(found));
}

}  // namespace

void order_exchanges(Model& model, Surroundings surroundings, Diagnostics& diagnostics) {
  if (std::ranges::none_of(model.tasks, may_exchange)) return;
  surroundings.run = planning_run();
  surroundings.now = planning_now;
  surroundings.outputs = [](TaskId) { return Value(Unknown{}); };
  const std::vector<Taking> takings = takings_of(model, surroundings);
  if (takings.empty()) return;
  Graph graph = with(model.graph, takings);
  if (const std::vector<NodeId> cycle = find_cycle(graph); !cycle.empty()) {
    return tell(model, cycle, takings, diagnostics);
  }
  model.graph = std::move(graph);
  for (const Taking& taking : takings) {
    std::vector<TaskId>& needs = model.tasks[taking.by].needs;
    const auto at = std::ranges::lower_bound(needs, taking.from);
    if (at == needs.end() || *at != taking.from) needs.insert(at, taking.from);
  }
}

}  // namespace verba
