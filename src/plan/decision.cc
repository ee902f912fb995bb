// SPDX-License-Identifier: Apache-2.0
#include "plan/decision.h"

#include <fmt/format.h>

#include <utility>

#include "plan/definition.h"
#include "plan/diff.h"
#include "plan/steps.h"

namespace verba {
namespace {

/// What was seen of it, when that is not what is recorded.
const Observed* drift_of(const Record& record, const PlanningAids& aids) {
  if (!aids.observed) return nullptr;
  const auto seen = aids.observed->find(record.address);
  if (seen == aids.observed->end()) return nullptr;
  const Observed::State state = seen->second.state;
  return state == Observed::State::absent || state == Observed::State::drifted ? &seen->second : nullptr;
}

/// "it is gone", "drifted: the port is closed".
std::string drift_reason(const Observed& seen) {
  const std::string_view what = seen.state == Observed::State::absent ? "it is gone" : "drifted";
  return seen.detail.empty() ? std::string(what) : fmt::format("{}: {}", what, seen.detail);
}

/// Is what is recorded, or was begun, another thing than the one that is wanted?
bool is_another(const Task& task, const Record& record, const Inputs& wanted, const PlanningAids& aids) {
  const std::optional<Digest> made = made_of(record);
  if (!made || task.occasion == Occasion::remove) return false;
  const Definition then = read_definition(aids.store, *made, record.address, aids.sealer);
  return replaced_field(*task.type, diff_values(then.counted(), wanted.resource.inputs)) != nullptr;
}

/// Why it is brought up to date. `drift`: null where there is none.
std::string reason_to_update(const Task& task, const Inputs& wanted, const std::vector<FieldChange>& changes,
                             const Observed* drift) {
  const bool known = !wanted.waits && !changes.empty();
  if (drift) return drift_reason(*drift) + (known ? "; " + changed_fields(changes) : "");
  if (task.trigger == Trigger::always) return "it runs every time";
  if (wanted.waits) return waiting_reason(changes);
  return known ? changed_fields(changes) : "its provider is of another version";
}

/// Why an update will not do.
std::string reason_to_replace(const Field& field, const Inputs& wanted) {
  const Value* value = wanted.resource.inputs.find(field.name);
  const bool is_open = value != nullptr && has_unknown(*value);
  return fmt::format("{} {}", field.name,
                     is_open ? "is known after apply, and may need a new one" : "changed, which needs a new one");
}

}  // namespace

std::optional<Decision> decide(const Model& model, TaskId id, const Record& record, const Inputs& wanted, bool missed,
                               const PlanningAids& aids) {
  const Task& task = model.tasks[id];
  const bool only_later = task.occasion == Occasion::remove;  // of what only acts later there is nothing to replace
  const auto because = [&](Action action, std::string reason) {
    return Decision{action, std::move(reason), changes_since(&record, action, wanted, aids)};
  };

  FieldChange move;
  const std::string elsewhere = moved(record, task.type->name, model.accounts[task.account], aids.store, &move);
  const Observed* drift = drift_of(record, aids);
  if (drift && drift->state == Observed::State::absent) {  // there is nothing to update
    Decision again = because(Action::create, drift_reason(*drift));
    again.repairs = true;
    return again;
  }
  if (record.status != RecordStatus::deployed) {  // what is half there goes the way that it was made, and there
    const bool other = !elsewhere.empty() || task.temporary || is_another(task, record, wanted, aids);
    const Action again = other ? Action::replace : record.definition ? Action::update : Action::create;
    Decision half = because(again, unfinished(record));
    half.drifted = drift != nullptr && again == Action::update;
    if (half.drifted) half.reason += "; " + drift_reason(*drift);
    if (!elsewhere.empty()) half.changes.insert(half.changes.begin(), std::move(move));
    return half;
  }
  if (!elsewhere.empty() && !only_later) return Decision{Action::replace, elsewhere, {std::move(move)}};
  if (missed) {
    Decision again = because(Action::update, "its outputs are not known, and something reads them");
    again.repairs = true;
    return again;
  }
  const bool same = !wanted.waits && wanted.digest == record.inputs;
  if (!drift && (task.trigger == Trigger::once || (same && task.trigger == Trigger::changed))) return std::nullopt;

  Decision update = because(Action::update, "");
  update.repairs = update.drifted = drift != nullptr;
  if (const Field* field = replaced_field(*task.type, update.changes); field && !only_later) {
    update.action = Action::replace;
    update.reason = reason_to_replace(*field, wanted);
    return update;
  }
  if (!drift && task.trigger == Trigger::always) update.action = Action::run;
  update.reason = reason_to_update(task, wanted, update.changes, drift);
  if (only_later) update.reason += fmt::format("; {}", only_recorded_reason);
  return update;
}

std::vector<FieldChange> changes_since(const Record* record, Action action, const Inputs& wanted,
                                       const PlanningAids& aids) {
  Definition old;
  old.resource.inputs = Map();
  const std::optional<Digest> made = !record                     ? std::nullopt
                                     : action == Action::replace ? made_of(*record)
                                                                 : record->definition;
  if (made) old = read_definition(aids.store, *made, record->address, aids.sealer);
  return changes_of(old, wanted.resource.inputs, wanted.resource.files);
}

}  // namespace verba
