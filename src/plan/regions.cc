// SPDX-License-Identifier: Apache-2.0
#include "plan/regions.h"

#include <fmt/format.h>

#include "manifest/aws_accounts.h"
#include "plan/definition.h"
#include "plan/steps.h"

namespace verba {

void Regions::check(TaskId id, const Record& record, bool changes, Diagnostics& diagnostics) {
  const Task& task = model_.tasks[id];
  const Account& account = model_.accounts[task.account];
  const bool is_open = account.kind->name == "AwsInfrastructureAccount" && account.name == record.account &&
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
