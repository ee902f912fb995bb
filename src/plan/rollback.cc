// SPDX-License-Identifier: Apache-2.0
#include "plan/rollback.h"
#include "manifest/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "plan/carried.h"
#include "plan/definition.h"
#include "plan/diff.h"
#include "plan/inputs.h"
#include "plan/moves.h"
#include "plan/ordering.h"
#include "plan/past.h"
#include "plan/removal.h"
#include "plan/rollout.h"
#include "plan/steps.h"
#include "plan/undo.h"
#include "value/json.h"

namespace verba {
namespace {

class Rollback {
 public:
  Rollback(const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids, Diagnostics& diagnostics)
      : snapshot_(snapshot),
        aids_(aids),
        diagnostics_(diagnostics),
        deployment_(goal.targets.at(0)),
        names_(aids.store, snapshot.environment) {
    plan_.goal = goal;
    plan_.environment = snapshot.environment;
    plan_.serial = snapshot.serial;
    then_.environment = snapshot.environment;
  }

  Plan make();

 private:
  void put_back(const std::string& address, const Digest& digest);
  void compare(Step step, const Record& record, const Definition& then);
  bool is_same(const Record& record, const Definition& now, const Digest& digest, const Definition& then) const;
  void note_rollout(const std::string& address, const Definition& latest);
  void keep(const Record& record, const Definition& now, const Digest& digest, Definition then);
  bool acts_for_others(const Record&) const;
  void remove_all(const std::vector<std::size_t>& records);
  StepNumber next_step() const { return static_cast<StepNumber>(plan_.steps.size()); }
  void call_up_temporaries();
  std::vector<NodeId> nodes_of(const Snapshot& records, const Graph& graph, NodeId& next) const;
  Graph order() const;

  const Snapshot& snapshot_;
  const PlanningAids& aids_;
  Diagnostics& diagnostics_;
  const std::string& deployment_;
  NamesOfToday names_;
  std::string when_;
  Plan plan_;
  Snapshot then_;                                 ///< addresses and needs of then
  std::map<std::string, RolloutRules> rollouts_;  ///< by address of an instance
  std::vector<Graph::Edge> cleanings_;            ///< the delete of a temporary thing, and what it waits for
};

/// Something that was there then.
void Rollback::put_back(const std::string& address, const Digest& digest) {
  const Record* now = snapshot_.find(address);
  const bool temporary = now ? now->lifetime == Lifetime::temporary : snapshot_.remembered(address) != nullptr;
  if (temporary) return;  // made when somebody needs it, and gone afterwards: nothing to go back to
  const Definition then = read_definition(aids_.store, digest, address, aids_.sealer);
  const Occasion occasion = then.resource.occasion;
  if (occasion == Occasion::update || occasion == Occasion::rollback) return;  // it acted, and was nothing that stays
  const Record* record = snapshot_.find(address);
  Record& past = then_.records.emplace_back();
  past.address = address;
  past.deployment = deployment_;
  past.needs = then.needs ? needs_of_today(*then.needs, names_, snapshot_) : record ? record->needs : past.needs;
  if (record) past.updated = record->updated;

  Step step;
  step.address = address;
  step.deployment = deployment_;
  step.type = then.resource.type;
  step.account = then.resource.account;
  step.restores = digest;
  step.needs = past.needs;
  step.occasion = occasion;
  if (record) return compare(std::move(step), *record, then);
  note_rollout(address, then);
  step.reason = "it was there " + when_;
  step.changes = diff_values(Value(Map()), then.counted());
  plan_.steps.push_back(std::move(step));
}

void Rollback::compare(Step step, const Record& record, const Definition& then) {
  step.record = static_cast<std::size_t>(&record - snapshot_.records.data());
  step.place = record.place;
  step.action = Action::update;
  step.interrupted = record.status != RecordStatus::deployed;
  if (!record.definition) {
    step.action = Action::create;
    step.reason = unfinished(record);
    note_rollout(record.address, then);
    plan_.steps.push_back(std::move(step));
    return;
  }
  const Definition now = read_definition(aids_.store, *record.definition, record.address, aids_.sealer);
  if (!step.interrupted && is_same(record, now, *step.restores, then)) return keep(record, now, *step.restores, then);
  note_rollout(record.address, now);
  step.changes = changes_of(now, then.counted(), then.resource.files);
  const Provider* provider = aids_.providers.find(step.type);
  const Field* replaced = provider ? replaced_field(provider->type(), step.changes) : nullptr;
  FieldChange move;
  const Account account =
      described_account(then.resource.account, then.resource.account_kind, then.resource.account_spec);
  const std::string elsewhere = moved(record, step.type, account, aids_.store, &move);
  if (replaced != nullptr || !elsewhere.empty()) {
    step.action = Action::replace;
    step.stays = left_by_deleting(record, aids_);
  }
  if (step.interrupted) {
    step.reason = unfinished(record);
  } else if (!elsewhere.empty()) {
    step.reason = elsewhere;
    step.changes = {std::move(move)};
  } else if (replaced != nullptr) {
    step.reason = fmt::format("{} changed, which needs a new one", replaced->name);
  } else {
    step.reason = step.changes.empty() ? "what counts for it changed" : changed_fields(step.changes);
  }
  plan_.steps.push_back(std::move(step));
}

void Rollback::note_rollout(const std::string& address, const Definition& latest) {
  if (latest.rollout) rollouts_.emplace(address, *latest.rollout);
}

/// Would going back be no change?
bool Rollback::is_same(const Record& record, const Definition& now, const Digest& digest,
                       const Definition& then) const {
  if (record.definition == digest) return true;
  const Provider* provider = aids_.providers.find(record.type);
  if (!provider || now.resource.type != then.resource.type) return false;
  return digest_of(now, provider->type(), aids_.sealer) == digest_of(then, provider->type(), aids_.sealer);
}

/// Nothing is done there; how it is deleted, checked or undone is as it was then. How to get there is as it is now.
void Rollback::keep(const Record& record, const Definition& now, const Digest& digest, Definition then) {
  plan_.kept.push_back(record.address);
  if (record.definition == digest) return;
  const Value way_of_then = then.resource.account_spec;
  take_over_account(then.resource, now.resource);
  Note note{record, 0, then.resource.account_spec != way_of_then};
  note.record.definition = digest;
  note.record.beside = beside_of(then, aids_.providers.find(record.type)->type(), aids_.sealer);
  if (then.needs) note.record.needs = needs_of_today(*then.needs, names_, snapshot_);
  plan_.noted.push_back(std::move(note));
}

/// One of update.tasks or delete.tasks: whoever needs the deployment has no need of that.
bool Rollback::acts_for_others(const Record& record) const {
  const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
  if (!digest) return false;
  const Definition definition = read_definition(aids_.store, *digest, record.address, aids_.sealer);
  return definition.resource.occasion != Occasion::deploy;
}

/// What was not there then; but what something that stays needs by now is kept.
void Rollback::remove_all(const std::vector<std::size_t>& records) {
  std::vector<bool> to_go(snapshot_.records.size());
  for (const std::size_t i : records) to_go[i] = true;
  const std::vector<const Record*> keepers = who_keeps(snapshot_, to_go);
  for (const std::size_t i : records) {
    const Record& record = snapshot_.records[i];
    if (keepers[i] == nullptr || acts_for_others(record)) {
      plan_.steps.push_back(removal_step(snapshot_, i, "it was not there " + when_, aids_));
      continue;
    }
    plan_.kept.push_back(record.address);
    diagnostics_.warning(
        "plan.needed",
        fmt::format("{} was not there {} and stays: {} needs it", record.address, when_, keepers[i]->address), {},
        keepers[i]->protect ? "" : fmt::format("`verba destroy {}` deletes it with what needs it", record.address));
  }
}

/// What is temporary is made for those that need it, as in every plan, of what it was made of when it was last there.
void Rollback::call_up_temporaries() {
  std::map<std::string, StepNumber> made;
  std::vector<std::pair<std::string, StepNumber>> uses;
  for (StepNumber user = 0; user < plan_.steps.size(); ++user) {  // a temporary one may need another
    if (!plan_.steps[user].restores || !plan_.steps[user].needs) continue;
    std::string why;
    const std::optional<Value> needs = parse_json(*plan_.steps[user].needs, why);
    for (const Value& need : needs && needs->is_list() ? needs->list() : List()) {
      const Record* last = need.is_string() ? snapshot_.remembered(need.string()) : nullptr;
      if (!last || !last->definition) continue;
      uses.emplace_back(last->address, user);
      if (!made.emplace(last->address, next_step()).second) continue;
      Step step;
      step.address = last->address;
      step.deployment = last->deployment;
      step.type = last->type;
      step.account = last->account;
      step.restores = last->definition;
      step.needs = last->needs;
      step.temporary = true;
      step.reason = fmt::format("temporary: {} needs it", plan_.steps[user].address);
      then_.records.push_back(*last);
      plan_.steps.push_back(std::move(step));
    }
  }
  std::ranges::sort(then_.records, {}, &Record::address);
  std::map<std::string, StepNumber> cleaned;
  for (const auto& [address, making] : made) {
    Step step = plan_.steps[making];
    step.action = Action::remove;
    step.reason = "temporary: its last user is done";
    step.restores.reset();
    cleanings_.emplace_back(next_step(), making);
    cleaned.emplace(address, next_step());
    plan_.steps.push_back(std::move(step));
  }
  for (const auto& [address, user] : uses) {
    cleanings_.emplace_back(cleaned.at(address), user);
    const auto first = cleaned.find(plan_.steps[user].address);
    if (first != cleaned.end()) cleanings_.emplace_back(cleaned.at(address), first->second);
  }
}

/// The node of each node of a graph over records: its step, or a gate of its own.
std::vector<NodeId> Rollback::nodes_of(const Snapshot& records, const Graph& graph, NodeId& next) const {
  std::map<std::string_view, NodeId> steps;
  for (NodeId step = 0; step < plan_.steps.size(); ++step) steps.emplace(plan_.steps[step].address, step);
  std::vector<NodeId> nodes(graph.size());
  for (NodeId node = 0; node < graph.size(); ++node) {
    const auto step = node < records.records.size() ? steps.find(records.records[node].address) : steps.end();
    nodes[node] = step == steps.end() ? next++ : step->second;
  }
  return nodes;
}

Graph Rollback::order() const {
  auto next = static_cast<NodeId>(plan_.steps.size());
  std::vector<Graph::Edge> edges;
  const Graph of_then = removal_order(then_);
  const std::vector<NodeId> then = nodes_of(then_, of_then, next);
  for (NodeId used = 0; used < of_then.size(); ++used) {
    for (const NodeId user : of_then.needs(used)) edges.emplace_back(then[user], then[used]);
  }
  const Graph of_now = removal_order(snapshot_);
  const std::vector<NodeId> now = nodes_of(snapshot_, of_now, next);
  order_deletes(of_now, snapshot_.records.size(), now, plan_.steps, edges);
  edges.insert(edges.end(), cleanings_.begin(), cleanings_.end());
  return {next, std::move(edges)};
}

Plan Rollback::make() {
  const std::optional<Past> past = past_of(aids_.store, snapshot_, names_, deployment_, plan_.goal.to, diagnostics_);
  if (!past) return std::move(plan_);
  names_.go_back_to({});  // what was recorded of needs may bear any name of then
  plan_.back_to = past->run;
  plan_.goal.to = past->run;  // who goes on with it means the same
  when_ = past->run == 0 ? "before the first run" : fmt::format("at the end of run {}", past->run);
  for (const auto& [address, digest] : past->definitions) put_back(address, digest);
  std::vector<std::size_t> gone;
  for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
    const Record& record = snapshot_.records[i];
    if (record.deployment == deployment_ && !past->definitions.contains(record.address)) gone.push_back(i);
  }
  remove_all(gone);
  call_up_temporaries();
  if (!plan_.steps.empty()) plan_.graph = order();
  cut_into_batches(plan_, rollouts_);
  order_batches(plan_, Model(), diagnostics_);  // no circle to be told of
  plan_.locked = touched_deployments(plan_);    // what is temporary may be of another one
  return std::move(plan_);
}

}  // namespace

Plan make_rollback(const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids, Diagnostics& diagnostics) {
  return Rollback(snapshot, goal, aids, diagnostics).make();
}

Plan make_undoing(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids) {
  const std::optional<Run> run = aids.store.run(goal.undoes.value());
  if (!run) throw Error(Error::Kind::state, "state.unknown-run", fmt::format("there is no run {}", *goal.undoes));
  Left left = left_by(*run, snapshot, aids);
  std::set<std::string> deployments(goal.targets.begin(), goal.targets.end());
  for (const Done& done : left.done) deployments.insert(done.step.deployment);

  Plan plan;
  plan.goal = goal;
  plan.environment = snapshot.environment;
  plan.serial = snapshot.serial;
  for (std::size_t i = 0; i < snapshot.records.size(); ++i) {
    const Record& record = snapshot.records[i];
    if (record.lifetime != Lifetime::temporary || !deployments.contains(record.deployment)) continue;
    plan.steps.push_back(removal_step(snapshot, i, left_over(record), aids));
    plan.steps.back().temporary = true;
  }
  std::vector<StepNumber> cleanings(plan.steps.size());
  std::iota(cleanings.begin(), cleanings.end(), 0);
  plan.graph = Graph(plan.steps.size(), {});
  Undo undo = undo_of({plan, {}, std::move(left.done), cleanings, left.led, left.leaders, snapshot, snapshot}, model);
  plan.done = std::move(undo.plan.done);
  std::vector<Step> steps;  // as the nodes of the undoing: what is temporary comes last
  for (const StepNumber step : undo.steps) steps.push_back(std::move(undo.plan.steps[step]));
  plan.steps = std::move(steps);
  plan.graph = plan.steps.empty() ? Graph() : std::move(undo.graph);
  plan.locked.assign(deployments.begin(), deployments.end());
  return plan;
}

}  // namespace verba
