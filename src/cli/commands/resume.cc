// SPDX-License-Identifier: Apache-2.0
// What an interrupted run had left is settled by whoever plans next (run/recovery.h), so to go on with a run is to ask
// again for what it was asked for. One that was undoing goes on undoing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/exit_code.h"
#include "cli/running.h"
#include "manifest/address.h"
#include "manifest/names.h"
#include "plan/carried.h"
#include "value/json.h"
#include "view/json/plan_json.h"

namespace verba {
namespace {

std::optional<Value> plan_of(Store& store, const Run& run) {
  std::string why;
  return parse_json(store.plan_of(run.id).value_or(""), why);
}

Goal goal_of(Store& store, const Run& run) {
  const std::optional<Value> plan = plan_of(store, run);
  const Value* written = plan ? plan->find("goal") : nullptr;
  std::optional<Goal> goal = written != nullptr ? goal_from(*written) : std::nullopt;
  if (goal) return *std::move(goal);
  throw Error(Error::Kind::state, "state.corrupt", fmt::format("what run {} was asked for cannot be read", run.id),
              "say it again: `verba apply` settles what is left of it, too");
}

/// What the run kept of its --var: "variables", or the names in "secretVariables".
std::vector<std::string> variables_of(const Run& run, std::string_view member) {
  std::string why;
  const std::optional<Value> source = parse_json(run.source, why);
  const Value* said = source ? source->find(member) : nullptr;
  std::vector<std::string> variables;
  for (const Value& each : said && said->is_list() ? said->list() : List()) {
    if (each.is_string()) variables.push_back(each.string());
  }
  return variables;
}

bool was_undoing(const std::vector<StepRecord>& steps) {
  return std::ranges::any_of(steps, is_undoing);
}

/// Has it left something of an undoing? The steps of that come last.
bool is_half_undone(const std::vector<StepRecord>& steps) {
  return std::any_of(std::ranges::find_if(steps, is_undoing), steps.end(), [](const StepRecord& step) {
    return step.status != StepStatus::succeeded && step.status != StepStatus::skipped;
  });
}

std::set<std::string> undone_deployments(const std::vector<StepRecord>& steps) {
  std::set<std::string> deployments;
  for (const StepRecord& step : steps) {
    if (is_undoing(step)) deployments.emplace(deployment_of(step.address));
  }
  return deployments;
}

/// Do rollback.tasks take part in it? They are in the manifests alone.
bool has_leaders(const std::vector<StepRecord>& steps) {
  const auto first = std::ranges::find_if(steps, is_undoing);
  return std::any_of(first, steps.end(), [](const StepRecord& step) { return !is_undoing(step); });
}

/// The same manifests and variables again; what is said now is stronger.
Request request_for(Call& call, const Run& run, const Goal& goal) {
  Request request = request_of(call, goal.kind);
  request.environment = run.environment;
  request.goal = goal;
  const std::vector<std::string> then = variables_of(run, "variables");
  request.variables.insert(request.variables.begin(), then.begin(), then.end());
  require_said_again(variables_of(run, "secretVariables"), request.variables, fmt::format("run {}", run.id));
  return request;
}

std::set<std::string> deployments_of(Store& store, RunId run) {
  std::set<std::string> deployments;
  for (const StepRecord& step : store.steps(run)) deployments.emplace(deployment_of(step.address));
  return deployments;
}

/// What a later run has made of it is not for an older one to go on with. One that only undid further is none.
void require_latest(Store& store, const Run& run, const std::set<std::string>& own) {
  for (const Run& later : store.runs(run.environment, std::numeric_limits<std::int32_t>::max())) {
    if (later.id <= run.id) return;
    for (const std::string& deployment : deployments_of(store, later.id)) {
      if (!own.contains(deployment) || goal_of(store, later).undoes == run.id) continue;
      throw Error(
          Error::Kind::usage, "usage.resumed-too-late",
          fmt::format("run {} cannot be gone on with: run {} has changed '{}' since", run.id, later.id, deployment),
          fmt::format("`verba resume` goes on with the last run; `verba rollback {} --to {}` goes back", deployment,
                      run.id));
    }
  }
}

/// Of a run that was undoing: goes on with that. Where rollback.tasks take part, they come from the manifests of today.
int undo_further(Call& call, const Run& run, const std::vector<StepRecord>& steps) {
  Goal goal;
  goal.kind = Goal::Kind::rollback;
  goal.undoes = run.id;
  const std::set<std::string> deployments = undone_deployments(steps);
  goal.targets.assign(deployments.begin(), deployments.end());
  if (!has_leaders(steps)) {
    Desk desk = open_state_desk(call, run.environment);
    return deploy(call, desk, goal, std::nullopt);
  }
  Desk desk = open_desk(call, request_for(call, run, goal), StoreUse::writing, KeyUse::make);
  return deploy(call, desk, goal, std::nullopt);
}

int resume(Call& call) {
  check_run_flags(call);
  const std::string path = state_path(call);
  const auto store = open_store(path, StoreUse::reading);
  const std::vector<std::string> words = call.arguments.words();
  const Run run = find_run(call, *store, words.empty() ? "last" : words.front());
  if (run.status == RunStatus::succeeded || run.status == RunStatus::rolled_back) {
    say(call, fmt::format("Run {} is over ({}): there is nothing to go on with.", run.id, to_string(run.status)));
    return kDone;
  }
  require_answer(call);
  const Goal goal = goal_of(*store, run);
  const Run origin = goal.undoes ? find_run(call, *store, std::to_string(*goal.undoes)) : run;
  const std::vector<StepRecord> own = store->steps(run.id);
  const bool undoing = goal.undoes || is_half_undone(own);
  if (!undoing && run.status == RunStatus::interrupted && was_undoing(own)) {
    say(call, fmt::format("Run {} is over: what it was to undo is undone.", run.id));
    return kDone;
  }
  const std::vector<StepRecord> steps = store->steps(origin.id);
  require_latest(*store, origin, undoing ? undone_deployments(steps) : deployments_of(*store, run.id));
  if (undoing) return undo_further(call, origin, steps);
  const bool by_state = goal.kind == Goal::Kind::rollback || goal.kind == Goal::Kind::clean ||
                        (goal.kind == Goal::Kind::destroy && !manifests_are_at_hand(call));
  if (by_state) {
    Desk desk = open_state_desk(call, run.environment);
    return deploy(call, desk, goal, std::nullopt);
  }
  Desk desk = open_desk(call, request_for(call, run, goal), StoreUse::writing, KeyUse::make);
  return deploy(call, desk, goal, std::nullopt);
}

}  // namespace

CommandRow resume_command() {
  std::vector<Option> options = run_options();
  std::erase_if(options, [](const Option& option) { return option.name == "target"; });
  options.push_back(dry_run_option());
  return {.name = "resume",
          .group = "Deploy",
          .summary = "go on with a run that was interrupted, stopped or failed",
          .positionals = {{.name = "RUN", .completes = Completes::run}},
          .options = std::move(options),
          .formats = documents_and_lines,
          .function = resume};
}

}  // namespace verba
