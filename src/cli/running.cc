// SPDX-License-Identifier: Apache-2.0
#include "cli/running.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/approvals.h"
#include "cli/exit_code.h"
#include "cli/identities.h"
#include "cli/notifying.h"
#include "cli/observing.h"
#include "cli/protection.h"
#include "provider/mask.h"
#include "value/json.h"
#include "view/json/events_json.h"
#include "view/json/plan_json.h"
#include "view/live/live_run.h"
#include "view/text/run_text.h"

namespace verba {
namespace {

std::int64_t default_parallelism() {
  return 4 * std::max<std::int64_t>(1, static_cast<std::int64_t>(std::thread::hardware_concurrency()));
}

bool can_redraw(Call& call) {
  return call.console.out_terminal && call.system.variable("TERM").value_or("dumb") != "dumb" &&
         !call.system.variable("CI");
}

/// Says nothing: the answer comes at the end.
class Quiet : public Listener {
 public:
  void on(const Event&) noexcept override {}
};

std::unique_ptr<Listener> listener_of(Call& call, Desk& desk, Format format) {
  const auto write = call.console.out;
  if (format == Format::jsonl) return std::make_unique<JsonEvents>(write);
  if (format != Format::text) return std::make_unique<Quiet>();
  if (!can_redraw(call)) return std::make_unique<PlainRun>(write, call.out_style);
  LiveRun::Settings settings;
  settings.write = write;
  settings.size = call.console.size;
  settings.durations = desk.store->durations(desk.model.environment.name);
  settings.style = call.out_style;
  return std::make_unique<LiveRun>(std::move(settings));
}

/// Whoever reads the history reads it: without the secrets that are at hand before the run.
std::string open_reason(Call& call, const Desk& desk, const Plan& plan) {
  const std::string reason = reason_of(call);
  if (reason.empty()) return reason;
  SecretWords words = secrets_at_hand(desk);
  for (const Step& step : plan.steps) {
    for (const FieldChange& change : step.changes) {
      if (change.before) words.add(*change.before);
      if (change.after) words.add(*change.after);
    }
  }
  return words.mask(reason);
}

RunSettings settings_of(Call& call, Desk& desk, const Planned& planned) {
  RunSettings settings;
  settings.parallelism = parallelism_of(call);
  settings.scratch_directory = scratch_directory(call, desk.state_path);
  settings.reason = open_reason(call, desk, planned.plan);
  Map source;
  source.append({"sources", {}}, sources_value(desk.project));
  if (!desk.project.brought.empty()) source.append({"locations", {}}, locations_value(desk.project));
  if (const auto approved = approved_by(desk, planned.plan); !approved.empty()) {
    source.append({"approvedBy", {}}, texts(approved));
  }
  const SaidVariables variables = said_variables(desk, desk.variables);
  if (!variables.open.empty()) source.append({"variables", {}}, texts(variables.open));
  if (!variables.secret_names.empty()) source.append({"secretVariables", {}}, texts(variables.secret_names));
  settings.source = to_json(Value(std::move(source)));
  settings.plan_json = to_json(plan_value(planned.plan));
  settings.owner = owner_of(call.system);
  return settings;
}

std::string question(const Plan& plan) {
  const std::size_t steps = plan.steps.size();
  const std::string what = steps == 1 ? "this step" : fmt::format("these {} steps", steps);
  std::string_view verb = "Apply";
  if (plan.goal.kind == Goal::Kind::rollback) verb = "Roll back with";
  if (plan.goal.kind == Goal::Kind::destroy || plan.goal.kind == Goal::Kind::clean) verb = "Destroy";
  return fmt::format("{} {} in environment '{}'? [y/N] ", verb, what, plan.environment);
}

}  // namespace

std::size_t parallelism_of(Call& call) {
  return static_cast<std::size_t>(call.arguments.integer("parallelism", 1, 10'000).value_or(default_parallelism()));
}

void check_run_flags(Call& call) {
  parallelism_of(call);
  call.arguments.duration("lock-timeout");
}

bool is_dry_run(Call& call) {
  return has_option(call.command, "dry-run") && call.arguments.flag("dry-run");
}

void require_answer(Call& call) {
  if (is_dry_run(call) || call.arguments.flag("yes") || call.console.in_terminal) return;
  std::string hint = "look with `verba plan`, then say --yes (or apply a plan file)";
  if (call.command.name == "destroy") hint = "look with `verba plan --destroy`, then say --yes";
  if (has_option(call.command, "dry-run")) hint = "look with --dry-run, then say --yes";
  throw Error(
      Error::Kind::usage, "usage.nobody-to-ask",
      fmt::format("verba {} asks before it changes anything, and there is no terminal to ask on", call.command.name),
      hint);
}

void confirm(Call& call, Desk& desk, const Planned& planned, const HeldLease& held) {
  if (confirm_by_name(call, desk, planned, held) || call.arguments.flag("yes")) return;
  const auto answer = ask(call, *desk.store, held, "\n" + question(planned.plan));
  if (answer && (*answer == "y" || *answer == "Y" || *answer == "yes")) return;
  say(call, "Nothing was done.");
  throw Exit{kStepFailed};
}

RunResult carry_out(Call& call, Desk& desk, const Planned& planned, const HeldLease& held, Format format) {
  const auto listener = listener_of(call, desk, format);
  Hosts& hosts = hosts_of(call, desk);
  require_identities(call, hosts, accounts_of(planned.plan, desk.model, planned.snapshot, *desk.store), planned.plan,
                     [&] { desk.store->renew(held.lease(), call.system.now(), lease_length); });
  const Workplace place{call.system,       *desk.store, held.lease(), call.kit().providers, desk.sealer,
                        desk.surroundings, hosts,       *listener,    &desk.project.sources};
  const RunResult result =
      run_plan(planned.plan, desk.model, planned.snapshot, settings_of(call, desk, planned), place);
  notify(call, desk, result);
  return result;
}

}  // namespace verba
