// SPDX-License-Identifier: Apache-2.0
#include "cli/approvals.h"
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/exit_code.h"
#include "cli/plan_file.h"
#include "cli/protection.h"
#include "cli/running.h"
#include "run/recovery.h"
#include "value/json.h"
#include "view/json/findings_json.h"
#include "view/json/plan_json.h"
#include "view/json/state_json.h"
#include "view/text/plan_text.h"

namespace verba {
namespace {

void show(Call& call, const Project& project, const Plan& plan, const Diagnostics& verdict, Format format) {
  if (format == Format::text) print(call, locations_text(locations_value(project)) + plan_text(plan, call.out_style));
  if (format == Format::jsonl) {
    Map line;
    line.append({"event", {}}, "planned");
    line.append({"at", {}}, to_string(call.system.now()));
    line.append({"plan", {}}, plan_value(plan));
    line.append({"findings", {}}, findings_value(verdict, project.sources));
    print(call, to_json(Value(std::move(line))) + "\n");
  }
}

/// The whole answer of -o json and -o yaml.
void show_result(Call& call, Desk& desk, const Plan& plan, const Diagnostics& verdict, std::optional<RunId> id,
                 Format format) {
  if (format != Format::json && format != Format::yaml) return;
  Map answer;
  answer.append({"plan", {}}, plan_value(plan));
  answer.append({"findings", {}}, findings_value(verdict, desk.project.sources));
  if (const auto run = id ? desk.store->run(*id) : std::nullopt) {
    answer.append({"run", {}}, run_value(*run));
    List steps;
    for (const StepRecord& step : desk.store->steps(*id)) steps.push_back(step_record_value(step));
    answer.append({"steps", {}}, std::move(steps));
  }
  print(call, format, Value(std::move(answer)));
}

Request requested(Call& call, Goal::Kind kind) {
  Request request = request_of(call, kind);
  request.goal.targets = targets_of(call);
  request.goal.prune = kind == Goal::Kind::apply && call.arguments.flag("prune");
  if (kind == Goal::Kind::apply) request.goal.ttl = call.arguments.duration("ttl");
  request.goal.refresh = kind == Goal::Kind::apply && call.arguments.flag("refresh");
  request.goal.preview = kind == Goal::Kind::apply && call.arguments.flag("preview");
  return request;
}

/// apply and destroy: from what was asked for to what became of it.
int deploy(Call& call, Goal::Kind kind) {
  const auto file = kind == Goal::Kind::apply ? plan_file_of(call) : std::nullopt;
  if (!file) require_answer(call);
  check_run_flags(call);
  if (kind == Goal::Kind::destroy && !manifests_are_at_hand(call) && call.system.kind_of(state_path(call))) {
    Goal goal;  // what is recorded is enough to delete it
    goal.kind = kind;
    goal.targets = targets_of(call);
    Desk desk = open_state_desk(call);
    return deploy(call, desk, goal, std::nullopt);
  }
  const Request request = file ? file->request : requested(call, kind);

  // Fetch, check, resolve: stops here when there is any mistake, all of them printed.
  Desk desk = open_desk(call, request, StoreUse::writing, KeyUse::make);
  return deploy(call, desk, request.goal, file);
}

int apply(Call& call) {
  return deploy(call, Goal::Kind::apply);
}
int destroy(Call& call) {
  return deploy(call, Goal::Kind::destroy);
}

}  // namespace

int deploy(Call& call, Desk& desk, const Goal& wanted, const std::optional<PlanFile>& file) {
  Goal goal = wanted;
  if (const auto said = call.arguments.text("on-failure")) goal.on_failure = on_failure_named(*said);
  const Format format = format_of(call);
  const bool only_look = is_dry_run(call);

  // Compare with what is deployed.
  Planned planned = plan_now(call, desk, goal);
  if (file) require_same(*file, desk, planned);
  Diagnostics verdict = only_look ? judged_and_held(call, desk, planned) : judged(desk, planned.plan);
  if (!only_look) check_approvals(call, desk, planned.plan, file, verdict);
  const bool nothing = planned.plan.idle() && planned.plan.noted.empty() && !planned.plan.concludes;
  if (nothing || only_look || verdict.has_errors()) {
    if (!only_look) end_dead_runs(call, *desk.store, planned.plan.environment);
    tidy_scratch(planned.snapshot, call.system, *desk.store, scratch_directory(call, desk.state_path));
    show(call, desk.project, planned.plan, verdict, format);
    show_result(call, desk, planned.plan, verdict, std::nullopt, format);
    require(call, desk.project, verdict);
    return kDone;
  }

  // From here on nobody else changes these deployments; what they did meanwhile is planned for.
  const HeldLease lease = lock_and_plan(call, desk, planned);
  if (file) require_same(*file, desk, planned);
  verdict =
      judged_and_held(call, desk, planned, [&] { desk.store->renew(lease.lease(), call.system.now(), lease_length); });
  check_approvals(call, desk, planned.plan, file, verdict);
  show(call, desk.project, planned.plan, verdict, format);
  require(call, desk.project, verdict);

  // The point of no return. A plan without steps may note what changed beside the inputs, or end what was broken off.
  if (file) {
    confirm_by_name(call, desk, planned, lease);
  } else if (!planned.plan.empty()) {
    confirm(call, desk, planned, lease);
  }
  if (format == Format::text && !planned.plan.empty()) print(call, "\n");
  const RunResult result = carry_out(call, desk, planned, lease, format);
  const bool tell = !planned.plan.moves.empty() || (goal.ttl && !planned.plan.noted.empty());
  if (format == Format::text && planned.plan.empty() && tell) {
    const bool lasts = !goal.ttl || goal.ttl->count() == 0;
    print(call, lasts ? "Recorded.\n" : "Recorded: it expires in " + to_string(*goal.ttl) + ".\n");
  }
  show_result(call, desk, planned.plan, verdict, result.run == 0 ? std::nullopt : std::optional(result.run), format);
  return exit_code(result.status);
}

Option target_option() {
  return {.name = "target",
          .value = "ADDRESS",
          .summary = "only this deployment or task, and what it needs",
          .repeats = true,
          .completes = Completes::address};
}

Option prune_option() {
  return {.name = "prune", .summary = "also delete what is deployed but gone from the manifests"};
}

Option parallelism_option() {
  return {.name = "parallelism",
          .letter = 'j',
          .value = "N",
          .summary = "steps at the same time (default: 4 for each processor)"};
}

Option dry_run_option() {
  return {.name = "dry-run", .summary = "only show what it would do"};
}

Option in_doubt_option() {
  return {
      .name = "in-doubt",
      .value = "WAY",
      .summary = "what to do with a step of an interrupted run when nothing tells whether it was done (default: ask)",
      .one_of = {"ask", "rerun", "assume-done", "fail"}};
}

std::vector<Option> run_options() {
  return {
      {.name = "yes", .letter = 'y', .summary = "do it without asking"},
      target_option(),
      parallelism_option(),
      {.name = "on-failure",
       .value = "WAY",
       .summary =
           "in place of what the manifests say: rollback undoes what this run did in the deployment, stop starts "
           "nothing new, continue goes on with what does not depend on it",
       .one_of = {"rollback", "stop", "continue"}},
      in_doubt_option(),
      {.name = "lock-timeout",
       .value = "TIME",
       .summary = "wait that long for others who change the same deployments (default: 0s)"},
      {.name = "reason", .value = "TEXT", .summary = "why; kept in the history, for all who read it to see"},
      {.name = "confirm",
       .value = "ENVIRONMENT",
       .summary = "its name, where the environment wants it before something is deleted"},
      {.name = "override-freeze", .value = "REASON", .summary = "go on in a freeze; why is kept in the history"},
  };
}

CommandRow apply_command() {
  auto options = run_options();
  options.push_back(prune_option());
  options.push_back(refresh_option());
  options.push_back(preview_option());
  options.push_back({.name = "ttl",
                     .value = "TIME",
                     .summary =
                         "what this deploys may be deleted by `verba gc` when that time has passed (0s: it lasts "
                         "again)"});
  return {.name = "apply",
          .group = "Deploy",
          .summary = "show what would change, ask, and do it",
          .positionals = {{.name = "DEPLOYMENT[.TASK]|PLANFILE", .repeats = true, .completes = Completes::address}},
          .options = std::move(options),
          .formats = documents_and_lines,
          .function = apply};
}

CommandRow destroy_command() {
  return {.name = "destroy",
          .group = "Deploy",
          .summary = "delete what is deployed, in reverse order",
          .positionals = {{.name = "DEPLOYMENT[.TASK]", .repeats = true, .completes = Completes::address}},
          .options = run_options(),
          .formats = documents_and_lines,
          .function = destroy};
}

}  // namespace verba
