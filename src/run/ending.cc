// SPDX-License-Identifier: Apache-2.0
#include "run/ending.h"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "plan/temporary.h"

namespace verba {
namespace {

using enum StepStatus;

bool any(std::span<const StepStatus> statuses, std::initializer_list<StepStatus> wanted) {
  return std::ranges::any_of(statuses,
                             [&](StepStatus status) { return std::ranges::find(wanted, status) != wanted.end(); });
}

/// What nothing can undo is skipped, and so is what waits for a failed one: the latter never without the failed one.
RunStatus status_of_undoing(const Ending& ending) {
  const std::span<const StepStatus> all = ending.statuses;
  const std::size_t planned = ending.plan.steps.size();
  const std::size_t cleaning = first_cleaning(ending.plan);
  const bool whole = !any(all.subspan(planned), {failed, in_doubt, cancelled, pending}) &&
                     !any(all.subspan(cleaning, planned - cleaning), {failed});
  if (!whole) return RunStatus::rollback_failed;
  const bool keeps = keeps_some(*ending.undo, ending.plan, ending.begun, ending.doomed_batches);
  return keeps ? RunStatus::failed : RunStatus::rolled_back;
}

}  // namespace

RunStatus status_of(const Ending& ending) {
  const std::span<const StepStatus> all = ending.statuses;
  const std::size_t planned = ending.plan.steps.size();
  if (ending.stopped && (ending.undo_is_due || any(all, {pending, cancelled, in_doubt}))) return RunStatus::cancelled;
  if (all.size() > planned) return status_of_undoing(ending);
  const bool good = !any(all, {failed, in_doubt, pending});
  if (ending.plan.goal.undoes)
    return good ? RunStatus::rolled_back : RunStatus::rollback_failed;  // it goes on with one
  return good ? RunStatus::succeeded : RunStatus::failed;
}

}  // namespace verba
