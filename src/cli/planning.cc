// SPDX-License-Identifier: Apache-2.0
#include "cli/planning.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "cli/exit_code.h"
#include "cli/surroundings.h"
#include "plan/inputs.h"
#include "plan/planner.h"

namespace verba {

Surroundings planning_surroundings(System& system) {
  Surroundings surroundings = make_surroundings(system);
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
  Surroundings surroundings = planning_surroundings(call.system);
  Model& model = resolve(call, project, environment, variables, surroundings);
  require(call, project);
  auto store = open_store(request.state, use);
  Sealer sealer = open_sealer(call, *store, request.state, key);
  return Desk{project, model, std::move(surroundings), request.state, std::move(store), std::move(sealer)};
}

Planned plan_now(Call& call, Desk& desk, const Goal& goal) {
  Planned planned;
  Diagnostics found;
  planned.snapshot = desk.store->snapshot(desk.model.environment.name);
  const PlanningAids aids{call.kit().providers, *desk.store, desk.sealer, desk.surroundings, desk.project.sources};
  planned.plan = make_plan(desk.model, planned.snapshot, goal, aids, found);
  require(call, desk.project, found);
  return planned;
}

HeldLease lock_and_plan(Call& call, Desk& desk, Planned& planned) {
  const std::string& environment = desk.model.environment.name;
  const std::string reason(to_string(planned.plan.goal.kind));
  for (;;) {
    const std::vector<std::string> deployments = planned.plan.locked;
    HeldLease lease = lock(call, *desk.store, environment, deployments, reason);
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
    list.push_back(std::move(map));
  }
  return list;
}

}  // namespace verba
