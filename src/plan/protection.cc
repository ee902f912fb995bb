// SPDX-License-Identifier: Apache-2.0
#include "plan/protection.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/protection.h"

namespace verba {
namespace {

constexpr std::size_t names_shown = 5;

/// What is temporary or has expired is meant to go.
bool deletes_something(const Plan& plan, const Step& step) {
  return plan.goal.kind != Goal::Kind::clean && (step.action == Action::remove || step.action == Action::replace) &&
         !step.temporary;
}

}  // namespace

bool deletes(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [&](const Step& step) { return deletes_something(plan, step); });
}

void check_deletes(const Model& model, const Plan& plan, Diagnostics& diagnostics) {
  if (!deletes(plan)) return;
  Diagnostics told_when_resolving;
  const Protection protection = protection_of(model.environment.protection, told_when_resolving);
  if (protection.allow_delete) return;
  std::string names;
  std::size_t count = 0;
  for (const Step& step : plan.steps) {
    if (!deletes_something(plan, step)) continue;
    if (++count > names_shown) continue;
    names += (count > 1 ? ", " : "") + step.address;
  }
  if (count > names_shown) names += fmt::format(" and {} more", count - names_shown);
  diagnostics.error("plan.deletes-not-allowed",
                    fmt::format("environment '{}' allows no deletes, and this plan would delete or replace {}",
                                plan.environment, names),
                    protection.allow_delete_where, "set `allowDelete: true` when it is really meant");
}

}  // namespace verba
