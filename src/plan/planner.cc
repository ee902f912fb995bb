// SPDX-License-Identifier: Apache-2.0
//
// Tasks are looked at in the order of the graph, so that when a task's turn comes everything it needs is decided: what
// is kept has the outputs that were recorded, what will change has outputs that are known after apply. A task whose
// inputs wait for those is planned as a change and looked at again when its turn comes in the run.
#include "plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/error.h"
#include "manifest/address.h"
#include "plan/carried.h"
#include "plan/consequences.h"
#include "plan/decision.h"
#include "plan/definition.h"
#include "plan/deletion.h"
#include "plan/inputs.h"
#include "plan/moves.h"
#include "plan/occasions.h"
#include "plan/ordering.h"
#include "plan/protection.h"
#include "plan/regions.h"
#include "plan/removal.h"
#include "plan/rollback.h"
#include "plan/rollout.h"
#include "plan/steps.h"
#include "plan/targets.h"
#include "plan/temporary.h"
#include "plan/twins.h"
#include "plan/undo.h"

namespace verba {
namespace {

/// What became of a task of the model.
enum class Fate : std::uint8_t {
  left_out,
  kept,
  changes,
  absent,  ///< temporary, and nothing that needs it has anything to do
};

class Planner {
 public:
  /// `moves`: made in the snapshot already.
  Planner(const Model& model, const Snapshot& snapshot, const std::vector<Move>& moves, const Goal& goal,
          const PlanningAids& aids, Diagnostics& diagnostics)
      : model_(model),
        snapshot_(snapshot),
        moves_(moves),
        aids_(aids),
        diagnostics_(diagnostics),
        surroundings_(aids.surroundings),
        twins_(model),
        regions_(model, aids.surroundings, aids.store) {
    plan_.goal = goal;
    plan_.environment = model.environment.name;
    plan_.serial = snapshot.serial;
    surroundings_.run = planning_run();
    surroundings_.now = planning_now;
    surroundings_.outputs = [this](TaskId task) { return outputs_of(task); };
  }

  Plan plan();

 private:
  void look_at_all(const Targets&);
  bool call_up_temporaries();
  bool has_begun_to_delete(TaskId of_delete) const;
  void call_up_updates();
  void look_at_rollbacks();
  bool look_at_update(TaskId);
  void check_place(TaskId);
  bool look_again_for_outputs();
  void stand_aside(TaskId, const Inputs&);
  void clean_up(const Targets&);
  bool is_left_over(const Record&) const;
  void clean_after(TaskId);
  void look_at(TaskId);
  void validate(const Resource&, Where task);
  void plan_step(TaskId, const Record*, bool decided, const Inputs&);
  bool can_undo(TaskId, const Record*, const Inputs&) const;
  void bring_about(TaskId, const Record&, const Inputs&);
  void keep(TaskId, const Record&, const Inputs&);
  Step& change(TaskId task, Action action, std::string reason);
  std::optional<Value> outputs_of(TaskId);
  const Record* record_of(TaskId task) const;
  void find_orphans(const Targets&);
  void remove(std::size_t record, const std::string& reason);
  void take_in_order();

  const Model& model_;
  const Snapshot& snapshot_;
  const std::vector<Move>& moves_;
  const PlanningAids& aids_;
  Diagnostics& diagnostics_;
  Surroundings surroundings_;
  Plan plan_;
  std::vector<Fate> fates_;
  std::vector<std::optional<Value>> outputs_;  // of kept tasks, read when first asked for
  std::vector<Step> by_task_;                  // made in the order of the graph
  Removals removals_;
  std::set<TaskId> missed_;                       // somebody reads their outputs, which nobody knows: they run again
  std::set<TaskId> missed_now_;                   // found in this look
  std::vector<std::optional<TaskId>> called_up_;  // temporary tasks that are needed, and by whom
  Cleanings cleanings_;
  Twins twins_;
  Regions regions_;
  bool again_ = false;  // what look_at() finds wrong was said before
};

const Record* Planner::record_of(TaskId task) const {
  return snapshot_.find(model_.tasks[task].address);
}

std::optional<Value> Planner::outputs_of(TaskId task) {
  if (fates_[task] == Fate::changes) return Value(Unknown{});
  if (outputs_[task]) return outputs_[task];
  const Record* record = record_of(task);
  if (!record || record->status == RecordStatus::started) return std::nullopt;
  outputs_[task] = aids_.sealer.from_sealed_json(record->outputs, record->address);
  if (outputs_[task]->is_null()) {
    missed_now_.insert(task);
    outputs_[task].emplace(Unknown{});
  }
  return outputs_[task];
}

Step& Planner::change(TaskId task, Action action, std::string reason) {
  fates_[task] = Fate::changes;
  Step step = step_of(model_, task, action, std::move(reason));
  step.place = aids_.sources.place(model_.tasks[task].where);
  step.task = task;
  if (const Record* record = record_of(task)) {
    step.record = static_cast<std::size_t>(record - snapshot_.records.data());
    step.interrupted = record->status != RecordStatus::deployed;
  }
  return by_task_.emplace_back(std::move(step));
}

void Planner::keep(TaskId id, const Record& record, const Inputs& inputs) {
  fates_[id] = Fate::kept;
  const Task& task = model_.tasks[id];
  std::string needs = needs_of(model_, id);
  // A task that runs once keeps the inputs it ran with.
  const bool redefine = inputs.beside != record.beside && inputs.digest == record.inputs;
  const bool renews = is_for_a_while(plan_.goal, snapshot_, record.deployment, record.address) &&
                      (plan_.goal.ttl->count() > 0 || record.expires);
  if (!redefine && !renews && needs == record.needs && task.protect == record.protect) return;
  Note note{record, id, redefine, renews};
  note.record.needs = std::move(needs);
  note.record.protect = task.protect;
  note.record.place = aids_.sources.place(task.where);
  if (redefine) note.record.beside = inputs.beside;
  plan_.noted.push_back(std::move(note));
}

void Planner::look_at(TaskId id) {
  const std::optional<bool> wanted = evaluate_condition(model_, id, surroundings_, diagnostics_);
  if (wanted && !*wanted) return;  // left out: if it is recorded it is an orphan
  const std::optional<Inputs> inputs = evaluate_inputs(model_, id, surroundings_, aids_.sealer, diagnostics_);
  if (!inputs) {
    fates_[id] = Fate::changes;  // one mistake is one message: those that read its outputs just wait for them
    return;
  }
  if (!again_) validate(inputs->resource, model_.tasks[id].where);
  if (wanted) twins_.add(id, inputs->resource, diagnostics_);
  if (model_.tasks[id].is_called_up() && !called_up_[id]) return stand_aside(id, *inputs);
  const Record* record = record_of(id);
  if (record && record->inputs != inputs->digest) check_place(id);
  if (model_.tasks[id].occasion == Occasion::remove && has_begun_to_delete(id) && !again_) {
    diagnostics_.warning(
        "plan.half-deleted",
        fmt::format("{} had begun to delete {}: what is still there is not known", record->address, record->deployment),
        model_.tasks[id].where,
        "`verba destroy` goes on with it; --refresh asks the checks of its tasks, where they have some");
  }
  plan_step(id, record, wanted.has_value(), *inputs);
  if (record && !again_) regions_.check(id, *record, fates_[id] == Fate::changes, diagnostics_);
  if (fates_[id] != Fate::changes) return;
  if (!again_) regions_.require(id, diagnostics_);
  by_task_.back().undoable = can_undo(id, record, *inputs);
  by_task_.back().wanted = digest_of(*inputs);
}

void Planner::validate(const Resource& resource, Where task) {
  if (const Provider* provider = aids_.providers.find(resource.type)) {
    provider->validate(resource.inputs, task, diagnostics_);
    provider->examine(resource, task, diagnostics_);
  }
  for (const StandIn& each : resource.instead) validate(each.resource, task);
}

bool Planner::can_undo(TaskId id, const Record* record, const Inputs& wanted) const {
  const Provider* provider = aids_.providers.find(model_.tasks[id].type->name);
  const DeploymentScope& home = model_.deployments[model_.tasks[id].deployment];
  const bool as_a_whole = !model_.tasks[id].rollout || home.rollback.whole_run;  // else its batch is undone alone
  if (as_a_whole && !home.on(Occasion::rollback).empty()) return true;
  const bool was_there = record && record->definition;
  // What is to make whole what was left half done leads to what would be put back.
  const bool is_same = was_there && record->status != RecordStatus::deployed && record->inputs == wanted.digest &&
                       model_.tasks[id].occasion == Occasion::deploy;
  if (is_same && !has_own_rollback(wanted.resource)) return false;
  return provider && provider->can_rollback(wanted.resource, was_there);
}

/// What is deployed under its name must be of the same list: else nobody would delete it.
void Planner::check_place(TaskId id) {
  const Record* record = record_of(id);
  if (!record || !record->definition) return;
  const Task& task = model_.tasks[id];
  const Occasion then =
      read_definition(aids_.store, *record->definition, record->address, aids_.sealer).resource.occasion;
  if (then == task.occasion && !leaves_no_record(task)) return;
  diagnostics_.error("plan.other-list", fmt::format("{} is deployed as a task of another list or type", task.address),
                     task.where, "give this one another name; the one that is deployed is then deleted by --prune");
}

/// What there is to do for it, if anything. `decided`: its condition is known to hold.
void Planner::plan_step(TaskId id, const Record* record, bool decided, const Inputs& inputs) {
  const bool asks = model_.tasks[id].asks();
  if (record && decided && !asks) return bring_about(id, *record, inputs);
  const std::optional<TaskId> user = called_up_[id];
  const bool later = model_.tasks[id].occasion == Occasion::remove;
  const std::string reason = asks    ? fmt::format("{} needs it", model_.tasks[*user].address)
                             : user  ? fmt::format("temporary: {} needs it", model_.tasks[*user].address)
                             : later ? std::string(only_recorded_reason)
                                     : "not deployed yet";
  Step& step = change(id,
                      asks     ? Action::run
                      : record ? Action::update
                               : Action::create,
                      decided ? reason : "whether it is wanted is known after apply");
  step.waits = inputs.waits || !decided;
  step.changes = changes_since(record, step.action, inputs, aids_);
}

/// The same for a task that is recorded.
void Planner::bring_about(TaskId id, const Record& record, const Inputs& inputs) {
  std::optional<Decision> decision = decide(model_, id, record, inputs, missed_.contains(id), aids_);
  if (!decision) return keep(id, record, inputs);
  Step& step = change(id, decision->action, std::move(decision->reason));
  step.waits = inputs.waits;
  step.changes = std::move(decision->changes);
  if (step.action == Action::replace) step.stays = left_by_deleting(record, aids_);
  step.repairs = decision->repairs;
  step.drifted = decision->drifted;
}

void Planner::remove(std::size_t record, const std::string& reason) {
  removals_[record] = static_cast<NodeId>(plan_.steps.size());
  plan_.steps.push_back(removal_step(snapshot_, record, reason, aids_));
}

/// One look at every task, with the temporary ones that are called up so far.
void Planner::look_at_all(const Targets& targets) {
  fates_.assign(model_.tasks.size(), Fate::left_out);
  outputs_.assign(model_.tasks.size(), std::nullopt);
  by_task_.clear();
  plan_.noted.clear();
  for (const NodeId node : order(model_.graph)) {
    if (node >= model_.tasks.size() || !targets.has(static_cast<TaskId>(node))) continue;
    const Occasion occasion = model_.tasks[node].occasion;
    if (occasion == Occasion::deploy || occasion == Occasion::remove) look_at(node);
  }
  call_up_updates();
}

bool Planner::has_begun_to_delete(TaskId of_delete) const {
  const Record* record = record_of(of_delete);
  return record && record->status == RecordStatus::failed;
}

/// Where a deployment that is deployed changes, its update.tasks bring that about. Of one that was half deleted nobody
/// knows what is there to be updated: its tasks bring it about themselves.
void Planner::call_up_updates() {
  std::map<DeploymentId, std::vector<std::size_t>> changed;  // steps by deployment
  for (std::size_t i = 0; i < by_task_.size(); ++i) {
    const Task& task = model_.tasks[*by_task_[i].task];
    const bool updated = by_task_[i].action == Action::update || by_task_[i].action == Action::replace;
    const Record* record = record_of(*by_task_[i].task);
    const bool is_there = record && record->definition && !missed_.contains(*by_task_[i].task);
    const bool brought_about = task.occasion == Occasion::deploy && !task.temporary && updated && is_there;
    const DeploymentScope& home = model_.deployments[task.deployment];
    if (!brought_about || home.on(Occasion::update).empty()) continue;
    const auto has_begun = [this](TaskId id) { return has_begun_to_delete(id); };
    if (std::ranges::any_of(home.on(Occasion::remove), has_begun)) continue;
    changed[task.deployment].push_back(i);
  }
  for (const auto& [deployment, steps] : changed) {
    bool any = false;
    for (const TaskId update : model_.deployments[deployment].on(Occasion::update)) any = look_at_update(update) || any;
    if (!any) continue;  // none is wanted
    for (const std::size_t i : steps) {
      Step& step = by_task_[i];
      step.only_recorded = true;
      step.undoable = !model_.deployments[deployment].on(Occasion::rollback).empty();
      if (step.action == Action::replace) step.action = Action::update;
      step.stays.clear();
      step.reason += "; update.tasks bring it about";
    }
  }
}

/// What rollback.tasks would be given must be right before anything runs.
void Planner::look_at_rollbacks() {
  Surroundings around = surroundings_;
  around.outputs = nullptr;  // what they read is what is known then
  std::set<DeploymentId> changed;
  for (const Step& step : plan_.steps) {
    if (step.task) changed.insert(model_.tasks[*step.task].deployment);
  }
  for (const DeploymentId deployment : changed) {
    for (const TaskId id : model_.deployments[deployment].on(Occasion::rollback)) {
      const std::optional<bool> wanted = evaluate_condition(model_, id, around, diagnostics_);
      if (wanted && !*wanted) continue;
      const std::optional<Inputs> inputs = evaluate_inputs(model_, id, around, aids_.sealer, diagnostics_);
      if (!inputs) continue;
      validate(inputs->resource, model_.tasks[id].where);
      plan_.rollbacks.push_back(digest_of(*inputs));
    }
  }
}

/// False when its condition says that it is not wanted.
bool Planner::look_at_update(TaskId id) {
  const std::optional<bool> wanted = evaluate_condition(model_, id, surroundings_, diagnostics_);
  if (wanted && !*wanted) return false;
  const std::optional<Inputs> inputs = evaluate_inputs(model_, id, surroundings_, aids_.sealer, diagnostics_);
  fates_[id] = Fate::changes;
  if (!inputs) return true;
  if (!again_) validate(inputs->resource, model_.tasks[id].where);
  const Record* record = record_of(id);
  const bool done =
      record && record->status == RecordStatus::deployed && !inputs->waits && record->inputs == inputs->digest;
  if (done) {  // by a run that did not come to its end
    fates_[id] = Fate::kept;
    return true;
  }
  Step& step = change(id, Action::run, fmt::format("{} changes", model_.deployments[model_.tasks[id].deployment].name));
  step.waits = inputs->waits || !wanted;
  step.undoable = !model_.deployments[model_.tasks[id].deployment].on(Occasion::rollback).empty();
  step.changes = changes_since(nullptr, step.action, *inputs, aids_);
  step.wanted = digest_of(*inputs);
  return true;
}

/// Whether there are any more of them than before: those that read their outputs must be looked at again.
bool Planner::call_up_temporaries() {
  if (diagnostics_.has_errors()) return false;
  std::vector<bool> changes(fates_.size());
  for (TaskId task = 0; task < changes.size(); ++task) changes[task] = fates_[task] == Fate::changes;
  const std::vector<std::optional<TaskId>> needed = needed_temporaries(model_, changes);
  bool more = false;
  for (TaskId task = 0; task < needed.size(); ++task) {
    if (!needed[task] || called_up_[task] || fates_[task] != Fate::absent) continue;
    called_up_[task] = needed[task];
    more = true;
  }
  again_ = more;
  return more;
}

/// Of what was taken for done after a crash nobody knows the outputs. Nobody minds, unless they are read.
bool Planner::look_again_for_outputs() {
  const std::size_t before = missed_.size();
  missed_.merge(missed_now_);
  missed_now_.clear();
  again_ = !diagnostics_.has_errors() && missed_.size() > before;
  return again_;
}

/// Nobody needs it now. Its outputs are what they were, if it would be made of the same inputs.
void Planner::stand_aside(TaskId task, const Inputs& inputs) {
  fates_[task] = Fate::absent;
  if (model_.tasks[task].asks()) {
    outputs_[task].emplace(Map());  // it has none
    return;
  }
  const Record* last = snapshot_.last_known(model_.tasks[task].address);
  const bool same = !inputs.waits && last && last->definition && last->inputs == inputs.digest;
  if (same) outputs_[task] = aids_.sealer.from_sealed_json(last->outputs, last->address);
  if (!same || outputs_[task]->is_null()) outputs_[task].emplace(Unknown{});
}

/// Recorded, and nothing of this plan needs it.
bool Planner::is_left_over(const Record& record) const {
  const auto task = model_.by_address.find(record.address);
  if (task == model_.by_address.end()) return record.lifetime == Lifetime::temporary;
  if (leaves_no_record(model_.tasks[task->second])) return false;
  const Fate fate = fates_[task->second];
  if (fate == Fate::kept || fate == Fate::changes) return false;
  return record.lifetime == Lifetime::temporary || fate == Fate::absent;
}

void Planner::clean_after(TaskId task) {
  cleanings_[task] = static_cast<NodeId>(plan_.steps.size());
  const std::string reason = "temporary: its last user is done";
  if (const Record* record = record_of(task)) {
    remove(static_cast<std::size_t>(record - snapshot_.records.data()), reason);
  } else {
    plan_.steps.push_back(step_of(model_, task, Action::remove, reason));
    plan_.steps.back().place = aids_.sources.place(model_.tasks[task].where);
  }
  plan_.steps.back().temporary = true;
}

/// The last steps: what is temporary and was needed, or was left over, goes.
void Planner::clean_up(const Targets& targets) {
  for (TaskId task = 0; task < model_.tasks.size(); ++task) {
    const bool there = fates_[task] == Fate::kept || fates_[task] == Fate::changes;
    if (called_up_[task] && there && model_.tasks[task].temporary) clean_after(task);
  }
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (!targets.has(record) || !is_left_over(record)) continue;
    remove(i, record.lifetime == Lifetime::temporary ? left_over(record)
                                                     : "temporary: nothing that needs it has anything to do");
    plan_.steps.back().temporary = true;
  }
}

void Planner::find_orphans(const Targets& targets) {
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (is_left_over(record)) continue;
    const auto task = model_.by_address.find(record.address);
    if (task != model_.by_address.end() && model_.tasks[task->second].occasion == Occasion::update) {
      if (targets.has(record)) check_place(task->second);
      continue;
    }
    if (task != model_.by_address.end() && leaves_no_record(model_.tasks[task->second])) {
      // Only of a step that was broken off; check_place() refuses what was deployed.
      const bool left = !record.definition && fates_[task->second] != Fate::changes;
      if (left && targets.has(record)) plan_.forgotten.push_back(record);
      if (record.definition && targets.has(record)) check_place(task->second);
      continue;
    }
    const bool gone =
        task == model_.by_address.end() || (fates_[task->second] == Fate::left_out && targets.has(task->second));
    if (!gone || !targets.has(record)) continue;
    if (plan_.goal.prune) {
      remove(i, task == model_.by_address.end() ? "gone from the manifests" : "its condition is false");
    } else {
      plan_.orphans.push_back(record.address);
    }
  }
}

/// The steps of tasks were made in the order of the graph; people read them in the order of the manifests.
void Planner::take_in_order() {
  std::ranges::sort(by_task_, {}, [](const Step& step) { return *step.task; });
  plan_.steps = std::move(by_task_);
  for (TaskId task = 0; task < model_.tasks.size(); ++task) {
    if (fates_[task] == Fate::kept) plan_.kept.push_back(model_.tasks[task].address);
  }
}

Plan Planner::plan() {
  const Targets targets(plan_.goal.targets, model_, snapshot_, Targets::Reach::what_they_need, diagnostics_);
  if (diagnostics_.has_errors()) return std::move(plan_);
  called_up_.resize(model_.tasks.size());
  do {
    look_at_all(targets);
  } while (call_up_temporaries() || look_again_for_outputs());
  take_in_order();
  look_at_rollbacks();
  find_orphans(targets);
  clean_up(targets);
  plan_.graph = order_of_changes(model_, snapshot_, plan_.steps, removals_, cleanings_);
  cut_into_batches(plan_, model_);
  order_batches(plan_, model_, diagnostics_);
  plan_.locked = touched_deployments(plan_);
  note_carried(plan_, model_, snapshot_, moves_, aids_);
  plan_.consequences = consequences_of(plan_, model_);
  conclude(plan_, snapshot_, moves_, aids_);
  return std::move(plan_);
}

}  // namespace

Plan make_plan(const Model& model, Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
               Diagnostics& diagnostics) {
  if (goal.undoes) return make_undoing(model, snapshot, goal, aids);
  if (goal.kind == Goal::Kind::rollback) {
    Plan plan = make_rollback(snapshot, goal, aids, diagnostics);
    settle_deletes(plan, snapshot);
    check_deletes(model, snapshot, plan, aids, diagnostics);
    return plan;
  }
  Moved moved = rename(snapshot, renamings_of(model, snapshot, goal), aids.sealer);
  Plan plan = goal.kind == Goal::Kind::destroy ? make_destroy(model, snapshot, goal, aids, diagnostics)
              : goal.kind == Goal::Kind::clean ? make_clean(model, snapshot, goal, aids, diagnostics)
                                               : Planner(model, snapshot, moved.moves, goal, aids, diagnostics).plan();
  settle_deletes(plan, snapshot);
  if (!moved.moves.empty()) add_to(plan, std::move(moved));
  check_deletes(model, snapshot, plan, aids, diagnostics);
  return plan;
}

}  // namespace verba
