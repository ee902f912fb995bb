// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/running.h"

namespace verba {
namespace {

/// By state alone: what is to go may have left the manifests long ago.
int gc(Call& call) {
  run_format_of(call);
  require_answer(call);
  check_run_flags(call);
  Goal goal;
  goal.kind = Goal::Kind::clean;
  goal.targets = targets_of(call);
  Desk desk = open_state_desk(call);
  return deploy(call, desk, goal, std::nullopt);
}

}  // namespace

CommandRow gc_command() {
  std::vector<Option> options = run_options();
  options.push_back(dry_run_option());
  return {.name = "gc",
          .group = "Deploy",
          .summary = "delete what has expired, and temporary things that an interrupted run left over",
          .positionals = {{.name = "DEPLOYMENT[.TASK]", .repeats = true, .completes = Completes::address}},
          .options = std::move(options),
          .function = gc};
}

}  // namespace verba
