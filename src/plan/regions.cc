// SPDX-License-Identifier: Apache-2.0
#include "plan/regions.h"

#include <fmt/format.h>

#include <algorithm>

#include "manifest/aws_accounts.h"
#include "plan/definition.h"
#include "plan/steps.h"

namespace verba {
namespace {

/// Something that is told apart from others where its account is; a message, say, is none.
bool makes_a_thing(const TaskType& type) {
  return std::ranges::any_of(type.accounts, is_aws) &&
         (type.makes || std::ranges::any_of(type.inputs, &Field::replaces));
}

}  // namespace

void Regions::require(TaskId id, Diagnostics& diagnostics) {
  const Task& task = model_.tasks[id];
  const Account& account = model_.accounts[task.account];
  const bool is_asked = is_aws(account.kind->name) && surroundings_.region != nullptr && makes_a_thing(*task.type);
  if (!is_asked || !surroundings_.region(account).empty() || !told_.insert(account.name).second) return;
  diagnostics.error("plan.no-region",
                    fmt::format("{}: no region is known for the account '{}'", task.address, account.name), task.where,
                    "write `region: eu-central-1`, say, into the account, or set AWS_REGION");
}

void Regions::check(TaskId id, const Record& record, bool changes, Diagnostics& diagnostics) {
  const Task& task = model_.tasks[id];
  const Account& account = model_.accounts[task.account];
  const bool is_open = is_aws(account.kind->name) && account.name == record.account &&
                       written_spot(account).region.empty() && surroundings_.region != nullptr;
  if (!is_open || !made_of(record)) return;
  const std::optional<Account> then = account_of_then(store_, *made_of(record));
  const std::string before = then ? written_spot(*then).region : "";
  const std::string now = surroundings_.region(account);
  if (before.empty() || now.empty() || before == now) return;
  if (!told_.insert(fmt::format("{} {}", account.name, changes)).second) return;
  Diagnostic found;
  found.severity = changes ? Severity::error : Severity::warning;
  found.code = "plan.other-region";
  found.message = fmt::format("{} was made in {}, and the account '{}' is in {} now: no region is written for it",
                              record.address, before, account.name, now);
  found.where = task.where;
  found.hint = fmt::format("write `region: {}` into the account, or set AWS_REGION to it", before);
  diagnostics.add(std::move(found));
}

}  // namespace verba
