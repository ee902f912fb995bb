// SPDX-License-Identifier: Apache-2.0
#include "plan/twins.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"

namespace verba {

std::string home_of(const Resource& resource) {
  const AwsSpot spot = written_spot(described_account(resource.account, resource.account_kind, resource.account_spec));
  const bool is_told = !spot.account_id.empty() && !spot.region.empty();
  return fmt::format("{}\n{}\n", resource.type, is_told ? spot.account_id + "\n" + spot.region : resource.account);
}

std::string name_at_home(const Resource& resource, const TaskType& type) {
  std::string name;
  for (const Field& field : type.inputs) {
    if (!field.replaces) continue;
    const Value* value = resource.inputs.find(field.name);
    if (value == nullptr || !value->is_string()) return {};
    name += (name.empty() ? "" : "\n") + value->string();
  }
  return name;
}

namespace {

/// What TaskType::makes is of itself.
std::vector<std::string> thing_of(const Resource& resource, const TaskType& type) {
  std::string name = name_at_home(resource, type);
  return name.empty() ? std::vector<std::string>() : std::vector{std::move(name)};
}

}  // namespace

void Twins::add(TaskId id, const Resource& resource, Diagnostics& diagnostics) {
  if (!is_aws(resource.account_kind) || resource.occasion != Occasion::deploy) return;
  const TaskType& type = *model_.tasks[id].type;
  const std::string home = home_of(resource);
  for (const std::string& thing : type.makes ? type.makes(resource) : thing_of(resource, type)) {
    const auto [known, is_new] = known_.emplace(home + thing, id);
    if (is_new || known->second == id) continue;
    const std::string what =
        type.makes ? fmt::format("both make {}", thing) : fmt::format("are the same {}", type.name);
    return tell(known->second, id, what, diagnostics);
  }
}

void Twins::tell(TaskId one, TaskId other, const std::string& what, Diagnostics& diagnostics) const {
  const Task& first = model_.tasks[one];
  const Task& task = model_.tasks[other];
  Diagnostic found;
  found.severity = Severity::error;
  found.code = "plan.same-thing";
  found.message = fmt::format("{} and {} {}", first.address, task.address, what);
  found.where = task.where;
  found.hint = "give one of them another name, or another account";
  found.related.push_back({fmt::format("{} is here", first.address), first.where});
  diagnostics.add(std::move(found));
}

}  // namespace verba
