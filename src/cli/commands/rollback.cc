// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <memory>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/running.h"

namespace verba {
namespace {

/// -e, or the only one that state knows: the manifests may be gone.
std::string environment_in(Call& call, Store& store) {
  if (const auto said = call.arguments.text("env")) return *said;
  const std::vector<std::string> known = store.environments();
  if (known.size() == 1) return known.front();
  if (known.empty()) {
    throw Error(Error::Kind::usage, "usage.nothing-deployed",
                "nothing has been run yet, there is nothing to roll back");
  }
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  throw Error(Error::Kind::usage, "usage.which-environment", "there are several environments: say which one",
              "-e with one of: " + list);
}

/// A desk without manifests: state alone says what was.
Desk open_state_desk(Call& call) {
  const std::string path = state_path(call);
  const std::string environment = environment_in(call, *open_store(path, StoreUse::reading));
  auto& model = call.keep(std::make_unique<Model>());
  model.environment.name = environment;
  auto store = open_store(path, StoreUse::writing);
  Sealer sealer = open_sealer(call, *store, path, KeyUse::make);
  return Desk{call.keep(std::make_unique<Project>()),
              model,
              planning_surroundings(call),
              path,
              std::move(store),
              std::move(sealer)};
}

int rollback(Call& call) {
  run_format_of(call);
  if (!call.arguments.flag("dry-run")) require_answer(call);
  check_run_flags(call);
  Goal goal;
  goal.kind = Goal::Kind::rollback;
  goal.targets = {call.arguments.words().front()};
  goal.to = call.arguments.integer("to", 0, std::numeric_limits<RunId>::max());
  Desk desk = open_state_desk(call);
  return deploy(call, desk, goal, std::nullopt);
}

}  // namespace

CommandRow rollback_command() {
  std::vector<Option> options = run_options();
  std::erase_if(options, [](const Option& option) { return option.name == "target"; });
  options.push_back({.name = "to",
                     .value = "RUN",
                     .summary = "back to how it was at the end of this run (default: before the last run that changed "
                                "it); 0: before the first one",
                     .completes = Completes::run});
  options.push_back({.name = "dry-run", .summary = "only show what it would do"});
  return {.name = "rollback",
          .group = "Deploy",
          .summary = "put a deployment back to what it had at the end of a past run",
          .positionals = {{.name = "DEPLOYMENT", .required = true, .completes = Completes::address}},
          .options = std::move(options),
          .function = rollback};
}

}  // namespace verba
