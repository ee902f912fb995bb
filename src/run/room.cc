// SPDX-License-Identifier: Apache-2.0
#include "run/room.h"

#include <utility>

namespace verba {

bool Room::has_account_for(const Step& step) const {
  if (is_asking(step)) return true;
  const auto busy = busy_accounts_.find(step.account);
  return busy == busy_accounts_.end() || busy->second < hosts_.limit(step.account);
}

bool Room::enter(const Step& step, const std::string& group) {
  if (!group.empty() && !busy_groups_.insert(group).second) return false;
  if (!is_asking(step) && hosts_.limit(step.account) > 0) ++busy_accounts_[step.account];
  return true;
}

void Room::leave(const Step& step, const std::string& group) {
  if (!group.empty()) busy_groups_.erase(group);
  const auto busy = busy_accounts_.find(step.account);
  if (busy != busy_accounts_.end() && busy->second > 0 && !is_asking(step)) --busy->second;
}

std::vector<StepNumber> Room::unpark() {
  return std::exchange(parked_, {});
}

}  // namespace verba
