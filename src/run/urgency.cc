// SPDX-License-Identifier: Apache-2.0
#include "run/urgency.h"

#include <algorithm>

#include "graph/graph.h"

namespace verba {
namespace {

std::vector<std::uint64_t> newest_first(const Plan& plan, const Snapshot& snapshot) {
  std::vector<std::uint64_t> urgency(plan.graph.size(), 0);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!plan.steps[i].record) continue;
    const std::int64_t ms = snapshot.records[*plan.steps[i].record].updated.ms;
    urgency[i] = static_cast<std::uint64_t>(std::max<std::int64_t>(0, ms));
  }
  return urgency;
}

/// In whole seconds: less than that is noise, and would change the order from run to run.
std::vector<std::uint64_t> longest_first(const Plan& plan, const std::map<std::string, std::int64_t>& durations) {
  std::vector<std::uint64_t> weights(plan.graph.size(), 0);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto known = durations.find(plan.steps[i].address);
    const std::int64_t ms = known == durations.end() ? 0 : std::max<std::int64_t>(0, known->second);
    weights[i] = 1 + static_cast<std::uint64_t>(ms / 1000);
  }
  return weight_below(plan.graph, weights);
}

std::vector<std::uint64_t> latest_first(const Plan& plan) {
  std::vector<std::uint64_t> urgency(plan.graph.size(), 0);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (const auto undoes = plan.steps[i].undoes) urgency[i] = 1 + *undoes;
  }
  return urgency;
}

}  // namespace

std::vector<std::uint64_t> urgency_of(const Plan& plan, const Snapshot& snapshot,
                                      const std::map<std::string, std::int64_t>& durations) {
  if (plan.undoes()) return latest_first(plan);
  return plan.goal.kind == Goal::Kind::destroy ? newest_first(plan, snapshot) : longest_first(plan, durations);
}

}  // namespace verba
