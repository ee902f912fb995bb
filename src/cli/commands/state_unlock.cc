// SPDX-License-Identifier: Apache-2.0
// state unlock: takes leases away from whoever holds them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "cli/commands/state_parts.h"
#include "cli/exit_code.h"
#include "cli/state_access.h"
#include "value/json.h"
#include "view/text/state_text.h"

namespace verba {
namespace {

/// Is it known that they are still there?
std::string_view liveness(Call& call, const Owner& owner) {
  if (owner.host != call.system.host()) return "on another machine";
  return alive_on(call.system)(owner) ? "alive" : "gone";
}

/// The leases that hold one of the deployments (none named: all), each with everything that it holds.
std::vector<Holder> chosen(const std::vector<Holder>& all, const std::vector<std::string>& deployments) {
  std::set<std::int64_t> fences;
  for (const std::string& deployment : deployments) {
    const auto held = std::ranges::find(all, deployment, &Holder::deployment);
    if (held == all.end()) {
      throw Error(Error::Kind::usage, "usage.not-locked", "deployment '" + deployment + "' is not locked",
                  "`verba status` shows who is at work");
    }
  }
  for (const Holder& holder : all) {
    if (deployments.empty() || std::ranges::find(deployments, holder.deployment) != deployments.end()) {
      fences.insert(holder.fence);
    }
  }
  std::vector<Holder> some;
  std::ranges::copy_if(all, std::back_inserter(some), [&](const Holder& h) { return fences.contains(h.fence); });
  return some;
}

void ask(Call& call) {
  if (call.arguments.flag("yes")) return;
  if (!call.console.in_terminal) {
    throw Error(Error::Kind::usage, "usage.nobody-to-ask",
                "verba state unlock asks first, and there is no terminal to ask on",
                "say --yes; who holds the lock can then write no more");
  }
  call.console.err("\nTake these locks away (who holds them can write no more)? [y/N] ");
  const auto answer = call.console.read_line([] {});
  if (!answer || (*answer != "y" && *answer != "yes")) throw Exit{kStepFailed};
}

AppendEvent event_of(Call& call, const Holder& first, List deployments) {
  Map detail;
  detail.append({"environment", {}}, first.environment);
  detail.append({"deployments", {}}, std::move(deployments));
  detail.append({"user", {}}, first.owner.user);
  detail.append({"host", {}}, first.owner.host);
  detail.append({"process", {}}, first.owner.process);
  return {0, call.system.now(), "state.unlocked", owner_of(call.system).user, to_json(Value(std::move(detail)))};
}

}  // namespace

int unlock(Call& call, const std::string& path, const std::vector<std::string>& deployments) {
  const auto store = open_store(path, StoreUse::writing);
  const std::vector<Holder> holders = chosen(store->leases(call.arguments.text("env").value_or("")), deployments);
  if (holders.empty()) {
    say(call, "Nothing is locked.");
    return kDone;
  }
  std::map<std::int64_t, std::vector<const Holder*>> leases;
  for (const Holder& holder : holders) {
    leases[holder.fence].push_back(&holder);
    print(call, fmt::format("{}: {} ({})\n", holder.environment, holder_text(holder), liveness(call, holder.owner)));
  }
  ask(call);
  std::size_t taken = 0;
  for (const auto& [fence, held] : leases) {
    if (!store->revoke(held.front()->environment, fence, call.system.now())) continue;  // given back meanwhile
    List names;
    for (const Holder* holder : held) names.emplace_back(holder->deployment);
    taken += held.size();
    store->commit({event_of(call, *held.front(), std::move(names))}, nullptr);
  }
  print(call, fmt::format("Unlocked {}.\n", taken == 1 ? "1 deployment" : fmt::format("{} deployments", taken)));
  return kDone;
}

}  // namespace verba
