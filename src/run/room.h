// SPDX-License-Identifier: Apache-2.0
// What limits how many steps may work side by side, besides --parallelism: their accounts and their concurrency groups.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "run/hosts.h"
#include "state/store.h"

namespace verba {

/// Who asks people takes no room in an account. Borrows the hosts.
class Room {
 public:
  explicit Room(const Hosts& hosts) : hosts_(hosts) {}

  /// Is there room for one more in the step's account?
  bool has_account_for(const Step&) const;
  /// Takes it, and the group ("" is none); false: the group is busy, and nothing was taken.
  bool enter(const Step&, const std::string& group);
  void leave(const Step&, const std::string& group);

  /// Has to wait until somebody leaves.
  void park(StepNumber node) { parked_.push_back(node); }
  /// All that wait; they then wait no more.
  std::vector<StepNumber> unpark();

 private:
  const Hosts& hosts_;
  std::map<std::string, std::size_t> busy_accounts_;  ///< how many work in those that have a limit
  std::set<std::string> busy_groups_;
  std::vector<StepNumber> parked_;
};

}  // namespace verba
