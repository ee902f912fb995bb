// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/state_access.h"
#include "view/json/state_json.h"
#include "view/text/state_text.h"

namespace verba {
namespace {

Value status_value(const DeploymentStatus& status) {
  Map map;
  map.append({"environment", {}}, status.environment);
  map.append({"deployment", {}}, status.deployment);
  map.append({"status", {}}, status.state());
  map.append({"tasks", {}}, static_cast<std::int64_t>(status.tasks));
  map.append({"failed", {}}, static_cast<std::int64_t>(status.failed));
  map.append({"interrupted", {}}, static_cast<std::int64_t>(status.started));
  map.append({"run", {}}, status.run);
  map.append({"updated", {}}, to_string(status.updated));
  map.append({"expires", {}}, instant_value(status.expires));
  map.append({"place", {}}, status.place);
  return map;
}

int status(Call& call) {
  const Format format = format_of(call);
  const auto store = open_store(state_path(call), StoreUse::reading);
  std::vector<std::string> environments = store->environments();
  if (call.arguments.text("env")) environments = {deployed_environment(call, *store)};
  const IsAlive is_alive = alive_on(call.system);
  std::vector<DeploymentStatus> all;
  std::vector<Holder> holders;
  for (const std::string& environment : environments) {
    for (DeploymentStatus& one : deployment_statuses(store->snapshot(environment))) all.push_back(std::move(one));
    for (Holder& holder : store->leases(environment)) {
      if (!is_alive(holder.owner)) continue;
      for (DeploymentStatus& one : all) {
        one.held = one.held || (one.environment == environment && one.deployment == holder.deployment);
      }
      holders.push_back(std::move(holder));
    }
  }
  if (format != Format::text) {
    List deployments;
    for (const DeploymentStatus& one : all) deployments.push_back(status_value(one));
    Map answer;
    answer.append({"deployments", {}}, std::move(deployments));
    print(call, format, Value(std::move(answer)));
    return kDone;
  }
  if (all.empty()) {
    say(call, "Nothing is deployed.");
  } else {
    print(call, status_text(all, call.system.now(), call.out_style));
  }
  for (const Holder& holder : holders) say(call, "note: " + holder_text(holder));
  return kDone;
}

}  // namespace

CommandRow status_command() {
  return {.name = "status", .group = "Look", .summary = "what is deployed, and how it is", .function = status};
}

}  // namespace verba
