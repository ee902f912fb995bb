// SPDX-License-Identifier: Apache-2.0
// Approvals of plans (Environment.spec.protection.approvals): who made one, who approved or rejected it. What is
// approved is the digest of a plan. All of it is in the events of the state ("plan.made", "plan.approved",
// "plan.rejected"): nothing is ever changed there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "cli/plan_file.h"
#include "cli/planning.h"

namespace verba {

/// What somebody said last of a plan.
struct Opinion {
  std::string who;
  bool approves = false;
  std::string reason;
  Instant at;
};

/// What is known of the plan of one digest.
struct PlanStory {
  std::string digest;
  std::string environment;
  std::int64_t serial = 0;  ///< of the environment's records that it was made from
  std::int64_t wanted = 0;  ///< approvals, when it was made
  std::string command;      ///< apply, destroy, rollback
  std::string text;         ///< as it was shown to who made it; without secrets
  std::string maker;        ///< who made it first; "": nobody did
  Instant made;
  std::vector<Opinion> opinions;  ///< one of each person, by name

  std::vector<std::string> approved_by() const;  ///< whose approval counts: not the maker's
  const Opinion* rejection() const;              ///< null when nobody is against it
};
/// Every plan that was made for others to approve, the oldest first.
std::vector<PlanStory> stories_of(Store&);
PlanStory story_of(Store&, const std::string& digest);

/// How many people have to approve a plan here; 0: none.
std::int64_t approvals_wanted(const Model&);

/// Does it need any, where some are wanted? Not when it changes nothing, and not what `verba gc` deletes.
bool needs_approvals(const Plan&);

/// Remembers who made it, unless that is known. For environments that want approvals, before it is given to others.
void remember_made(Call&, Desk&, const Plan&);
void remember_opinion(Call&, Store&, const PlanStory&, bool approves, const std::string& reason);

/// An error when the plan may not be carried out here: it is in no plan file, too few people approved it, or somebody
/// rejected it. A rollback needs no file: that it is refused is what asks for the approvals.
void check_approvals(Call&, Desk&, const Plan&, const std::optional<PlanFile>&, Diagnostics&);

/// Whose approvals it was carried out with; nobody, where none are wanted.
std::vector<std::string> approved_by(const Desk&, const Plan&);

/// "1 of 2 approvals", or "2 approvals" when they are enough or none are wanted.
std::string count_text(const PlanStory&, std::int64_t wanted);

}  // namespace verba
