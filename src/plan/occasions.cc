// SPDX-License-Identifier: Apache-2.0
#include "plan/occasions.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "plan/steps.h"
#include "plan/temporary.h"

namespace verba {
namespace {

/// The deletes of one deployment.
struct Going {
  std::vector<NodeId> acting;  ///< of delete.tasks
  std::vector<NodeId> others;
  std::size_t records = 0;  ///< how many there are, whether they go or not
};

bool acts_at_delete(const Step& step) {
  return step.action == Action::remove && step.occasion == Occasion::remove;
}

void only_record(Step& step, std::string_view why) {
  step.only_recorded = true;
  if (is_only_forgotten(step)) step.reason.resize(step.reason.size() - only_forgotten.size());
  step.reason += why;
}

}  // namespace

void settle_deletes(Plan& plan, const Snapshot& snapshot) {
  if (std::ranges::none_of(plan.steps, acts_at_delete)) return;
  std::map<std::string_view, Going> deployments;
  std::set<std::string_view> stays;  // something is done there
  for (NodeId number = 0; number < plan.steps.size(); ++number) {
    const Step& step = plan.steps[number];
    if (step.action != Action::remove) stays.insert(step.deployment);
    if (step.action != Action::remove || !step.record) continue;  // without one: the cleaning of what this run makes
    Going& going = deployments[step.deployment];
    (acts_at_delete(step) ? going.acting : going.others).push_back(number);
  }
  for (const Record& record : snapshot.records) {
    const auto going = deployments.find(record.deployment);
    if (going != deployments.end()) ++going->second.records;
  }
  for (auto& [deployment, going] : deployments) {
    if (going.acting.empty()) continue;
    const bool whole = !stays.contains(deployment) && going.acting.size() + going.others.size() == going.records;
    if (!whole) {
      for (const NodeId step : going.acting)
        only_record(plan.steps[step], "; it is only forgotten: it acts when the whole deployment goes");
      continue;
    }
    for (const NodeId step : going.acting) plan.steps[step].reason += "; it deletes the deployment";
    std::erase_if(going.others, [&](NodeId step) { return is_cleaning(plan.steps[step]); });
    for (const NodeId step : going.others) only_record(plan.steps[step], "; delete.tasks do it");
    plan.graph = led_by(plan.graph, going.acting, going.others, plan.steps.size());
  }
}

std::vector<StepNumber> forgotten_with(const Step& acted, const Plan& plan, const std::vector<StepStatus>& statuses) {
  if (!acts_at_delete(acted) || acted.only_recorded) return {};
  std::vector<StepNumber> gone;
  for (StepNumber number = 0; number < plan.steps.size(); ++number) {
    const Step& step = plan.steps[number];
    if (step.deployment != acted.deployment || step.action != Action::remove) continue;
    const bool acts = acts_at_delete(step) && !step.only_recorded;
    if (acts && statuses[number] != StepStatus::succeeded) return {};
    if (step.only_recorded && statuses[number] == StepStatus::pending) gone.push_back(number);
  }
  return gone;
}

bool is_brought_about(const Step& step) {
  return step.only_recorded && step.action != Action::remove;
}

bool leads_others(const Step& step) {
  return !step.only_recorded && (step.occasion == Occasion::update || acts_at_delete(step));
}

std::vector<StepNumber> steps_led_by(const Step& leader, const Plan& plan) {
  std::vector<StepNumber> led;
  for (StepNumber number = 0; number < plan.steps.size(); ++number) {
    const Step& step = plan.steps[number];
    const bool same_way = (step.action == Action::remove) == (leader.action == Action::remove);
    if (step.deployment == leader.deployment && step.only_recorded && same_way) led.push_back(number);
  }
  return led;
}

std::vector<Record> updates_no_longer_done(const std::vector<Done>& to_undo, const Model& model, const Snapshot& now) {
  std::set<std::string_view> deployments;
  for (const Done& done : to_undo) {
    const Step& step = done.step;
    if (step.occasion == Occasion::deploy && !is_brought_about(step)) deployments.insert(step.deployment);
  }
  std::vector<Record> updates;
  for (const Record& record : now.records) {
    const Task* task = model.task(record.address);
    if (task && task->occasion == Occasion::update && deployments.contains(record.deployment))
      updates.push_back(record);
  }
  return updates;
}

bool is_last_of_update(const Step& recorded, const Plan& plan, const std::vector<StepStatus>& statuses) {
  const auto is_update = [&](const Step& step) {
    return step.deployment == recorded.deployment && is_brought_about(step);
  };
  if (!is_update(recorded)) return false;
  for (StepNumber number = 0; number < plan.steps.size(); ++number) {
    const bool is_open = statuses[number] != StepStatus::succeeded && statuses[number] != StepStatus::unchanged;
    if (is_open && is_update(plan.steps[number])) return false;
  }
  return true;
}

Graph led_by(const Graph& graph, std::span<const NodeId> leaders, std::span<const NodeId> group, std::size_t steps) {
  std::vector<Graph::Edge> edges = edges_of(graph);
  for (const NodeId follower : group) {
    for (const NodeId leader : leaders) edges.emplace_back(follower, leader);
  }
  Graph led(graph.size(), edges);
  const std::vector<bool> before = reach(led, group, Direction::needs);
  std::vector<NodeId> all(group.begin(), group.end());
  all.insert(all.end(), leaders.begin(), leaders.end());
  const std::vector<bool> after = reach(led, all, Direction::users);
  for (NodeId node = 0; node < steps && node < graph.size(); ++node) {
    if (!before[node] || after[node]) continue;
    for (const NodeId leader : leaders) edges.emplace_back(leader, node);
  }
  Graph late(graph.size(), std::move(edges));
  return find_cycle(late).empty() ? late : led;
}

}  // namespace verba
