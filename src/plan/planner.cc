// SPDX-License-Identifier: Apache-2.0
//
// Tasks are looked at in the order of the graph, so that when a task's turn comes everything it needs is decided: what
// is kept has the outputs that were recorded, what will change has outputs that are known after apply. A task whose
// inputs wait for those is planned as a change and looked at again when its turn comes in the run.
#include "plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "plan/definition.h"
#include "plan/diff.h"
#include "plan/inputs.h"
#include "plan/removal.h"
#include "plan/targets.h"
#include "plan/temporary.h"
#include "value/json.h"

namespace verba {
namespace {

/// What became of a task of the model.
enum class Fate : std::uint8_t {
  left_out,
  kept,
  changes,
  absent,  ///< temporary, and nothing that needs it has anything to do
};

std::string text_of_action(const Record& record) {
  return record.status == RecordStatus::started
             ? fmt::format("interrupted: how the last step on it ended (run {}) is not known", record.run)
             : fmt::format("the last step on it did not succeed (run {})", record.run);
}

std::string changed_fields(const std::vector<FieldChange>& changes) {
  if (changes.size() == 1) return changes[0].field + " changed";
  if (changes.size() == 2) return fmt::format("{} and {} changed", changes[0].field, changes[1].field);
  return fmt::format("{} and {} other fields changed", changes[0].field, changes.size() - 1);
}

class Planner {
 public:
  Planner(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
          Diagnostics& diagnostics)
      : model_(model), snapshot_(snapshot), aids_(aids), diagnostics_(diagnostics), surroundings_(aids.surroundings) {
    plan_.goal = goal;
    plan_.environment = model.environment.name;
    plan_.serial = snapshot.serial;
    surroundings_.run = planning_run();
    surroundings_.now = planning_now;
    surroundings_.outputs = [this](TaskId task) { return outputs_of(task); };
  }

  Plan apply();
  Plan destroy();
  Plan clean();

 private:
  void look_at_all(const Targets&);
  bool call_up_temporaries();
  void stand_aside(TaskId, const Inputs&);
  void clean_up(const Targets&);
  bool is_left_over(const Record&) const;
  void clean_after(TaskId);
  void look_at(TaskId);
  void decide(TaskId, const Record&, const Inputs&);
  void keep(TaskId, const Record&, const Inputs&);
  Step step_of(TaskId task, Action action, std::string reason) const;
  Step& change(TaskId task, Action action, std::string reason);
  void describe(Step&, const Record&, const Inputs&);
  std::optional<Value> outputs_of(TaskId);
  const Record* record_of(TaskId task) const;
  void find_orphans(const Targets&);
  bool is_only_forgotten(const Record&) const;
  void remove(std::size_t record, const std::string& reason);
  void order_steps();
  void order_removals();
  void take_in_order();
  void note_locks();

  const Model& model_;
  const Snapshot& snapshot_;
  const PlanningAids& aids_;
  Diagnostics& diagnostics_;
  Surroundings surroundings_;
  Plan plan_;
  std::vector<Fate> fates_;
  std::vector<std::optional<Value>> outputs_;         // of kept tasks, read when first asked for
  std::vector<Step> by_task_;                         // made in the order of the graph
  std::unordered_map<std::size_t, NodeId> removals_;  // record -> step
  std::vector<std::optional<TaskId>> called_up_;      // temporary tasks that are needed, and by whom
  Cleanings cleanings_;
  bool again_ = false;                                // what look_at() finds wrong was said before
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
  return outputs_[task];
}

Step Planner::step_of(TaskId task, Action action, std::string reason) const {
  const Task& t = model_.tasks[task];
  Step step;
  step.address = t.address;
  step.deployment = model_.deployments[t.deployment].name;
  step.type = t.type->name;
  step.account = model_.accounts[t.account].name;
  step.action = action;
  step.reason = std::move(reason);
  step.temporary = t.temporary;
  step.place = aids_.sources.place(t.where);
  return step;
}

Step& Planner::change(TaskId task, Action action, std::string reason) {
  fates_[task] = Fate::changes;
  Step step = step_of(task, action, std::move(reason));
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
  if (!redefine && needs == record.needs && task.protect == record.protect) return;
  Note note{record, id, redefine};
  note.record.needs = std::move(needs);
  note.record.protect = task.protect;
  note.record.place = aids_.sources.place(task.where);
  if (redefine) note.record.beside = inputs.beside;
  plan_.noted.push_back(std::move(note));
}

/// The fields that differ between what is recorded and what is wanted; contents of files too.
void Planner::describe(Step& step, const Record& record, const Inputs& inputs) {
  if (!record.definition) return;
  const Definition old = read_definition(aids_.store, *record.definition, record.address, aids_.sealer);
  step.changes = diff_values(old.counted(), inputs.resource.inputs);
  for (const FileInput& file : inputs.resource.files) {
    const auto before = std::ranges::find(old.resource.files, file.field, &FileInput::field);
    if (before == old.resource.files.end() || before->digest == file.digest) continue;
    step.changes.push_back(
        {fmt::format("{} ({})", file.field, file.path), Value(before->content), Value(file.content), true});
  }
}

const Field* replaced_field(const TaskType& type, const std::vector<FieldChange>& changes) {
  for (const FieldChange& change : changes) {
    const std::string_view top = std::string_view(change.field).substr(0, change.field.find_first_of(". "));
    const auto field = std::ranges::find(type.inputs, top, &Field::name);
    if (field != type.inputs.end() && field->replaces) return &*field;
  }
  return nullptr;
}

/// A task that is recorded: is it as wanted?
void Planner::decide(TaskId id, const Record& record, const Inputs& inputs) {
  const Task& task = model_.tasks[id];
  const std::string& account = model_.accounts[task.account].name;
  if (record.status != RecordStatus::deployed) {
    const Action again = record.definition ? Action::update : Action::create;
    Step& step = change(id, task.temporary ? Action::replace : again, text_of_action(record));
    step.waits = inputs.waits;
    describe(step, record, inputs);
    return;
  }
  if (record.type != task.type->name || record.account != account) {
    const bool type = record.type != task.type->name;
    Step& step = change(id, Action::replace, type ? "its type changed" : "its account changed");
    step.changes.push_back({type ? "type" : "account", Value(type ? record.type : record.account),
                            Value(type ? std::string(task.type->name) : account)});
    step.waits = inputs.waits;
    return;
  }
  if (task.trigger == Trigger::once) return keep(id, record, inputs);
  if (!inputs.waits && inputs.digest == record.inputs && task.trigger == Trigger::changed)
    return keep(id, record, inputs);
  Step& step = change(id, Action::update, "");
  step.waits = inputs.waits;
  describe(step, record, inputs);
  if (const Field* field = replaced_field(*task.type, step.changes)) {
    step.action = Action::replace;
    step.reason = fmt::format("{} changed, which needs a new one", field->name);
  } else if (task.trigger == Trigger::always) {
    step.action = Action::run;
    step.reason = "it runs every time";
  } else if (inputs.waits) {
    step.reason = step.changes.empty() ? "an input is known after apply"
                                       : fmt::format("{} is known after apply", step.changes[0].field);
  } else {
    step.reason = step.changes.empty() ? "its provider is of another version" : changed_fields(step.changes);
  }
}

void Planner::look_at(TaskId id) {
  const std::optional<bool> wanted = evaluate_condition(model_, id, surroundings_, diagnostics_);
  if (wanted && !*wanted) return;  // left out: if it is recorded it is an orphan
  const std::optional<Inputs> inputs = evaluate_inputs(model_, id, surroundings_, aids_.sealer, diagnostics_);
  if (!inputs) {
    fates_[id] = Fate::changes;  // one mistake is one message: those that read its outputs just wait for them
    return;
  }
  if (const Provider* provider = aids_.providers.find(model_.tasks[id].type->name); provider && !again_) {
    provider->validate(inputs->resource.inputs, model_.tasks[id].where, diagnostics_);
  }
  const std::optional<TaskId> user = called_up_[id];
  if (model_.tasks[id].temporary && !user) return stand_aside(id, *inputs);
  const Record* record = record_of(id);
  if (record && wanted) return decide(id, *record, *inputs);
  const std::string reason = user ? fmt::format("temporary: {} needs it", model_.tasks[*user].address) : "not deployed yet";
  Step& step = change(id, record ? Action::update : Action::create,
                      wanted ? reason : "whether it is wanted is known after apply");
  step.waits = inputs->waits || !wanted;
  if (record) {
    describe(step, *record, *inputs);
  } else {
    step.changes = diff_values(Value(Map()), inputs->resource.inputs);
  }
}

bool Planner::is_only_forgotten(const Record& record) const {
  const Provider* provider = aids_.providers.find(record.type);
  const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
  if (!provider || !digest) return false;
  return !provider->can_remove(read_definition(aids_.store, *digest, record.address, aids_.sealer).resource);
}

void Planner::remove(std::size_t record_index, const std::string& reason) {
  const Record& record = snapshot_.records[record_index];
  if (record.protect) {
    diagnostics_.error("plan.protected", fmt::format("{} is protected, it cannot be deleted", record.address), {},
                       "set `protect: false` on the task and apply, then delete it");
  }
  Step step;
  step.address = record.address;
  step.deployment = record.deployment;
  step.type = record.type;
  step.account = record.account;
  step.action = Action::remove;
  step.reason = is_only_forgotten(record) ? reason + "; nothing says how to delete it, it is only forgotten" : reason;
  step.interrupted = record.status != RecordStatus::deployed;
  step.record = record_index;
  step.place = record.place;
  removals_[record_index] = static_cast<NodeId>(plan_.steps.size());
  plan_.steps.push_back(std::move(step));
}

/// One look at every task, with the temporary ones that are called up so far.
void Planner::look_at_all(const Targets& targets) {
  fates_.assign(model_.tasks.size(), Fate::left_out);
  outputs_.assign(model_.tasks.size(), std::nullopt);
  by_task_.clear();
  plan_.noted.clear();
  for (const NodeId node : order(model_.graph)) {
    if (node < model_.tasks.size() && targets.has(static_cast<TaskId>(node))) look_at(node);
  }
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

/// Nobody needs it now. Its outputs are what they were, if it would be made of the same inputs.
void Planner::stand_aside(TaskId task, const Inputs& inputs) {
  fates_[task] = Fate::absent;
  const Record* last = snapshot_.last_known(model_.tasks[task].address);
  const bool same = !inputs.waits && last && last->definition && last->inputs == inputs.digest;
  outputs_[task] = same ? aids_.sealer.from_sealed_json(last->outputs, last->address) : Value(Unknown{});
}

/// Recorded, and nothing of this plan needs it.
bool Planner::is_left_over(const Record& record) const {
  const auto task = model_.by_address.find(record.address);
  if (task == model_.by_address.end()) return record.lifetime == Lifetime::temporary;
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
    plan_.steps.push_back(step_of(task, Action::remove, reason));
  }
  plan_.steps.back().temporary = true;
}

/// The last steps: what is temporary and was needed, or was left over, goes.
void Planner::clean_up(const Targets& targets) {
  for (TaskId task = 0; task < model_.tasks.size(); ++task) {
    const bool there = fates_[task] == Fate::kept || fates_[task] == Fate::changes;
    if (called_up_[task] && there) clean_after(task);
  }
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (!targets.has(record) || !is_left_over(record)) continue;
    remove(i, record.lifetime == Lifetime::temporary ? fmt::format("temporary: left over from run {}", record.run)
                                                     : "temporary: nothing that needs it has anything to do");
    plan_.steps.back().temporary = true;
  }
}

void Planner::find_orphans(const Targets& targets) {
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (is_left_over(record)) continue;
    const auto task = model_.by_address.find(record.address);
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

/// Steps keep their place; every other node of the model's graph, and every record that stands between deletes, becomes
/// a gate above them.
void Planner::order_steps() {
  if (plan_.steps.empty()) return;
  constexpr NodeId none = ~NodeId{0};
  std::vector<NodeId> of_model(model_.graph.size(), none);
  for (NodeId step = 0; step < plan_.steps.size(); ++step) {
    if (plan_.steps[step].task) of_model[*plan_.steps[step].task] = step;
  }
  auto next = static_cast<NodeId>(plan_.steps.size());
  for (NodeId& node : of_model) {
    if (node == none) node = next++;
  }
  std::vector<Graph::Edge> edges;
  order_cleaning(model_, cleanings_, of_model, edges);
  for (NodeId node = 0; node < model_.graph.size(); ++node) {
    for (const NodeId need : model_.graph.needs(node)) edges.emplace_back(of_model[node], of_model[need]);
  }
  if (!removals_.empty()) {
    const Graph removal = removal_order(snapshot_);
    std::vector<NodeId> of_record(removal.size(), none);
    for (NodeId r = 0; r < removal.size(); ++r) {
      if (const auto gone = removals_.find(r); gone != removals_.end()) {
        of_record[r] = gone->second;
      } else if (const auto task = r < snapshot_.records.size() ? model_.by_address.find(snapshot_.records[r].address)
                                                                : model_.by_address.end();
                 task != model_.by_address.end() && of_model[task->second] < plan_.steps.size()) {
        of_record[r] = of_model[task->second];
      } else {
        of_record[r] = next++;
      }
    }
    // Only a delete waits for its users: an update of what stays goes before the delete of what it no longer uses.
    for (NodeId used = 0; used < removal.size(); ++used) {
      const bool is_step = of_record[used] < plan_.steps.size();
      if (is_step && plan_.steps[of_record[used]].action != Action::remove) continue;
      for (const NodeId user : removal.needs(used)) edges.emplace_back(of_record[used], of_record[user]);
    }
  }
  plan_.graph = Graph(next, std::move(edges));
}

void Planner::note_locks() {
  std::set<std::string> deployments;
  for (const Step& step : plan_.steps) deployments.insert(step.deployment);
  for (const Note& note : plan_.noted) deployments.insert(note.record.deployment);
  for (const Record& record : plan_.forgotten) deployments.insert(record.deployment);
  plan_.locked.assign(deployments.begin(), deployments.end());
}

Plan Planner::apply() {
  const Targets targets(plan_.goal.targets, model_, snapshot_, Targets::Reach::what_they_need, diagnostics_);
  if (diagnostics_.has_errors()) return std::move(plan_);
  called_up_.resize(model_.tasks.size());
  do {
    look_at_all(targets);
  } while (call_up_temporaries());
  take_in_order();
  find_orphans(targets);
  clean_up(targets);
  order_steps();
  note_locks();
  return std::move(plan_);
}

Plan Planner::destroy() {
  const Targets targets(plan_.goal.targets, model_, snapshot_, Targets::Reach::who_needs_them, diagnostics_);
  if (diagnostics_.has_errors()) return std::move(plan_);
  fates_.assign(model_.tasks.size(), Fate::left_out);
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (targets.has(record)) remove(i, targets.named(record) ? "destroy" : "it needs what is deleted");
  }
  plan_.forgotten = forgotten_after(plan_, snapshot_);
  order_removals();
  note_locks();
  return std::move(plan_);
}

/// Deletes alone.
void Planner::order_removals() {
  if (plan_.steps.empty()) return;
  const Graph removal = removal_order(snapshot_);
  std::vector<NodeId> nodes(removal.size());
  auto next = static_cast<NodeId>(plan_.steps.size());
  for (NodeId r = 0; r < removal.size(); ++r) {
    const auto step = removals_.find(r);
    nodes[r] = step != removals_.end() ? step->second : next++;
  }
  std::vector<Graph::Edge> edges;
  for (NodeId used = 0; used < removal.size(); ++used) {
    for (const NodeId user : removal.needs(used)) edges.emplace_back(nodes[used], nodes[user]);
  }
  plan_.graph = Graph(next, std::move(edges));
}

Plan Planner::clean() {
  const Targets targets(plan_.goal.targets, model_, snapshot_, Targets::Reach::who_needs_them, diagnostics_);
  if (diagnostics_.has_errors()) return std::move(plan_);
  fates_.assign(model_.tasks.size(), Fate::left_out);
  called_up_.resize(model_.tasks.size());
  clean_up(targets);
  order_removals();
  note_locks();
  return std::move(plan_);
}

void append(std::string& out, const std::optional<Value>& value) {
  if (value) {
    to_canonical_json(*value, "", out);
  } else {
    out += '-';
  }
}

}  // namespace

Plan make_plan(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
               Diagnostics& diagnostics) {
  Planner planner(model, snapshot, goal, aids, diagnostics);
  switch (goal.kind) {
    case Goal::Kind::destroy:
      return planner.destroy();
    case Goal::Kind::clean:
      return planner.clean();
    case Goal::Kind::apply:
      break;
  }
  return planner.apply();
}

Digest digest_of(const Plan& plan) {
  std::string text = plan.environment + '\n' + fmt::format("{}\n", plan.serial);
  for (const Step& step : plan.steps) {
    text += fmt::format("{} {} {} {}\n", to_string(step.action), step.address, step.type, step.account);
    for (const FieldChange& change : step.changes) {
      text += change.field + ' ';
      append(text, change.before);
      text += ' ';
      append(text, change.after);
      text += '\n';
    }
  }
  for (const std::string& orphan : plan.orphans) text += "orphan " + orphan + '\n';
  return sha256(text);
}

}  // namespace verba
