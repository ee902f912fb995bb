// SPDX-License-Identifier: Apache-2.0
#include "plan/past.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "manifest/address.h"
#include "plan/carried.h"
#include "plan/plan.h"
#include "value/json.h"

namespace verba {
namespace {

/// Walks backwards through the runs of an environment.
class WayBack {
 public:
  WayBack(Store& store, const Snapshot& now, const NamesOfToday& names, const std::string& deployment)
      : store_(store), deployment_(deployment), names_(names) {
    for (const Record& record : now.records) {
      if (record.deployment != deployment) continue;
      if (record.definition) definitions_.emplace(record.address, *record.definition);
      if (record.status != RecordStatus::deployed) unfinished_.insert(record.run);
    }
  }

  /// Takes back what the run did to the deployment. Did it change anything, all in all, or leave something unfinished?
  bool take_back(const Run& run) {
    names_.go_back_to(run.started);
    const std::map<std::string, Digest> after = definitions_;
    const std::vector<StepRecord> steps = store_.steps(run.id);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      const std::string& address = names_.today(step->address);
      if (step->status != StepStatus::succeeded || deployment_of(address) != deployment_) continue;
      if (step->before) {
        definitions_.insert_or_assign(address, *step->before);
      } else {
        definitions_.erase(address);
      }
    }
    return definitions_ != after || unfinished_.contains(run.id);
  }

  Part part_in(const Run& run) const {
    NamesOfToday names = names_;  // they only go back, and newer runs are still to be taken back
    names.go_back_to(run.started);
    return verba::part_in(deployment_, run, store_, names);
  }

  std::map<std::string, Digest> take() { return std::move(definitions_); }

 private:
  Store& store_;
  const std::string& deployment_;
  std::map<std::string, Digest> definitions_;
  std::set<RunId> unfinished_;
  NamesOfToday names_;
};

/// Is it in state, or has a run ever had a step of it? Not under a name that it had once.
bool is_known(Store& store, const Snapshot& now, NamesOfToday names, const std::vector<Run>& runs,
              const std::string& deployment, Diagnostics& diagnostics) {
  std::set<std::string, std::less<>> known;
  std::string moved_to;
  for (const Record& record : now.records) known.insert(record.deployment);
  for (auto run = runs.begin(); run != runs.end() && !known.contains(deployment); ++run) {
    names.go_back_to(run->started);
    for (const StepRecord& step : store.steps(run->id)) {
      const std::string_view today = deployment_of(names.today(step.address));
      known.emplace(today);
      if (deployment_of(step.address) == deployment && today != deployment) moved_to = today;
    }
  }
  if (known.contains(deployment)) return true;
  if (!moved_to.empty()) {
    diagnostics.error("plan.unknown-target", fmt::format("what was in '{}' is in '{}' now", deployment, moved_to), {},
                      fmt::format("`verba rollback {}` goes back with it", moved_to));
    return false;
  }
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  diagnostics.error(
      "plan.unknown-target",
      fmt::format("no deployment '{}' was ever deployed in environment '{}'", deployment, now.environment), {},
      did_you_mean(deployment, candidates, "`verba status` lists what is deployed"));
  return false;
}

/// Where a rollback was to go.
std::optional<RunId> goal_of(Store& store, const Run& run) {
  if (run.verb != to_string(Goal::Kind::rollback)) return std::nullopt;
  std::string why;
  const std::optional<Value> plan = parse_json(store.plan_of(run.id).value_or(""), why);
  const Value* back_to = plan ? plan->find("backTo") : nullptr;
  return back_to && back_to->is(Value::Kind::integer) ? std::optional<RunId>(back_to->integer()) : std::nullopt;
}

/// The same where it was broken off: who asks once more means the same.
std::optional<RunId> goal_of_broken_off(Store& store, const Run& run) {
  return run.status == RunStatus::succeeded ? std::nullopt : goal_of(store, run);
}

/// Was the older one, killed or stopped on its way, one with the newer, which went on with it? `part`: of the older.
bool went_on_with(Store& store, const Run& newer, const Run& older, Part part) {
  if (newer.verb == to_string(Goal::Kind::apply)) return part == Part::of_the_next;
  const std::optional<RunId> goal = goal_of(store, newer);
  return goal && part != Part::none && goal_of_broken_off(store, older) == goal;
}

bool is_of(Store& store, RunId id, const std::string& environment, Diagnostics& diagnostics) {
  if (id == 0) return true;
  const std::optional<Run> run = store.run(id);
  if (run && run->environment == environment) return true;
  diagnostics.error("plan.unknown-run",
                    run ? fmt::format("run {} was in environment '{}', not in '{}'", id, run->environment, environment)
                        : fmt::format("there is no run {}", id),
                    {}, fmt::format("`verba history -e {}` lists them", environment));
  return false;
}

}  // namespace

std::optional<Past> past_of(Store& store, const Snapshot& now, const NamesOfToday& names, const std::string& deployment,
                            std::optional<RunId> to, Diagnostics& diagnostics) {
  const std::vector<Run> runs = store.runs(now.environment, std::numeric_limits<std::int32_t>::max());
  if (!is_known(store, now, names, runs, deployment, diagnostics)) return std::nullopt;
  if (to && !is_of(store, *to, now.environment, diagnostics)) return std::nullopt;
  WayBack way(store, now, names, deployment);
  for (auto run = runs.begin(); run != runs.end(); ++run) {
    if (to && run->id <= *to) break;
    const bool changed = way.take_back(*run);
    if (to || !changed) continue;
    to = goal_of_broken_off(store, *run);
    if (to) continue;
    // What it went on with, killed or stopped on its way, is one with it.
    auto first = run;
    for (auto older = run + 1; older != runs.end(); ++older) {
      const Part part = way.part_in(*older);
      const bool is_one = went_on_with(store, *run, *older, part);
      if (!is_one && part != Part::none) break;
      if (is_one) first = older;
    }
    while (run != first) way.take_back(*++run);
    return Past{run + 1 == runs.end() ? 0 : (run + 1)->id, way.take()};
  }
  if (to) return Past{*to, way.take()};
  diagnostics.error("plan.nothing-to-roll-back",
                    fmt::format("no run has changed '{}', so there is nothing to roll back", deployment), {},
                    "`verba history` lists the runs; --to RUN names one");
  return std::nullopt;
}

}  // namespace verba
