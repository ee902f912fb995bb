// SPDX-License-Identifier: Apache-2.0
#include "plan/policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "manifest/policies.h"
#include "value/expr.h"

namespace verba {
namespace {

using Path = std::span<const Segment>;
using LookUp = std::variant<Found, NotFound>;

bool reads_change(const Rule& rule) {
  std::vector<const Reference*> references;
  for (const Value* value : {rule.when, rule.verdict, rule.message}) {
    if (value) collect_references(*value, references);
  }
  return std::ranges::any_of(references, [](const Reference* each) { return each->path.front().name == "change"; });
}

// --- what rules read

Value task_of(const Step& step) {
  const bool prefixed = step.address.starts_with(step.deployment + ".");
  return Value(prefixed ? step.address.substr(step.deployment.size() + 1) : step.address);
}

/// Of what comes or goes as a map its members, too.
void add_names(const std::string& field, const Value* value, List& names) {
  names.emplace_back(field);
  if (value == nullptr || !value->is_map()) return;
  for (const auto& [key, member] : value->map()) add_names(field + "." + key.name, &member, names);
}

Value names_of(const std::vector<FieldChange>& changes) {
  List names;
  for (const FieldChange& change : changes) {
    const std::optional<Value>& only = change.before ? change.after ? std::nullopt : change.before : change.after;
    add_names(change.field, only ? &*only : nullptr, names);
  }
  return Value(std::move(names));
}

/// The fields on one side of a change, by name.
Value side_of(const std::vector<FieldChange>& changes, std::optional<Value> FieldChange::*side) {
  Map map;
  for (const FieldChange& change : changes) {
    if (change.*side) map.set(change.field, *(change.*side));
  }
  return Value(std::move(map));
}

Value list_of(const std::vector<FieldChange>& changes) {
  List list;
  for (const FieldChange& change : changes) {
    Map map;
    map.append({"field", {}}, change.field);
    map.append({"before", {}}, change.before.value_or(Value(Null{})));
    map.append({"after", {}}, change.after.value_or(Value(Null{})));
    list.push_back(std::move(map));
  }
  return Value(std::move(list));
}

/// `change.after.environment.SITE`: fields have points in their names, so the longest name that is there is meant.
LookUp field_of(const Step& step, Path path, std::optional<Value> FieldChange::*side) {
  if (path.size() == 2) return Found{side_of(step.changes, side), 2};
  const auto named = [&](const std::string& name) {
    return std::ranges::find_if(
        step.changes, [&](const FieldChange& change) { return change.field == name && (change.*side).has_value(); });
  };
  std::vector<std::string> names;  // of one segment, of two, ...
  for (const Segment& segment : path.subspan(2)) {
    const std::string word = segment.index ? std::to_string(*segment.index) : segment.name;
    names.push_back(names.empty() ? word : names.back() + "." + word);
  }
  for (std::size_t count = names.size(); count > 0; --count) {
    if (const auto found = named(names[count - 1]); found != step.changes.end()) {
      return Found{*((*found).*side), count + 2};
    }
  }
  return NotFound{
      fmt::format("'{}' is not among the fields that change.{} has for {}", names.front(), path[1].name, step.address),
      fmt::format("say what to take then: default(change.{}.{}, '')", path[1].name, names.front())};
}

LookUp change_at(const Step& step, Path path) {
  const std::string& member = path[1].name;
  if (member == "before") return field_of(step, path, &FieldChange::before);
  if (member == "after") return field_of(step, path, &FieldChange::after);
  const auto value = [&]() -> std::optional<Value> {
    if (member == "address") return Value(step.address);
    if (member == "deployment") return Value(step.deployment);
    if (member == "task") return task_of(step);
    if (member == "type") return Value(step.type);
    if (member == "account") return Value(step.account);
    if (member == "action") return Value(to_string(step.action));
    if (member == "reason") return Value(step.reason);
    if (member == "temporary") return Value(step.temporary);
    if (member == "waits") return Value(step.waits);
    if (member == "fields") return names_of(step.changes);
    if (member == "changes") return list_of(step.changes);
    return std::nullopt;
  }();
  if (!value) return NotFound{fmt::format("'change' has no '{}'", member), {}};
  return Found{*value, 2};
}

LookUp environment_at(const EnvironmentScope& environment, Path path) {
  if (path[1].name == "name") return Found{Value(environment.name), 2};
  if (path.size() == 2) return Found{Value(environment.labels), 2};
  if (const Value* label = environment.labels.find(path[2].name)) return Found{*label, 3};
  return NotFound{fmt::format("environment '{}' has no label '{}'", environment.name, path[2].name),
                  fmt::format("say what to take then: default(environment.labels.{}, '')", path[2].name)};
}

LookUp plan_at(const Plan& plan, Path path) {
  const std::string& member = path[1].name;
  if (member == "command") return Found{Value(to_string(plan.goal.kind)), 2};
  const auto count = [](std::size_t n) { return Found{Value(static_cast<std::int64_t>(n)), 2}; };
  if (member == "keep") return count(plan.kept.size());
  if (member == "move") return count(plan.moves.size());
  for (const Action action : {Action::create, Action::update, Action::replace, Action::remove, Action::run}) {
    if (member == to_string(action)) return count(plan.count(action));
  }
  return NotFound{fmt::format("'plan' has no '{}'", member), {}};
}

// --- what they say

class PolicyReader {
 public:
  PolicyReader(const Model& model, const Plan& plan, Diagnostics& diagnostics)
      : model_(model), plan_(plan), diagnostics_(diagnostics) {
    scope_.lookup = [this](Path path) { return look_up(path); };
  }

  void policy(const Manifest& policy) {
    for (const Rule& rule : rules_of(policy)) {
      rule_ = &rule;
      doing_ = fmt::format("checking rule '{}' of Policy '{}'", rule.name, policy.name);
      if (!reads_change(rule)) {
        step_ = nullptr;
        hold();
        continue;
      }
      for (const Step& step : plan_.steps) {
        step_ = &step;
        if (!hold()) break;  // it would be the same mistake again
      }
    }
  }

 private:
  enum class Answer { no, yes, undecided, mistake };

  LookUp look_up(Path path) const {
    if (path.size() < 2) return NotFound{fmt::format("'{}' alone is no value", path[0].name), {}};
    if (path[0].name == "change") return change_at(*step_, path);
    if (path[0].name == "environment") return environment_at(model_.environment, path);
    return plan_at(plan_, path);
  }

  /// Of one step, or of the plan. False when the rule cannot be evaluated.
  bool hold() {
    const Answer applies = rule_->when ? answer(*rule_->when) : Answer::yes;
    if (applies == Answer::no || applies == Answer::mistake) return applies == Answer::no;
    Answer verdict = answer(*rule_->verdict);
    if (verdict == Answer::yes) verdict = applies;
    if (verdict == Answer::undecided) {
      tell(Severity::warning, "policy.undecided",
           fmt::format("whether rule '{}' {} this is known only after apply", rule_->name,
                       rule_->denies ? "denies" : "warns of"));
    } else if (verdict == Answer::yes) {
      const auto said = message();
      if (!said) return false;
      tell(rule_->denies ? Severity::error : Severity::warning, rule_->denies ? "policy.denied" : "policy.warned",
           *said);
    }
    return verdict != Answer::mistake;
  }

  Answer answer(const Value& condition) {
    const auto result = evaluated(condition);
    if (!result) return Answer::mistake;
    if (result->is_unknown()) return Answer::undecided;
    if (is_answer(*result)) return result->boolean() ? Answer::yes : Answer::no;
    diagnostics_.add(no_answer(condition, doing()));
    return Answer::mistake;
  }

  /// Nothing after a mistake.
  std::optional<std::string> message() {
    if (!rule_->message) return fmt::format("{} rule '{}'", rule_->denies ? "denied by" : "see", rule_->name);
    const auto text = evaluated(*rule_->message);
    if (!text) return std::nullopt;
    if (has_secret(*text)) return fmt::format("rule '{}', whose message holds a secret", rule_->name);
    if (!text->is_string()) return fmt::format("rule '{}'", rule_->name);
    return text->string();
  }

  std::optional<Value> evaluated(const Value& value) {
    Diagnostics mistakes;
    auto result = evaluate(value, scope_, mistakes);
    for (Diagnostic mistake : mistakes.all()) {
      mistake.trail.push_back({doing(), {}});
      diagnostics_.add(std::move(mistake));
    }
    return result;
  }

  void tell(Severity severity, std::string_view code, const std::string& what) {
    const std::string subject =
        step_ ? fmt::format("{} ({})", step_->address, to_string(step_->action)) : std::string("this plan");
    Diagnostic finding{severity, code, fmt::format("{}: {}", subject, what), rule_->verdict->where, {}, {}, {}};
    finding.trail.push_back({doing_, {}});
    diagnostics_.add(std::move(finding));
  }

  std::string doing() const { return step_ ? fmt::format("{} against {}", doing_, step_->address) : doing_; }

  const Model& model_;
  const Plan& plan_;
  Diagnostics& diagnostics_;
  Scope scope_;
  const Rule* rule_ = nullptr;
  const Step* step_ = nullptr;  ///< null: the plan as a whole
  std::string doing_;
};

}  // namespace

void check_policies(const Model& model, const Plan& plan, Diagnostics& diagnostics) {
  if (plan.idle()) return;
  PolicyReader reader(model, plan, diagnostics);
  for (const Manifest* policy : model.policies) reader.policy(*policy);
}

}  // namespace verba
