// SPDX-License-Identifier: Apache-2.0
#include "view/json/plan_json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace verba {
namespace {

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
  if (step.preview) map.append({"preview", {}}, texts(*step.preview));
  if (!step.stays.empty()) map.append({"stays", {}}, texts(step.stays));
  map.append({"waits", {}}, step.waits);
  map.append({"interrupted", {}}, step.interrupted);
  if (step.only_recorded) map.append({"onlyRecorded", {}}, true);
  if (step.temporary) map.append({"temporary", {}}, true);
  if (is_asking(step)) map.append({"asks", {}}, true);
  map.append({"place", {}}, step.place);
  if (step.rollout) map.append({"batch", {}}, count_of(step.batch));
  return map;
}

Value rollout_value(const Rollout& rollout) {
  Map map;
  map.append({"address", {}}, rollout.address);
  map.append({"batchSize", {}}, count_of(rollout.batch));
  map.append({"batches", {}}, count_of(rollout.batches));
  map.append({"maxFailures", {}}, count_of(rollout.max_failures));
  return map;
}

Value consequence_value(const Consequence& consequence, const Plan& plan) {
  const auto addresses = [&](const std::vector<std::size_t>& steps) {
    List list;
    for (const std::size_t step : steps) list.emplace_back(plan.steps[step].address);
    return list;
  };
  List undone = addresses(consequence.undone), stay = addresses(consequence.stay);
  for (const std::size_t done : consequence.carried) {
    const Step& step = plan.carried_by(consequence.whole_run)[done].step;
    (step.undoable ? undone : stay).emplace_back(step.address);
  }
  Map map;
  map.append({"deployment", {}}, consequence.deployment);
  if (!consequence.of.empty()) map.append({"of", {}}, texts(consequence.of));
  if (consequence.rollout) map.append({"rollout", {}}, plan.rollouts[*consequence.rollout].address);
  map.append({"policy", {}}, to_string(consequence.policy));
  if (consequence.policy == OnFailure::rollback) {
    map.append({"scope", {}}, consequence.whole_run ? "run" : consequence.rollout ? "batch" : "deployment");
    map.append({"undone", {}}, std::move(undone));
    map.append({"notUndone", {}}, std::move(stay));
    if (!consequence.by.empty()) map.append({"by", {}}, texts(consequence.by));
  }
  return map;
}

Value summary_value(const Plan& plan) {
  Map map;
  for (const Action action : {Action::create, Action::update, Action::replace, Action::remove, Action::run}) {
    map.append({std::string(to_string(action)), {}}, count_of(plan.count(action)));
  }
  map.append({"keep", {}}, count_of(plan.kept.size()));
  map.append({"move", {}}, count_of(plan.moves.size()));
  return map;
}

}  // namespace

List texts(const std::vector<std::string>& all) {
  List list;
  list.reserve(all.size());
  for (const std::string& text : all) list.emplace_back(text);
  return list;
}

Value goal_value(const Goal& goal) {
  Map map;
  map.append({"kind", {}}, to_string(goal.kind));
  map.append({"targets", {}}, texts(goal.targets));
  map.append({"prune", {}}, goal.prune);
  map.append({"refresh", {}}, goal.refresh);
  if (goal.preview) map.append({"preview", {}}, true);
  map.append({"ttl", {}}, goal.ttl ? Value(to_string(*goal.ttl)) : Value(Null{}));
  map.append({"to", {}}, goal.to ? Value(*goal.to) : Value(Null{}));
  if (goal.undoes) map.append({"undoes", {}}, *goal.undoes);
  map.append({"onFailure", {}}, goal.on_failure ? Value(std::string(to_string(*goal.on_failure))) : Value(Null{}));
  return map;
}

std::optional<Goal> goal_from(const Value& value) {
  const auto member = [&](std::string_view name, Value::Kind kind) {
    const Value* found = value.find(name);
    return found && found->is(kind) ? found : nullptr;
  };
  const Value* kind = member("kind", Value::Kind::string);
  const Value* targets = member("targets", Value::Kind::list);
  const Value* prune = member("prune", Value::Kind::boolean);
  if (!kind || !targets || !prune) return std::nullopt;
  Goal goal;
  using enum Goal::Kind;
  const std::array kinds{apply, destroy, rollback, clean};
  const auto found = std::ranges::find(kinds, kind->string(), [](Goal::Kind each) { return to_string(each); });
  if (found == kinds.end()) return std::nullopt;
  goal.kind = *found;
  for (const Value& target : targets->list()) {
    if (!target.is_string()) return std::nullopt;
    goal.targets.push_back(target.string());
  }
  goal.prune = prune->boolean();
  if (const Value* refresh = member("refresh", Value::Kind::boolean)) goal.refresh = refresh->boolean();
  if (const Value* preview = member("preview", Value::Kind::boolean)) goal.preview = preview->boolean();
  if (const Value* ttl = member("ttl", Value::Kind::string)) goal.ttl = parse_duration(ttl->string());
  if (const Value* to = member("to", Value::Kind::integer)) goal.to = to->integer();
  if (const Value* undoes = member("undoes", Value::Kind::integer)) goal.undoes = undoes->integer();
  if (const Value* policy = member("onFailure", Value::Kind::string))
    goal.on_failure = on_failure_named(policy->string());
  return goal;
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
  List rollouts;
  for (const Rollout& rollout : plan.rollouts) rollouts.push_back(rollout_value(rollout));
  if (!rollouts.empty()) map.append({"rollouts", {}}, std::move(rollouts));
  List moves;
  for (const Move& move : plan.moves) {
    Map entry;
    entry.append({"from", {}}, move.from);
    entry.append({"to", {}}, move.record.address);
    moves.push_back(std::move(entry));
  }
  map.append({"moves", {}}, std::move(moves));
  map.append({"kept", {}}, texts(plan.kept));
  map.append({"orphans", {}}, texts(plan.orphans));
  List consequences;
  for (const Consequence& each : plan.consequences) consequences.push_back(consequence_value(each, plan));
  map.append({"onFailure", {}}, std::move(consequences));
  map.append({"serial", {}}, plan.serial);
  if (plan.back_to) map.append({"backTo", {}}, *plan.back_to);
  return map;
}

}  // namespace verba
