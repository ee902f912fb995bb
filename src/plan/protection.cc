// SPDX-License-Identifier: Apache-2.0
#include "plan/protection.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/protection.h"
#include "plan/steps.h"

namespace verba {
namespace {

constexpr std::size_t names_shown = 5;

/// What is temporary or has expired is meant to go.
bool deletes_something(const Plan& plan, const Step& step) {
  return plan.goal.kind != Goal::Kind::clean && (step.action == Action::remove || step.action == Action::replace) &&
         !step.temporary;
}

void check_protected(const Model& model, const Snapshot& snapshot, const Plan& plan, Diagnostics& diagnostics) {
  for (const Step& step : plan.steps) {
    if (!step.record || (step.action != Action::remove && step.action != Action::replace)) continue;
    const bool is_protected = step.task ? model.tasks[*step.task].protect : snapshot.records[*step.record].protect;
    if (!is_protected) continue;
    const bool replaces = step.action == Action::replace;
    diagnostics.error(
        "plan.protected",
        replaces ? fmt::format("{} is protected, it cannot be replaced: {}", step.address, step.reason)
                 : fmt::format("{} is protected, it cannot be deleted", step.address),
        step.task ? model.tasks[*step.task].where : Where(),
        step.task  ? "set `protect: false` on the task"
        : replaces ? "set `protect: false` on the task and apply, then replace it"
                   : "set `protect: false` on the task (write it back where it is gone) and apply, then delete it");
  }
}

/// "" when nothing does.
std::string_view protecting_field(const Record& record, const PlanningAids& aids) {
  const Provider* provider = aids.providers.find(record.type);
  if (provider == nullptr || std::ranges::none_of(provider->type().inputs, &Field::protects)) return "";
  const std::optional<Resource> resource = resource_of(record, aids);
  for (const Field& field : provider->type().inputs) {
    if (!field.protects || !resource) continue;
    const Value* value = resource->inputs.find(field.name);
    if (value != nullptr && value->is(Value::Kind::boolean) && value->boolean()) return field.name;
  }
  return "";
}

void check_self_protected(const Snapshot& snapshot, const Plan& plan, const PlanningAids& aids,
                          Diagnostics& diagnostics) {
  for (const Step& step : plan.steps) {
    if (!step.record || !deletes_something(plan, step) || step.only_recorded) continue;
    const std::string_view field = protecting_field(snapshot.records[*step.record], aids);
    if (field.empty()) continue;
    diagnostics.error("plan.protected",
                      fmt::format("{} cannot be deleted: it was deployed with `{}: true`", step.address, field),
                      Where(), fmt::format("apply `{}: false` first", field));
  }
}

}  // namespace

bool deletes(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [&](const Step& step) { return deletes_something(plan, step); });
}

void check_deletes(const Model& model, const Snapshot& snapshot, const Plan& plan, const PlanningAids& aids,
                   Diagnostics& diagnostics) {
  check_protected(model, snapshot, plan, diagnostics);
  check_self_protected(snapshot, plan, aids, diagnostics);
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
