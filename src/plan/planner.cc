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
#include "plan/moves.h"
#include "plan/protection.h"
#include "plan/removal.h"
#include "plan/rollback.h"
#include "plan/steps.h"
#include "plan/targets.h"
#include "value/json.h"

namespace verba {
namespace {

/// What became of a task of the model.
enum class Fate : std::uint8_t { left_out, kept, changes };

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

 private:
  void look_at(TaskId);
  void decide(TaskId, const Record&, const Inputs&);
  void keep(TaskId, const Record&, const Inputs&);
  Step& change(TaskId task, Action action, std::string reason);
  void describe(Step&, const Record&, const Inputs&);
  const Observed* drift_of(const Record&) const;
  void make_again(TaskId, const Record&, const Inputs&, const Observed&);
  std::optional<Value> outputs_of(TaskId);
  const Record* record_of(TaskId task) const;
  void find_orphans(const Targets&);
  void remove(std::size_t record, const std::string& reason);
  void order_steps();
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

Step& Planner::change(TaskId task, Action action, std::string reason) {
  fates_[task] = Fate::changes;
  const Task& t = model_.tasks[task];
  Step step;
  step.address = t.address;
  step.deployment = model_.deployments[t.deployment].name;
  step.type = t.type->name;
  step.account = model_.accounts[t.account].name;
  step.action = action;
  step.reason = std::move(reason);
  step.task = task;
  step.place = aids_.sources.place(t.where);
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
  step.changes = changes_of(old, inputs.resource.inputs, inputs.resource.files);
}

/// What was seen of it, when that is not what is recorded.
const Observed* Planner::drift_of(const Record& record) const {
  if (!aids_.observed) return nullptr;
  const auto seen = aids_.observed->find(record.address);
  if (seen == aids_.observed->end()) return nullptr;
  const Observed::State state = seen->second.state;
  return state == Observed::State::absent || state == Observed::State::drifted ? &seen->second : nullptr;
}

/// It is recorded, but gone: there is nothing to update.
void Planner::make_again(TaskId id, const Record& record, const Inputs& inputs, const Observed& seen) {
  Step& step = change(id, Action::create, drift_reason(seen));
  step.waits = inputs.waits;
  step.repairs = true;
  describe(step, record, inputs);
}

/// A task that is recorded: is it as wanted?
void Planner::decide(TaskId id, const Record& record, const Inputs& inputs) {
  const Task& task = model_.tasks[id];
  const std::string& account = model_.accounts[task.account].name;
  const Observed* drift = drift_of(record);
  if (drift && drift->state == Observed::State::absent) return make_again(id, record, inputs, *drift);
  if (record.status != RecordStatus::deployed) {
    Step& step = change(id, record.definition ? Action::update : Action::create, unfinished(record));
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
  if (task.trigger == Trigger::once && !drift) return keep(id, record, inputs);
  if (!inputs.waits && inputs.digest == record.inputs && task.trigger == Trigger::changed && !drift)
    return keep(id, record, inputs);
  Step& step = change(id, Action::update, "");
  step.waits = inputs.waits;
  step.repairs = drift != nullptr;
  describe(step, record, inputs);
  if (const Field* field = replaced_field(*task.type, step.changes)) {
    step.action = Action::replace;
    step.reason = fmt::format("{} changed, which needs a new one", field->name);
  } else if (drift) {
    step.reason = drift_reason(*drift);
    if (!inputs.waits && !step.changes.empty()) step.reason += "; " + changed_fields(step.changes);
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
  if (const Provider* provider = aids_.providers.find(model_.tasks[id].type->name)) {
    provider->validate(inputs->resource.inputs, model_.tasks[id].where, diagnostics_);
  }
  const Record* record = record_of(id);
  if (record && wanted) return decide(id, *record, *inputs);
  Step& step = change(id, record ? Action::update : Action::create,
                      wanted ? "not deployed yet" : "whether it is wanted is known after apply");
  step.waits = inputs->waits || !wanted;
  if (record) {
    describe(step, *record, *inputs);
  } else {
    step.changes = diff_values(Value(Map()), inputs->resource.inputs);
  }
}

void Planner::remove(std::size_t record, const std::string& reason) {
  removals_[record] = static_cast<NodeId>(plan_.steps.size());
  plan_.steps.push_back(removal_step(snapshot_, record, reason, aids_, diagnostics_));
}

void Planner::find_orphans(const Targets& targets) {
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
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
  plan_.locked.assign(deployments.begin(), deployments.end());
}

Plan Planner::apply() {
  const Targets targets(plan_.goal.targets, model_, snapshot_, Targets::Reach::what_they_need, diagnostics_);
  if (diagnostics_.has_errors()) return std::move(plan_);
  fates_.assign(model_.tasks.size(), Fate::left_out);
  outputs_.resize(model_.tasks.size());
  for (const NodeId node : order(model_.graph)) {
    if (node < model_.tasks.size() && targets.has(static_cast<TaskId>(node))) look_at(node);
  }
  take_in_order();
  find_orphans(targets);
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
  if (plan_.steps.empty()) return std::move(plan_);
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

/// Moves come first: what keep() notes of a record is written after them.
void add_moves(Plan& plan, Moved moved) {
  std::set<std::string> locked(plan.locked.begin(), plan.locked.end());
  for (const Move& move : moved.moves) locked.insert({move.from_deployment, move.record.deployment});
  std::vector<Note> noted;
  for (Record& user : moved.users) {
    locked.insert(user.deployment);
    noted.push_back({std::move(user)});
  }
  plan.noted.insert(plan.noted.begin(), std::make_move_iterator(noted.begin()), std::make_move_iterator(noted.end()));
  plan.locked.assign(locked.begin(), locked.end());
  plan.moves = std::move(moved.moves);
}

}  // namespace

Plan make_plan(const Model& model, Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
               Diagnostics& diagnostics) {
  if (goal.kind == Goal::Kind::rollback) {
    Plan plan = make_rollback(snapshot, goal, aids, diagnostics);
    check_deletes(model, plan, diagnostics);
    return plan;
  }
  Moved moved = rename(snapshot, renamings_of(model, snapshot, goal), aids.sealer);
  Planner planner(model, snapshot, goal, aids, diagnostics);
  Plan plan = goal.kind == Goal::Kind::apply ? planner.apply() : planner.destroy();
  if (!moved.moves.empty()) add_moves(plan, std::move(moved));
  check_deletes(model, plan, diagnostics);
  return plan;
}

std::string drift_reason(const Observed& seen) {
  const std::string_view what = seen.state == Observed::State::absent ? "it is gone" : "drifted";
  return seen.detail.empty() ? std::string(what) : fmt::format("{}: {}", what, seen.detail);
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
  for (const Move& move : plan.moves) text += fmt::format("move {} {}\n", move.from, move.record.address);
  for (const std::string& orphan : plan.orphans) text += "orphan " + orphan + '\n';
  return sha256(text);
}

}  // namespace verba
