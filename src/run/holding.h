// SPDX-License-Identifier: Apache-2.0
// Asks who holds on to what a plan takes away.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plan/plan.h"
#include "plan/withdrawals.h"
#include "provider/exchanger.h"
#include "run/observation.h"

namespace verba {

/// Asks the providers (Exchanger::held), at most `parallelism` at a time: an answer for each of the withdrawals, in
/// their order. `cannot` hears of those that cannot be told, by the address of their step, and why; masked. Changes
/// nothing; no lock is needed. One thread: this one. SIGINT: what is under way is ended, then Interrupted is thrown.
std::vector<Holding> who_holds(const std::vector<Withdrawal>&, const Plan&, const ObservationSettings&,
                               const Viewpoint&,
                               const std::function<void(const std::string& address, const std::string& why)>& cannot);

}  // namespace verba
