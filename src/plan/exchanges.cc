// SPDX-License-Identifier: Apache-2.0
#include "plan/exchanges.h"

#include <fmt/format.h>

#include <utility>

#include "graph/graph.h"
#include "plan/twins.h"

namespace verba {

void Exchanges::add(TaskId id, const Resource& resource) {
  const TaskType& type = *model_.tasks[id].type;
  if (!type.exchange || resource.occasion != Occasion::deploy) return;
  const std::string home = home_of(resource);
  Exchange exchange = type.exchange(resource);
  for (const std::string& name : exchange.gives) givers_.emplace(home + name, id);
  std::vector<std::string>& takings = takings_[id];
  takings.clear();
  for (const std::string& name : exchange.takes) takings.push_back(home + name);
}

void Exchanges::check(Diagnostics& diagnostics) const {
  for (const auto& [id, takings] : takings_) {
    for (const std::string& taking : takings) {
      const auto giver = givers_.find(taking);
      if (giver == givers_.end() || giver->second == id) continue;
      if (reach(model_.graph, std::vector<NodeId>{id}, Direction::needs)[giver->second]) continue;
      const Task& task = model_.tasks[id];
      const Task& other = model_.tasks[giver->second];
      Diagnostic found;
      found.severity = Severity::error;
      found.code = "plan.no-order";
      found.message = fmt::format("{} imports '{}' of {}, and does not wait for it", task.address,
                                  taking.substr(taking.rfind('\n') + 1), other.address);
      found.where = task.where;
      const std::string& name = task.deployment == other.deployment ? other.name : other.address;
      found.hint = fmt::format("write into {}: `dependsOn: [{}]`", task.base_name, name);
      found.related.push_back({fmt::format("{} is here", other.address), other.where});
      diagnostics.add(std::move(found));
      break;  // one is enough of a task
    }
  }
}

}  // namespace verba
