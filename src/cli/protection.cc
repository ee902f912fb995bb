// SPDX-License-Identifier: Apache-2.0
#include "cli/protection.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/utf8.h"
#include "cli/exit_code.h"
#include "manifest/protection.h"
#include "plan/protection.h"

namespace verba {
namespace {

Protection protection_here(const Desk& desk) {
  Diagnostics told_when_resolving;
  return protection_of(desk.model.environment.protection, told_when_resolving);
}

std::optional<std::string> override_of(Call& call) {
  auto why = call.arguments.text("override-freeze");
  if (why && (why->empty() || !is_utf8(*why))) {
    throw Error(Error::Kind::usage, "usage.override-freeze", "--override-freeze wants a reason, as UTF-8 text");
  }
  return why;
}

/// How to see what the command would do.
std::string_view way_to_look(const Call& call) {
  if (call.command.name == "destroy") return "`verba plan --destroy`";
  return call.command.name == "apply" ? "`verba plan`" : "--dry-run";
}

}  // namespace

void require_no_freeze(Call& call, Desk& desk) {
  const Instant now = call.system.now();
  const bool overridden = override_of(call).has_value();
  Diagnostics found;
  for (const Freeze& freeze : protection_here(desk).freezes) {
    if (now < freeze.from || freeze.to <= now) continue;
    const std::string frozen = fmt::format("environment '{}' is frozen until {}{}", desk.model.environment.name,
                                           to_string(freeze.to), freeze.reason.empty() ? "" : ": " + freeze.reason);
    if (overridden) {
      say(call, "note: " + frozen + " (overridden)");
    } else {
      found.error("plan.frozen", frozen, freeze.where, "wait, or say why not: --override-freeze REASON");
    }
  }
  require(call, desk.project, found);
}

bool confirm_by_name(Call& call, Desk& desk, const Planned& planned, const HeldLease& held) {
  if (!deletes(planned.plan) || !protection_here(desk).confirm) return false;
  const std::string& name = desk.model.environment.name;
  if (const auto said = call.arguments.text("confirm")) {
    if (*said == name) return true;
    throw Error(Error::Kind::usage, "usage.confirm",
                fmt::format("--confirm says '{}', but this would delete things of environment '{}'", *said, name));
  }
  if (!call.console.in_terminal) {
    throw Error(Error::Kind::usage, "usage.confirm",
                fmt::format("environment '{}' wants its name when something is to be deleted", name),
                fmt::format("look with {}, then say --confirm {}", way_to_look(call), name));
  }
  const std::string question = fmt::format("\nThis deletes things of environment '{}'. Type its name to go on: ", name);
  if (ask(call, *desk.store, held, question) == name) return true;
  say(call, "Nothing was done.");
  throw Exit{kStepFailed};
}

std::string reason_of(Call& call) {
  const std::string reason = call.arguments.text("reason").value_or("");
  if (!is_utf8(reason)) throw Error(Error::Kind::usage, "usage.reason", "--reason is not UTF-8 text");
  const auto why = override_of(call);
  if (!why) return reason;
  const std::string overridden = "freeze overridden: " + *why;
  return reason.empty() ? overridden : fmt::format("{} ({})", reason, overridden);
}

}  // namespace verba
