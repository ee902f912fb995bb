// SPDX-License-Identifier: Apache-2.0
// What every way to make a plan says about its steps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/definition.h"
#include "plan/plan.h"
#include "plan/planner.h"

namespace verba {

/// What acts and is forgotten: in the place of an undoing, or to ask people.
bool leaves_no_record(const Task&);
/// All that a task of the model says of a step, but for `task`, which a delete has not, and `place`.
Step step_of(const Model&, TaskId, Action, std::string reason);

/// Fields that differ between what is recorded and what is wanted; contents of files too. `inputs`: those that count.
std::vector<FieldChange> changes_of(const Definition& old, const Value& inputs, const std::vector<FileInput>& files);

/// "environment.SITE changed". REQUIRES: there are some.
/// Of an update with inputs that are known after apply: what has changed for sure, or else what is waited for.
std::string waiting_reason(const std::vector<FieldChange>&);
std::string changed_fields(const std::vector<FieldChange>& changes);

/// The first changed field that needs a new thing.
const Field* replaced_field(const TaskType& type, const std::vector<FieldChange>& changes);
/// What was last there, or begun: the good definition, or else the one that was never finished.
std::optional<Digest> made_of(const Record&);
/// Is one another thing than the other? REQUIRES: resources of one address; the type of both, where they have one.
bool is_other_thing(const Resource& one, const Resource& other, const TaskType&);
/// Why a record stands for another thing than `type` in `account` would be, whatever the inputs: "its account changed";
/// and in `change` what that was. "": it does not.
std::string moved(const Record&, std::string_view type, const Account& account, Store&, FieldChange* change);

/// Why one of delete.tasks has a step.
inline constexpr std::string_view only_recorded_reason = "only recorded: it acts when its deployment is deleted";

/// Why a record that is not `deployed` needs a step.
std::string unfinished(const Record& record);

/// Why what is temporary and recorded between runs is deleted.
std::string left_over(const Record& record);

/// Deployments of which a plan does or records something; sorted.
std::vector<std::string> touched_deployments(const Plan&);

/// "created", "run": after "it was".
std::string_view participle(Action);

/// As it was deployed, or else as a try at it was begun.
std::optional<Resource> resource_of(const Record&, const PlanningAids&);

/// What stays when what is recorded is deleted; see TaskType::leaves.
std::vector<std::string> left_by_deleting(const Record&, const PlanningAids&);
std::vector<std::string> left_by_deleting(const Resource&, const Provider&);

/// What is added to the reason of a delete that does nothing.
inline constexpr std::string_view only_forgotten = "; nothing says how to delete it, it is only forgotten";
bool is_only_forgotten(const Step&);
/// The step that deletes the record of this index.
Step removal_step(const Snapshot&, std::size_t record, const std::string& reason, const PlanningAids&);

}  // namespace verba
