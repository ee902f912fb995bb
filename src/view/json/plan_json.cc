// SPDX-License-Identifier: Apache-2.0
#include "view/json/plan_json.h"

#include <utility>

namespace verba {
namespace {

List texts(const std::vector<std::string>& all) {
  List list;
  list.reserve(all.size());
  for (const std::string& text : all) list.emplace_back(text);
  return list;
}

Value count_of(std::size_t n) {
  return Value(static_cast<std::int64_t>(n));
}

Value change_value(const FieldChange& change) {
  Map map;
  map.append({"field", {}}, change.field);
  if (change.before) map.append({"before", {}}, *change.before);
  if (change.after && !change.after->is_unknown()) map.append({"after", {}}, *change.after);
  if (change.after && has_unknown(*change.after)) map.append({"knownAfterApply", {}}, true);
  return map;
}

Value step_value(const Step& step) {
  Map map;
  map.append({"address", {}}, step.address);
  map.append({"deployment", {}}, step.deployment);
  map.append({"type", {}}, step.type);
  map.append({"account", {}}, step.account);
  map.append({"action", {}}, to_string(step.action));
  map.append({"reason", {}}, step.reason);
  List changes;
  for (const FieldChange& change : step.changes) changes.push_back(change_value(change));
  map.append({"changes", {}}, std::move(changes));
  map.append({"waits", {}}, step.waits);
  map.append({"interrupted", {}}, step.interrupted);
  map.append({"place", {}}, step.place);
  return map;
}

Value summary_value(const Plan& plan) {
  Map map;
  for (const Action action : {Action::create, Action::update, Action::replace, Action::remove, Action::run}) {
    map.append({std::string(to_string(action)), {}}, count_of(plan.count(action)));
  }
  map.append({"keep", {}}, count_of(plan.kept.size()));
  return map;
}

}  // namespace

Value goal_value(const Goal& goal) {
  Map map;
  map.append({"kind", {}}, to_string(goal.kind));
  map.append({"targets", {}}, texts(goal.targets));
  map.append({"prune", {}}, goal.prune);
  return map;
}

Value plan_value(const Plan& plan) {
  Map map;
  map.append({"environment", {}}, plan.environment);
  map.append({"goal", {}}, goal_value(plan.goal));
  map.append({"summary", {}}, summary_value(plan));
  List steps;
  steps.reserve(plan.steps.size());
  for (const Step& step : plan.steps) steps.push_back(step_value(step));
  map.append({"steps", {}}, std::move(steps));
  map.append({"kept", {}}, texts(plan.kept));
  map.append({"orphans", {}}, texts(plan.orphans));
  map.append({"serial", {}}, plan.serial);
  return map;
}

}  // namespace verba
