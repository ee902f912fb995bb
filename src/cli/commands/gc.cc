// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/commands/deploy.h"
#include "cli/exit_code.h"
#include "cli/running.h"
#include "view/json/plan_json.h"

namespace verba {
namespace {

/// Nothing was ever deployed here, so there is no environment to look at: no mistake of whoever has cron call this.
bool is_untouched(Call& call) {
  return !call.arguments.text("env") && open_store(state_path(call), StoreUse::reading)->environments().empty();
}

int nothing_to_clean(Call& call, const Goal& goal, Format format) {
  if (format == Format::text) {
    print(call, "Nothing has expired, and nothing temporary is left over: nothing is deployed.\n");
  } else if (format != Format::jsonl) {
    Plan plan;
    plan.goal = goal;
    Map answer;
    answer.append({"plan", {}}, plan_value(plan));
    answer.append({"findings", {}}, List());
    print(call, format, Value(std::move(answer)));
  }
  return kDone;
}

/// By state alone: what is to go may have left the manifests long ago.
int gc(Call& call) {
  const Format format = format_of(call);
  require_answer(call);
  check_run_flags(call);
  Goal goal;
  goal.kind = Goal::Kind::clean;
  goal.targets = targets_of(call);
  if (is_untouched(call)) return nothing_to_clean(call, goal, format);
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
          .formats = documents_and_lines,
          .function = gc};
}

}  // namespace verba
