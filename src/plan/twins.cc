// SPDX-License-Identifier: Apache-2.0
#include "plan/twins.h"

#include <fmt/format.h>

#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"

namespace verba {
namespace {

/// The type, the place, and all fields of which a change needs a new thing; "" where one of them is not told.
std::string thing_of(const Resource& resource, const TaskType& type) {
  if (resource.account_kind != "AwsInfrastructureAccount" || resource.occasion != Occasion::deploy) return {};
  const AwsSpot spot = written_spot(described_account(resource.account, resource.account_kind, resource.account_spec));
  const bool is_told = !spot.account_id.empty() && !spot.region.empty();
  std::string thing =
      fmt::format("{}\n{}", type.name, is_told ? spot.account_id + "\n" + spot.region : resource.account);
  bool any = false;
  for (const Field& field : type.inputs) {
    if (!field.replaces) continue;
    const Value* value = resource.inputs.find(field.name);
    if (value == nullptr || !value->is_string()) return {};
    thing += "\n" + value->string();
    any = true;
  }
  return any ? thing : "";
}

}  // namespace

void Twins::add(TaskId id, const Resource& resource, Diagnostics& diagnostics) {
  const Task& task = model_.tasks[id];
  const std::string thing = thing_of(resource, *task.type);
  if (thing.empty()) return;
  const auto [known, is_new] = known_.emplace(thing, id);
  if (is_new || known->second == id) return;
  const Task& first = model_.tasks[known->second];
  Diagnostic found;
  found.severity = Severity::error;
  found.code = "plan.same-thing";
  found.message = fmt::format("{} and {} are the same {}", first.address, task.address, task.type->name);
  found.where = task.where;
  found.hint = "give one of them another name, or another account";
  found.related.push_back({fmt::format("{} is here", first.address), first.where});
  diagnostics.add(std::move(found));
}

}  // namespace verba
