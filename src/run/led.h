// SPDX-License-Identifier: Apache-2.0
// What the tasks of `update` and `delete` bring about or delete in a run, in the place of the steps that record it
// (plan/occasions.h): what state says of those meanwhile.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "manifest/model.h"
#include "plan/plan.h"
#include "run/journal.h"
#include "state/store.h"

namespace verba {

/// Writes into the journal. Borrows all.
class Led {
 public:
  Led(const Plan& plan, const Model& model, const Snapshot& snapshot, Journal& journal)
      : plan_(plan), model_(model), snapshot_(snapshot), journal_(journal) {}

  /// A task that leads others is about to act. All that it leads is begun with the first one of the deployment: until
  /// it is recorded or forgotten nobody can say how much of it is there. Gives the steps that have begun by that.
  std::vector<StepNumber> begin(const Step& leader, RunId);
  /// Has the step begun with one that leads it?
  bool has_begun(const Step&) const;
  /// What is recorded there is about to be changed by others.
  void doubt(Record, RunId);

  /// What is gone with the last of a deployment's delete.tasks is forgotten in the same commit: the steps.
  std::vector<StepNumber> forget_with(const Step& acted, const std::vector<StepStatus>&, Instant now);
  /// Once all that update.tasks brought about is recorded, of them nothing need be known any more.
  void forget_updates(const Step& recorded, const std::vector<StepStatus>&);

 private:
  const Plan& plan_;
  const Model& model_;
  const Snapshot& snapshot_;
  Journal& journal_;
  std::set<std::string> deployments_;  ///< in which one that leads has begun
};

}  // namespace verba
