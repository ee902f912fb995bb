// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/error.h"
#include "cli/approvals.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/plan_file.h"
#include "cli/running.h"
#include "cli/state_access.h"
#include "view/json/findings_json.h"
#include "view/json/plan_json.h"
#include "view/text/plan_text.h"
#include "view/text/state_text.h"

namespace verba {
namespace {

Goal::Kind goal_of(Call& call) {
  return call.arguments.flag("destroy") ? Goal::Kind::destroy : Goal::Kind::apply;
}

/// Deleting goes by what is recorded.
bool refresh_of(Call& call) {
  const bool said = call.arguments.flag("refresh");
  if (said && call.arguments.flag("destroy")) {
    throw Error(Error::Kind::usage, "usage.refresh", "--refresh has no use with --destroy: it is for what is repaired",
                "leave one of them out");
  }
  return said;
}

/// What somebody has under way reads like what was interrupted.
void note_at_work(Call& call, Store& store, const std::string& environment) {
  for (const Holder& holder : store.leases(environment)) {
    if (holder.expires > call.system.now() && alive_on(call.system)(holder.owner))
      say(call, "note: " + holder_text(holder) + "; what is under way there counts as interrupted");
  }
}

int plan(Call& call) {
  const Format format = format_of(call);
  Request request = request_of(call, goal_of(call));
  request.goal.targets = targets_of(call);
  request.goal.prune = call.arguments.flag("prune");
  request.goal.refresh = refresh_of(call);
  request.goal.preview = call.arguments.flag("preview");
  const auto out = call.arguments.text("out");
  if (out) require_plan_place(call, *out);
  parallelism_of(call);

  // A plan that is kept needs the key that apply will have.
  Desk desk = open_desk(call, request, out ? StoreUse::writing : StoreUse::reading, out ? KeyUse::make : KeyUse::look);
  const Planned planned = plan_now(call, desk, request.goal);

  const Diagnostics verdict = judged_and_held(call, desk, planned);
  if (format == Format::text) {
    print(call, locations_text(locations_value(desk.project)) + plan_text(planned.plan, call.out_style));
  } else {
    Value answer = plan_value(planned.plan);
    answer.map().append({"sources", {}}, sources_value(desk.project));
    answer.map().append({"digest", {}}, plan_digest(desk, planned.plan).hex());
    answer.map().append({"findings", {}}, findings_value(verdict, desk.project.sources));
    print(call, format, answer);
  }
  require(call, desk.project, verdict);
  note_at_work(call, *desk.store, planned.plan.environment);
  if (out) {
    write_plan_file(call, *out, request, desk, planned);
    say(call, "The plan is in '" + *out + "': apply it with `verba apply " + *out + "`.");
    say(call, "Its digest is " + plan_digest(desk, planned.plan).hex() + ".");
    if (const auto wanted = approvals_wanted(desk.model); wanted > 0 && needs_approvals(planned.plan)) {
      remember_made(call, desk, planned.plan);
      say(call, fmt::format("Before that it needs {}: `verba approve {}`.",
                            wanted == 1 ? "the approval of a colleague" : fmt::format("{} approvals", wanted), *out));
    }
  }
  return call.arguments.flag("exit-code") && !planned.plan.idle() ? kChanges : kDone;
}

int diff(Call& call) {
  const Format format = format_of(call);
  Request request = request_of(call, Goal::Kind::apply);
  request.goal.targets = targets_of(call);
  Desk desk = open_desk(call, request, StoreUse::reading, KeyUse::look);
  const Planned planned = plan_now(call, desk, request.goal);
  if (format != Format::text) {
    print(call, format, plan_value(planned.plan));
  } else {
    const std::string text = changes_text(planned.plan, call.out_style);
    print(call, text.empty() ? "No difference: what is deployed is what the manifests say.\n" : text);
  }
  return call.arguments.flag("exit-code") && !planned.plan.idle() ? kChanges : kDone;
}

Option exit_code_option() {
  return {.name = "exit-code", .summary = "end with 3 when there is something to do"};
}

}  // namespace

CommandRow plan_command() {
  return {.name = "plan",
          .group = "Deploy",
          .summary = "what would change, and why; changes nothing",
          .positionals = {{.name = "DEPLOYMENT[.TASK]", .repeats = true, .completes = Completes::address}},
          .options = {{.name = "out",
                       .value = "FILE",
                       .summary = "keep the plan, for `verba apply FILE`",
                       .completes = Completes::file},
                      exit_code_option(),
                      {.name = "destroy", .summary = "plan to delete everything, as `verba destroy` would"},
                      target_option(),
                      prune_option(),
                      refresh_option(),
                      preview_option(),
                      parallelism_option()},
          .function = plan};
}

CommandRow diff_command() {
  return {.name = "diff",
          .group = "Look",
          .summary = "where the manifests and what is deployed differ, field by field",
          .positionals = {{.name = "DEPLOYMENT[.TASK]", .repeats = true, .completes = Completes::address}},
          .options = {exit_code_option(), target_option()},
          .function = diff};
}

}  // namespace verba
