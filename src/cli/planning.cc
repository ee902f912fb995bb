// SPDX-License-Identifier: Apache-2.0
#include "cli/planning.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/identities.h"
#include "cli/observing.h"
#include "cli/protection.h"
#include "cli/state_key.h"
#include "cli/surroundings.h"
#include "manifest/protection.h"
#include "plan/inputs.h"
#include "plan/planner.h"
#include "plan/policies.h"
#include "plan/targets.h"
#include "plan/withdrawals.h"
#include "run/holding.h"
#include "run/previewing.h"
#include "run/recovery.h"
#include "view/text/width.h"

namespace verba {

Surroundings planning_surroundings(Call& call) {
  Surroundings surroundings = make_surroundings(call.system, fetch_settings(call), call.logins());
  surroundings.run = planning_run();
  surroundings.now = planning_now;
  return surroundings;
}

Request request_of(Call& call, Goal::Kind kind) {
  Request request;
  request.locations = find_locations(call);
  request.environment = call.arguments.text("env");
  request.variables = call.arguments.list("var");
  request.state = state_path(call, request.locations);
  request.goal.kind = kind;
  return request;
}

bool is_for(const std::string& said, const std::string& name) {
  return said.substr(0, said.find('=')) == name;
}

SecretWords secrets_at_hand(const Desk& desk) {
  SecretWords words;
  words.add(Value(desk.model.command_line_variables));
  Surroundings around = desk.surroundings;
  around.outputs = [](TaskId) { return Value(Unknown{}); };
  Diagnostics told_by_the_plan;
  for (TaskId id = 0; id < desk.model.tasks.size(); ++id) {
    if (!desk.model.tasks[id].type->mark_secrets) continue;
    if (const auto resource = evaluate_resource(desk.model, id, around, told_by_the_plan)) words.add_of(*resource);
  }
  return words;
}

SaidVariables said_variables(const Desk& desk, const std::vector<std::string>& said) {
  SaidVariables variables;
  if (said.empty()) return variables;
  const SecretWords secrets = secrets_at_hand(desk);
  for (const std::string& each : said) {
    const std::string name = each.substr(0, each.find('='));
    const Value* value = desk.model.command_line_variables.find(name);
    if ((value && has_secret(*value)) || secrets.occur_in(each)) {
      variables.secret_names.push_back(name);
    } else {
      variables.open.push_back(each);
    }
  }
  return variables;
}

void require_said_again(const std::vector<std::string>& secret_names, const std::vector<std::string>& said,
                        const std::string& what) {
  for (const std::string& name : secret_names) {
    if (std::ranges::any_of(said, [&](const std::string& each) { return is_for(each, name); })) continue;
    throw Error(Error::Kind::usage, "usage.secret-variable",
                fmt::format("{} was made with --var {}=..., which is a secret and was not kept", what, name),
                "say it again");
  }
}

std::vector<std::string> targets_of(Call& call) {
  std::vector<std::string> targets = call.arguments.words();
  for (std::string& target : call.arguments.list("target")) targets.push_back(std::move(target));
  return targets;
}

Desk open_desk(Call& call, const Request& request, StoreUse use, KeyUse key) {
  Project& project = load(call, request.locations);
  const Map variables = command_line_variables(request.variables);
  const std::string environment =
      request.environment && !call.arguments.text("env") ? *request.environment : choose_environment(call, project);
  Surroundings surroundings = planning_surroundings(call);
  Model& model = resolve_in_order(call, project, environment, variables, surroundings);
  require(call, project);
  auto store = open_store(request.state, use);
  Sealer sealer = open_sealer(call, *store, request.state, key);
  return Desk{project,          model, std::move(surroundings), request.state, std::move(store), std::move(sealer),
              request.variables};
}

Hosts& hosts_of(Call& call, Desk& desk) {
  if (!desk.hosts) desk.hosts = std::make_unique<Hosts>(call.system, desk.model, desk.surroundings);
  return *desk.hosts;
}

namespace {

/// The manifests, when there are some, for what they say of the environment. Mistakes in them stop nobody who goes by
/// state: what can be read holds.
Project& manifests_at_hand(Call& call) {
  if (!manifests_are_at_hand(call)) return call.keep(std::make_unique<Project>());
  Project& project = load(call);
  if (project.diagnostics.has_errors()) {
    say(call,
        "note: the manifests have mistakes (see `verba validate`); what they say of the environment holds as "
        "far as it can be read");
  }
  // Nothing that is deployed comes from them.
  project.documents.clear();
  project.brought.clear();
  return project;
}

Model& guards_at_hand(Call& call, const Project& project, const std::string& environment) {
  Diagnostics told_by_validate;
  const Map variables = command_line_variables(call.arguments.list("var"));
  return call.keep(
      std::make_unique<Model>(guards_of(project.manifests, environment, variables, planning_surroundings(call),
                                        call.kit().catalogue, project.sources, told_by_validate)));
}

}  // namespace

Model& model_at_hand(Call& call, const std::string& environment) {
  return guards_at_hand(call, manifests_at_hand(call), environment);
}

Desk open_state_desk(Call& call, std::optional<std::string> environment) {
  const std::string path = state_path(call);
  if (!environment) environment = deployed_environment(call, *open_store(path, StoreUse::reading));
  Project& project = manifests_at_hand(call);
  Model& model = guards_at_hand(call, project, *environment);
  auto store = open_store(path, StoreUse::writing);
  Sealer sealer = open_sealer(call, *store, path, KeyUse::make);
  return Desk{project, model, planning_surroundings(call), path, std::move(store), std::move(sealer)};
}

/// How the records that the goal touches are out there. Says of which that cannot be told.
Observations refreshed(Call& call, Desk& desk, const Snapshot& snapshot, const Goal& goal) {
  Diagnostics found;
  const Targets targets(goal.targets, desk.model, snapshot, Targets::Reach::what_they_need, found);
  require(call, desk.project, found);
  std::vector<const Record*> records;
  for (const Record& record : snapshot.records) {
    const auto task = desk.model.by_address.find(record.address);
    if (task != desk.model.by_address.end() && targets.has(task->second)) records.push_back(&record);
  }
  Observations observed =
      look(call, *desk.store, desk.sealer, desk.state_path, hosts_of(call, desk), desk.model, records);
  for (const auto& [address, seen] : observed) {
    if (seen.state != Observed::State::unknown && seen.state != Observed::State::in_progress) continue;
    say(call, "note: how " + printable(address) + " is cannot be told: " + printable(seen.detail));
  }
  return observed;
}

/// Writes into the steps what they would do inside of things. Says of which that cannot be told.
void add_previews(Call& call, Desk& desk, const Snapshot& snapshot, Plan& plan) {
  identify_by_code(call, hosts_of(call, desk), accounts_of(plan, desk.model, snapshot, *desk.store));
  const Viewpoint from{call.system, *desk.store, call.kit().providers, desk.sealer, hosts_of(call, desk)};
  preview(plan, desk.model, snapshot, desk.surroundings, observation_settings(call, desk.state_path), from,
          [&](const std::string& address, const std::string& why) {
            say(call, "note: what " + printable(address) + " would do cannot be told: " + printable(why));
          });
}

/// Notes were told when the manifests were read: they say nothing of what is planned.
Diagnostics without_notes(const Diagnostics& found) {
  Diagnostics others;
  for (const Diagnostic& one : found.all()) {
    if (one.severity != Severity::note) others.add(one);
  }
  return others;
}

Planned plan_now(Call& call, Desk& desk, const Goal& goal) {
  Planned planned;
  Diagnostics found;
  planned.snapshot = desk.store->snapshot(desk.model.environment.name);
  Observations observed;
  PlanningAids aids{call.kit().providers, *desk.store,          desk.sealer,
                    desk.surroundings,    desk.project.sources, call.system.now()};
  if (goal.refresh) {
    observed = refreshed(call, desk, planned.snapshot, goal);
    aids.observed = &observed;
  }
  {
    const CodesOfSecrets codes(call);
    planned.plan = make_plan(desk.model, planned.snapshot, goal, aids, found);
  }
  require(call, desk.project, without_notes(found));
  if (goal.preview) add_previews(call, desk, planned.snapshot, planned.plan);
  return planned;
}

Diagnostics judged(const Desk& desk, const Plan& plan) {
  Diagnostics verdict;
  check_policies(desk.model, plan, verdict);
  return verdict;
}

Diagnostics judged_and_held(Call& call, Desk& desk, const Planned& planned, const std::function<void()>& meanwhile) {
  Diagnostics verdict = judged(desk, planned.plan);
  const PlanningAids aids{call.kit().providers, *desk.store,          desk.sealer,
                          desk.surroundings,    desk.project.sources, call.system.now()};
  const std::vector<Withdrawal> withdrawals = withdrawals_of(planned.plan, desk.model, planned.snapshot, aids);
  if (withdrawals.empty()) return verdict;
  Plan part = planned.plan;
  part.steps.clear();
  for (const Withdrawal& one : withdrawals) part.steps.push_back(planned.plan.steps[one.step]);
  Hosts& hosts = hosts_of(call, desk);
  identify_by_code(call, hosts, accounts_of(part, desk.model, planned.snapshot, *desk.store), meanwhile);
  const Viewpoint from{call.system, *desk.store, call.kit().providers, desk.sealer, hosts};
  const std::vector<Holding> held = who_holds(
      withdrawals, planned.plan, observation_settings(call, desk.state_path), from,
      [&](const std::string& address, const std::string& why) {
        say(call, "note: who imports what " + printable(address) + " exports cannot be told: " + printable(why));
      });
  check_withdrawals(planned.plan, desk.model, planned.snapshot, aids, withdrawals, held, verdict);
  return verdict;
}

namespace {

WhenInDoubt ask_what_became(Call& call, Desk& desk, const HeldLease& held, const std::string& address,
                            const std::string& why) {
  const std::string way = call.arguments.text("in-doubt").value_or("ask");
  if (way == "rerun") return WhenInDoubt::rerun;
  if (way == "assume-done") return WhenInDoubt::assume_done;
  if (way == "ask" && call.console.in_terminal) {
    const auto answer =
        ask(call, *desk.store, held,
            fmt::format("\n{}: {}.\nRun it again (r), take it for done (d), or stop here (s)? ", address, why));
    if (answer == "r") return WhenInDoubt::rerun;
    if (answer == "d") return WhenInDoubt::assume_done;
    say(call, "Nothing was done.");
    throw Exit{kStepFailed};
  }
  throw Error(
      Error::Kind::provider, "run.in-doubt", fmt::format("{}: {}", address, why),
      "look at it, then say --in-doubt rerun or --in-doubt assume-done; a `check` script or `idempotent: true` lets "
      "verba decide by itself");
}

/// What is looked at, to settle it, may be in accounts that take a code.
void get_in_to_settle(Call& call, Desk& desk, const Snapshot& snapshot, const HeldLease& held) {
  std::vector<const Record*> unsettled;
  for (const Record& record : snapshot.records) {
    const bool is_ours = std::ranges::count(held.lease().deployments, record.deployment) > 0;
    if (is_ours && record.status == RecordStatus::started) unsettled.push_back(&record);
  }
  const std::vector<Identity> identities =
      identify_by_code(call, hosts_of(call, desk), accounts_of(unsettled, desk.model, *desk.store),
                       [&] { desk.store->renew(held.lease(), call.system.now(), lease_length); });
  note_unreachable(call, identities);
}

}  // namespace

bool settle(Call& call, Desk& desk, const HeldLease& held) {
  const std::string scratch = scratch_directory(call, desk.state_path);
  const Snapshot snapshot = desk.store->snapshot(desk.model.environment.name);
  get_in_to_settle(call, desk, snapshot, held);
  return settle_interrupted(snapshot, {call.system, *desk.store, held.lease(), call.kit().providers, desk.sealer,
                                       scratch, hosts_of(call, desk),
                                       [&](const std::string& address, const std::string& why) {
                                         return ask_what_became(call, desk, held, address, why);
                                       },
                                       [&](const std::string& line) { say(call, "Interrupted: " + line); }});
}

std::string scratch_directory(Call& call, const std::string& state_path) {
  const auto slash = state_path.rfind('/');
  // Absolute: children have working directories of their own.
  return call.system.absolute(slash == std::string::npos ? "." : state_path.substr(0, slash)) + "/scratch";
}

HeldLease lock_and_plan(Call& call, Desk& desk, Planned& planned) {
  if (!planned.plan.idle()) require_no_freeze(call, desk);
  const std::string& environment = desk.model.environment.name;
  const std::string reason(to_string(planned.plan.goal.kind));
  for (;;) {
    const std::vector<std::string> deployments = planned.plan.locked;
    HeldLease lease = lock(call, *desk.store, environment, deployments, reason);
    require_current_key(*desk.store, desk.sealer);
    settle(call, desk, lease);
    if (desk.store->snapshot(environment).serial == planned.snapshot.serial) return lease;
    planned = plan_now(call, desk, planned.plan.goal);
    if (std::includes(deployments.begin(), deployments.end(), planned.plan.locked.begin(), planned.plan.locked.end())) {
      return lease;
    }
  }
}

Value sources_value(const Project& project) {
  List list;
  for (const Document& document : project.documents) {
    Map map;
    map.append({"name", {}}, project.sources.name(document.source));
    map.append({"sha256", {}}, sha256(project.sources.text(document.source)).hex());
    if (!document.commit.empty()) map.append({"commit", {}}, document.commit);
    if (!document.branch.empty()) map.append({"branch", {}}, document.branch);
    list.push_back(std::move(map));
  }
  return list;
}

Value locations_value(const Project& project) {
  List list;
  for (const Brought& brought : project.brought) {
    Map map;
    map.append({"location", {}}, brought.location);
    if (!brought.commit.empty()) map.append({"commit", {}}, brought.commit);
    map.append({"sha256", {}}, brought.sha256);
    list.push_back(std::move(map));
  }
  return list;
}

std::string locations_text(const Value& locations) {
  const auto text_in = [](const Value& from, std::string_view name) {
    const Value* value = from.find(name);
    return value != nullptr && value->is_string() ? value->string() : std::string();
  };
  std::string text;
  if (!locations.is_list()) return text;
  for (const Value& each : locations.list()) {
    const std::string commit = text_in(each, "commit");
    text += commit.empty() ? fmt::format("From {} (sha256:{})\n", text_in(each, "location"), text_in(each, "sha256"))
                           : fmt::format("From {} at {}\n", text_in(each, "location"), commit.substr(0, 12));
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace verba
