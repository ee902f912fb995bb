// SPDX-License-Identifier: Apache-2.0
#include "plan/deletion.h"

#include <utility>

#include "plan/inputs.h"
#include "plan/ordering.h"
#include "plan/steps.h"
#include "plan/targets.h"
#include "plan/temporary.h"

namespace verba {
namespace {

class Deletion {
 public:
  Deletion(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
           Diagnostics& diagnostics)
      : model_(model),
        snapshot_(snapshot),
        aids_(aids),
        diagnostics_(diagnostics),
        targets_(goal.targets, model, snapshot, Targets::Reach::who_needs_them, diagnostics) {
    plan_.goal = goal;
    plan_.environment = model.environment.name;
    plan_.serial = snapshot.serial;
  }

  Plan destroy() {
    if (diagnostics_.has_errors()) return std::move(plan_);
    for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
      const Record& record = snapshot_.records[i];
      if (targets_.has(record)) remove(i, targets_.named(record) ? "destroy" : "it needs what is deleted");
    }
    plan_.forgotten = forgotten_after(plan_, snapshot_);
    return finished();
  }

  Plan clean() {
    if (diagnostics_.has_errors()) return std::move(plan_);
    for (std::size_t i = 0; i < snapshot_.records.size(); ++i) {
      const Record& record = snapshot_.records[i];
      if (!targets_.has(record) || !is_left_over(record)) continue;
      remove(i, left_over(record));
      plan_.steps.back().temporary = true;
    }
    for (const std::size_t record : expired_records(snapshot_, targets_, aids_.now, diagnostics_)) {
      if (!removals_.contains(record)) remove(record, "expired at " + to_string(*snapshot_.records[record].expires));
    }
    return finished();
  }

 private:
  bool is_left_over(const Record& record) const {
    const Task* task = model_.task(record.address);
    return record.lifetime == Lifetime::temporary && !(task && leaves_no_record(*task));
  }

  void remove(std::size_t record, const std::string& reason) {
    removals_[record] = static_cast<NodeId>(plan_.steps.size());
    plan_.steps.push_back(removal_step(snapshot_, record, reason, aids_));
    redefine(plan_.steps.back(), snapshot_.records[record]);
  }

  /// What could not be deleted the way that is recorded is deleted as its task says now, where only that has changed.
  void redefine(Step& step, const Record& record) {
    const auto task = model_.by_address.find(record.address);
    const Provider* provider = aids_.providers.find(record.type);
    if (record.status != RecordStatus::failed || !record.definition || task == model_.by_address.end() || !provider ||
        model_.tasks[task->second].type->name != record.type) {
      return;
    }
    Diagnostics mistakes;  // of the manifests: what is recorded is enough
    const std::optional<Inputs> inputs =
        evaluate_inputs(model_, task->second, recorded_surroundings(), aids_.sealer, mistakes);
    if (!inputs || inputs->waits || inputs->digest != record.inputs || inputs->beside == record.beside) return;
    const Definition then = read_definition(aids_.store, *record.definition, record.address, aids_.sealer);
    step.changes = changes_of(then, inputs->resource.inputs, inputs->resource.files);
    step.reason += step.changes.empty() ? "; how it is deleted changed" : "; " + changed_fields(step.changes);
    step.redefined_by = task->second;
    step.stays = left_by_deleting(inputs->resource, *provider);
  }

  /// In which outputs are what was recorded.
  Surroundings recorded_surroundings() const {
    Surroundings around = aids_.surroundings;
    around.run = planning_run();
    around.now = planning_now;
    around.outputs = [this](TaskId task) -> std::optional<Value> {
      const Record* record = snapshot_.find(model_.tasks[task].address);
      if (!record || record->status == RecordStatus::started) return std::nullopt;
      return aids_.sealer.from_sealed_json(record->outputs, record->address);
    };
    return around;
  }

  Plan finished() {
    plan_.graph = order_of_deletes(snapshot_, plan_.steps, removals_);
    plan_.locked = touched_deployments(plan_);
    return std::move(plan_);
  }

  const Model& model_;
  const Snapshot& snapshot_;
  const PlanningAids& aids_;
  Diagnostics& diagnostics_;
  const Targets targets_;
  Plan plan_;
  Removals removals_;
};

}  // namespace

Plan make_destroy(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
                  Diagnostics& diagnostics) {
  return Deletion(model, snapshot, goal, aids, diagnostics).destroy();
}

Plan make_clean(const Model& model, const Snapshot& snapshot, const Goal& goal, const PlanningAids& aids,
                Diagnostics& diagnostics) {
  return Deletion(model, snapshot, goal, aids, diagnostics).clean();
}

}  // namespace verba
