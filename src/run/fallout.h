// SPDX-License-Identifier: Apache-2.0
// What failures lead to while a run goes on: where nothing new starts, and what is to be undone.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "manifest/model.h"
#include "plan/plan.h"
#include "plan/undo.h"

namespace verba {

/// Decides, and does nothing. Borrows plan and model.
class Fallout {
 public:
  Fallout(const Plan& plan, const Model& model) : plan_(plan), model_(model) {}

  /// A step failed, of a rollout one more than may. With `stop` and `rollback` nothing new starts in its deployment,
  /// with `rollback` what was done there is undone later, of a rollout the batch alone. True when nothing new starts
  /// now where it did until now.
  bool add(const Step& failed, StepStatus status);

  bool stops(const std::string& deployment) const { return stopped_.contains(deployment); }
  bool dooms_any() const { return !doomed_.empty() || !doomed_batches_.empty(); }
  const std::set<std::string>& doomed() const { return doomed_; }  ///< deployments; all that was done there
  const BatchesOfDeployments& doomed_batches() const { return doomed_batches_; }
  /// Of what runs before this one did: what is in doomed deployments, or all.
  std::vector<Done> carried() const;
  Milliseconds delay() const { return delay_; }  ///< before it is undone: the longest of those that are doomed

 private:
  const RollbackRules& rules_of(const Step&) const;

  const Plan& plan_;
  const Model& model_;
  std::set<std::string> stopped_;
  std::set<std::string> doomed_;
  BatchesOfDeployments doomed_batches_;
  bool dooms_whole_run_ = false;
  Milliseconds delay_{0};
};

}  // namespace verba
