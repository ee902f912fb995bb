// SPDX-License-Identifier: Apache-2.0
// What a plan takes away that others have taken by a name, as stacks import what others export. Who holds on to it is
// known to AWS alone, and it refuses what would take it from them.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "provider/exchanger.h"
#include "state/store.h"

namespace verba {

/// A step after which its thing may give less than before, or something else under the same name.
struct Withdrawal {
  std::size_t step = 0;  ///< in the plan
  Recorded recorded;
  std::optional<Resource> wanted;  ///< nothing: it is deleted
};

/// As far as recorded and wanted inputs tell; outputs of other tasks count as not known. Sorted by step.
std::vector<Withdrawal> withdrawals_of(const Plan&, const Model&, const Snapshot&, const PlanningAids&);

/// Says what cannot be done: others hold on to what goes (`held`: of each of the withdrawals, in their order), and the
/// plan does not have them let go of it before; or a task takes what nothing gives any more.
void check_withdrawals(const Plan&, const Model&, const Snapshot&, const PlanningAids&, const std::vector<Withdrawal>&,
                       const std::vector<Holding>& held, Diagnostics&);

}  // namespace verba
