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

/// --var of the run.
std::vector<std::string> variables_of(const Run& run) {
  std::string why;
  const std::optional<Value> source = parse_json(run.source, why);
  const Value* said = source ? source->find("variables") : nullptr;
  std::vector<std::string> variables;
  for (const Value& each : said && said->is_list() ? said->list() : List()) {
    if (each.is_string()) variables.push_back(each.string());
  }
  return variables;
}

/// What the run was to do in deployments of which something was done in batches, and what can be undone of it.
std::set<std::string> beside_batches(Store& store, const Run& run) {
  const std::optional<Value> plan = plan_of(store, run);
  const Value* steps = plan ? plan->find("steps") : nullptr;
  if (steps == nullptr || !steps->is_list()) return {};
  std::set<std::string_view> deployments;
  for (const Value& step : steps->list()) {
    if (step.find("batch")) deployments.insert(text_of(step, "deployment"));
  }
  std::set<std::string> addresses;
  for (const Value& step : steps->list()) {
    if (step.find("temporary") || step.find("asks") || !deployments.contains(text_of(step, "deployment"))) continue;
    addresses.emplace(text_of(step, "address"));
  }
  return addresses;
}

/// Deployments that the run was undoing and has not undone. Where it was undoing one batch, what it did beside that
/// stays: nothing is undone further, and the next run brings the batch about.
std::set<std::string> half_undone(Store& store, const Run& run) {
  std::set<std::string> deployments;
  std::set<std::string> stays = beside_batches(store, run);
  std::set<std::string> done;
  for (const StepRecord& step : store.steps(run.id)) {
    if (step.action != to_string(Action::rollback)) {
      if (step.status == StepStatus::succeeded) done.insert(step.address);
      continue;
    }
    stays.erase(step.address);
    const bool open = step.status != StepStatus::succeeded && step.status != StepStatus::skipped;
    if (open) deployments.emplace(deployment_of(step.address));
  }
  for (const std::string& address : stays) {
    if (done.contains(address)) deployments.erase(std::string(deployment_of(address)));
  }
  return deployments;
}

/// The run of its environment before it; 0: none.
RunId run_before(Store& store, const Run& run) {
  for (const Run& other : store.runs(run.environment, std::numeric_limits<std::int32_t>::max())) {
    if (other.id < run.id) return other.id;
  }
  return 0;
}

std::set<std::string> deployments_of(Store& store, RunId run) {
  std::set<std::string> deployments;
  for (const StepRecord& step : store.steps(run)) deployments.emplace(deployment_of(step.address));
  return deployments;
}

/// What a later run has made of it is not for an older one to go on with. One that only undid further is none.
void require_latest(Store& store, const Run& run, const std::set<std::string>& undoing) {
  const std::set<std::string> own = undoing.empty() ? deployments_of(store, run.id) : undoing;
  for (const Run& later : store.runs(run.environment, std::numeric_limits<std::int32_t>::max())) {
    if (later.id <= run.id) return;
    if (!undoing.empty() && later.verb == to_string(Goal::Kind::rollback)) continue;
    for (const std::string& deployment : deployments_of(store, later.id)) {
      if (!own.contains(deployment)) continue;
      throw Error(
          Error::Kind::usage, "usage.resumed-too-late",
          fmt::format("run {} cannot be gone on with: run {} has changed '{}' since", run.id, later.id, deployment),
          fmt::format("`verba resume` goes on with the last run; `verba rollback {} --to {}` goes back", deployment,
                      run.id));
    }
  }
}

int undo_further(Call& call, const std::string& environment, const std::set<std::string>& deployments, RunId to) {
  int worst = kDone;
  Desk desk = open_state_desk(call, environment);
  for (const std::string& deployment : deployments) {
    Goal goal;
    goal.kind = Goal::Kind::rollback;
    goal.targets = {deployment};
    goal.to = to;
    worst = std::max(worst, deploy(call, desk, goal, std::nullopt));
  }
  return worst;
}

int resume(Call& call) {
  run_format_of(call);
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
  const std::set<std::string> undoing = half_undone(*store, run);
  require_latest(*store, run, undoing);
  if (!undoing.empty()) return undo_further(call, run.environment, undoing, run_before(*store, run));
  const Goal goal = goal_of(*store, run);
  if (goal.kind == Goal::Kind::rollback || goal.kind == Goal::Kind::clean) {
    Desk desk = open_state_desk(call, run.environment);
    return deploy(call, desk, goal, std::nullopt);
  }
  Request request = request_of(call, goal.kind);
  request.environment = run.environment;
  request.goal = goal;
  const std::vector<std::string> then = variables_of(run);
  request.variables.insert(request.variables.begin(), then.begin(), then.end());  // what is said now is stronger
  Desk desk = open_desk(call, request, StoreUse::writing, KeyUse::make);
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
          .function = resume};
}

}  // namespace verba
