// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/running.h"

namespace verba {
namespace {

int rollback(Call& call) {
  require_answer(call);
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
  options.push_back(dry_run_option());
  return {.name = "rollback",
          .group = "Deploy",
          .summary = "put a deployment back to what it had at the end of a past run",
          .positionals = {{.name = "DEPLOYMENT", .required = true, .completes = Completes::address}},
          .options = std::move(options),
          .formats = documents_and_lines,
          .function = rollback};
}

}  // namespace verba
