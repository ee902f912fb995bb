// SPDX-License-Identifier: Apache-2.0
#include "plan/withdrawals.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "graph/graph.h"
#include "plan/definition.h"
#include "plan/inputs.h"
#include "plan/twins.h"

namespace verba {
namespace {

/// Is a name like "${AWS::Region}-vpc", of which a part is known to AWS alone, that one?
bool may_be(std::string_view written, std::string_view name) {
  const std::size_t mark = written.find("${AWS::");
  const std::size_t end = mark == std::string_view::npos ? mark : written.find('}', mark);
  if (end == std::string_view::npos) return written == name;
  if (!name.starts_with(written.substr(0, mark))) return false;
  for (std::size_t at = mark; at <= name.size(); ++at) {
    if (may_be(written.substr(end + 1), name.substr(at))) return true;
  }
  return false;
}

bool takes(const Terms& exchange, std::string_view name) {
  return std::ranges::any_of(exchange.takes, [&](const Terms::Taken& one) { return may_be(one.name, name); });
}

bool gives(const Terms& exchange, std::string_view name) {
  return std::ranges::find(exchange.gives, name, &Terms::Given::name) != exchange.gives.end();
}

/// Is something of `before` not there afterwards, or another one?
bool may_withdraw(const Terms& before, const Terms& after) {
  return std::ranges::any_of(before.gives, [&](const Terms::Given& one) {
    const auto same = std::ranges::find(after.gives, one.name, &Terms::Given::name);
    return same == after.gives.end() || (one.value && same->value && *one.value != *same->value);
  });
}

/// What a step changes.
struct Changing {
  std::string home;
  std::string name;  ///< there
  std::size_t step = 0;
};

/// Reads what the steps of a plan are about.
class Steps {
 public:
  Steps(const Plan& plan, const Model& model, const Snapshot& snapshot, const PlanningAids& aids)
      : plan_(plan), model_(model), snapshot_(snapshot), aids_(aids), surroundings_(aids.surroundings) {
    surroundings_.run = planning_run();
    surroundings_.now = planning_now;
    surroundings_.outputs = [](TaskId) { return Value(Unknown{}); };
  }

  /// Of a type; null: nothing of it is exchanged.
  const Exchanger* exchanger_of(std::string_view type) const { return exchanger(aids_.providers.find(type)); }

  std::optional<Recorded> recorded(const Step& step) const {
    if (!step.record) return std::nullopt;
    const Record& record = snapshot_.records[*step.record];
    if (!record.definition || record.type != step.type) return std::nullopt;
    Definition definition = read_definition(aids_.store, *record.definition, record.address, aids_.sealer);
    return Recorded{std::move(definition.resource), aids_.sealer.from_sealed_json(record.outputs, record.address)};
  }

  /// As it is after the step; nothing: it is gone.
  std::optional<Resource> wanted(const Step& step) const {
    if (step.action == Action::remove || step.action == Action::replace) return std::nullopt;
    if (step.restores) return read_definition(aids_.store, *step.restores, step.address, aids_.sealer).resource;
    return step.task ? wanted(*step.task) : std::nullopt;
  }

  std::optional<Resource> wanted(TaskId task) const {
    Diagnostics told_by_the_plan;
    if (evaluate_condition(model_, task, surroundings_, told_by_the_plan) == false) return std::nullopt;
    return evaluate_resource(model_, task, surroundings_, told_by_the_plan);
  }

  /// All that changes, half made ones too.
  std::vector<Changing> changing() const {
    std::vector<Changing> all;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const Step& step = plan_.steps[i];
      const Provider* provider = aids_.providers.find(step.type);
      const Record* record = step.record ? &snapshot_.records[*step.record] : nullptr;
      const std::optional<Digest> digest = record == nullptr    ? std::nullopt
                                           : record->definition ? record->definition
                                                                : record->pending;
      if (exchanger_of(step.type) == nullptr || !digest) continue;
      const Resource there = read_definition(aids_.store, *digest, record->address, aids_.sealer).resource;
      all.push_back({home_of(there), name_at_home(there, provider->type()), i});
    }
    return all;
  }

 private:
  const Plan& plan_;
  const Model& model_;
  const Snapshot& snapshot_;
  const PlanningAids& aids_;
  Surroundings surroundings_;
};

class Check {
 public:
  Check(const Plan& plan, const Model& model, const Snapshot& snapshot, const PlanningAids& aids,
        Diagnostics& diagnostics)
      : plan_(plan),
        model_(model),
        snapshot_(snapshot),
        steps_(plan, model, snapshot, aids),
        changing_(steps_.changing()),
        diagnostics_(diagnostics) {}

  void look_at(const Withdrawal& one, const Holding& holding) {
    const std::string home = home_of(one.recorded.resource);
    const std::set<std::string> told = takers(one, home);
    const std::vector<bool> before = reach(plan_.graph, std::vector{static_cast<NodeId>(one.step)}, Direction::needs);
    std::map<Obstacle, std::vector<std::string>> obstacles;  // what they are to, sorted as it was told
    for (const Held& held : holding.all) {
      Obstacle obstacle{held.stays, {}, {}};
      for (const std::string& by : held.by) {
        if (told.contains(held.name + "\n" + by)) continue;
        const auto found =
            std::ranges::find_if(changing_, [&](const Changing& each) { return each.home == home && each.name == by; });
        const Step* step = found != changing_.end() ? &plan_.steps[found->step] : nullptr;
        const std::optional<Resource> after = step != nullptr ? steps_.wanted(*step) : std::nullopt;
        if (step == nullptr ? !may_be_part(by)
                            : after && takes(steps_.exchanger_of(step->type)->terms(*after), held.name)) {
          obstacle.keep.push_back(by);
        } else if (step != nullptr && !before[found->step]) {
          obstacle.late.push_back(step->address);
        }
      }
      if (!obstacle.keep.empty() || !obstacle.late.empty())
        obstacles[obstacle].push_back(fmt::format("'{}'", held.name));
    }
    for (const auto& [obstacle, names] : obstacles) tell(one, obstacle, names);
  }

 private:
  /// Who holds on to something that goes, or becomes another one.
  struct Obstacle {
    bool stays;
    std::vector<std::string> keep;  ///< things that take it still
    std::vector<std::string> late;  ///< addresses: they let go of it, but not before
    auto operator<=>(const Obstacle&) const = default;
  };

  /// Is it of something that changes, as far as its name tells: what is nested in it ("web-Users-1A2B"), or itself, by
  /// another account of ours? Then the step itself finds whether it has let go.
  bool may_be_part(std::string_view name) const {
    return std::ranges::any_of(changing_, [&](const Changing& each) {
      return !each.name.empty() && (name == each.name || name.starts_with(each.name + "-"));
    });
  }

  void tell(const Withdrawal& one, const Obstacle& obstacle, const std::vector<std::string>& names) {
    const Step& step = plan_.steps[one.step];
    const std::string doing =
        fmt::format("{} {} {} {}", step.address, obstacle.stays ? "changes the value of" : "takes away",
                    names.size() == 1 ? "the export" : "the exports", fmt::join(names, ", "));
    if (obstacle.keep.empty()) {
      const std::string late = fmt::format("{}", fmt::join(obstacle.late, ", "));
      return error(step, fmt::format("{} before {} can let go of it, by the order in which they are done", doing, late),
                   "leave the export as it is, apply, and take it away after that");
    }
    error(step,
          fmt::format("{}, which {} imported by {}", doing, names.size() == 1 ? "is" : "are",
                      fmt::join(obstacle.keep, ", ")),
          obstacle.stays ? "give what is new another name, and let those stacks import that"
          : one.wanted   ? "let those stacks do without it first, by an apply of their own"
                         : "delete those stacks first, or let them do without it");
  }

  /// Of those that are in the plan, or deployed: who takes what goes, and nothing else gives. Which of them were told:
  /// by what is taken, and their names.
  std::set<std::string> takers(const Withdrawal& one, const std::string& home) {
    const Exchanger& exchanger = *steps_.exchanger_of(plan_.steps[one.step].type);
    const Terms before = exchanger.terms(one.recorded.resource);
    const Terms after = one.wanted ? exchanger.terms(*one.wanted) : Terms{};
    std::set<std::string> told;
    if (!after.is_whole) return told;
    for (const Terms::Given& gone : before.gives) {
      if (gives(after, gone.name)) continue;
      std::vector<TaskId> by;
      bool is_given = false;
      for (const auto& [task, exchange] : exchanges_at(home)) {
        is_given = is_given || gives(exchange, gone.name) || !exchange.is_whole;
        if (std::ranges::any_of(exchange.takes,
                                [&](const Terms::Taken& taken) { return taken.is_sure && taken.name == gone.name; })) {
          by.push_back(task);
        }
      }
      for (const TaskId task : is_given ? std::vector<TaskId>() : by) {
        diagnostics_.error("plan.import-lost",
                           fmt::format("{} imports '{}', which {} exports no more", model_.tasks[task].address,
                                       gone.name, plan_.steps[one.step].address),
                           model_.tasks[task].where, "leave the export as it is, or import something else");
        const std::optional<Resource> taker = steps_.wanted(task);
        if (taker) told.insert(gone.name + "\n" + name_at_home(*taker, *model_.tasks[task].type));
      }
    }
    return told;
  }

  /// Of what is there when all is done.
  const std::map<TaskId, Terms>& exchanges_at(const std::string& home) {
    const auto [known, is_new] = exchanges_.try_emplace(home);
    for (TaskId task = 0; is_new && task < model_.tasks.size(); ++task) {
      const Exchanger* exchanger = steps_.exchanger_of(model_.tasks[task].type->name);
      const std::string& address = model_.tasks[task].address;
      if (exchanger == nullptr || model_.tasks[task].occasion != Occasion::deploy) continue;
      if (!is_there_then(address)) continue;
      const std::optional<Resource> wanted = steps_.wanted(task);
      if (wanted && home_of(*wanted) == home) known->second.emplace(task, exchanger->terms(*wanted));
    }
    return known->second;
  }

  bool is_there_then(const std::string& address) const {
    bool is_there = snapshot_.find(address) != nullptr;
    for (const Step& step : plan_.steps) {
      if (step.address == address) is_there = step.action != Action::remove;
    }
    return is_there;
  }

  void error(const Step& step, std::string message, std::string hint) {
    diagnostics_.error("plan.export-in-use", std::move(message), step.task ? model_.tasks[*step.task].where : Where(),
                       std::move(hint));
  }

  const Plan& plan_;
  const Model& model_;
  const Snapshot& snapshot_;
  Steps steps_;
  std::vector<Changing> changing_;
  std::map<std::string, std::map<TaskId, Terms>> exchanges_;  ///< by home
  Diagnostics& diagnostics_;
};

}  // namespace

std::vector<Withdrawal> withdrawals_of(const Plan& plan, const Model& model, const Snapshot& snapshot,
                                       const PlanningAids& aids) {
  const Steps steps(plan, model, snapshot, aids);
  std::vector<Withdrawal> all;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const Exchanger* exchanger = step.only_recorded ? nullptr : steps.exchanger_of(step.type);
    std::optional<Recorded> recorded = exchanger != nullptr ? steps.recorded(step) : std::nullopt;
    if (!recorded) continue;
    std::optional<Resource> wanted = steps.wanted(step);
    const bool is_gone = step.action == Action::remove || step.action == Action::replace;
    if (!wanted && !is_gone) continue;
    const Terms after = wanted ? exchanger->terms(*wanted) : Terms{};
    if (may_withdraw(exchanger->terms(recorded->resource), after)) {
      all.push_back({i, std::move(*recorded), std::move(wanted)});
    }
  }
  return all;
}

void check_withdrawals(const Plan& plan, const Model& model, const Snapshot& snapshot, const PlanningAids& aids,
                       const std::vector<Withdrawal>& withdrawals, const std::vector<Holding>& held,
                       Diagnostics& diagnostics) {
  if (withdrawals.empty()) return;
  Check check(plan, model, snapshot, aids, diagnostics);
  for (std::size_t i = 0; i < withdrawals.size(); ++i) check.look_at(withdrawals[i], held[i]);
}

}  // namespace verba
