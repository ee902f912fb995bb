// SPDX-License-Identifier: Apache-2.0
#include "plan/carried.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "manifest/address.h"
#include "manifest/names.h"
#include "plan/consequences.h"
#include "plan/definition.h"
#include "plan/inputs.h"
#include "plan/moves.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t kRuns = 100;

bool is_open(const Run& run) {
  return run.status == RunStatus::interrupted || run.status == RunStatus::cancelled ||
         run.status == RunStatus::running;  // nobody has noticed yet that it died
}

bool is_apply(const Run& run) {
  return run.verb == to_string(Goal::Kind::apply);
}

/// Does a later apply go on with what this run did?
bool goes_on(const Run& run, const std::vector<StepRecord>& steps) {
  return is_open(run) && (is_apply(run) || std::ranges::any_of(steps, is_undoing));
}

/// One that was skipped although it was started had not begun when its run was killed.
bool has_ended(const StepRecord& step) {
  using enum StepStatus;
  return step.started && step.status != started && step.status != in_doubt && step.status != skipped;
}

std::optional<Action> action_named(std::string_view name) {
  using enum Action;
  for (const Action action : {create, update, replace, remove, run}) {
    if (to_string(action) == name) return action;
  }
  return std::nullopt;
}

std::optional<Value> plan_of(const Run& run, Store& store) {
  std::string why;
  return parse_json(store.plan_of(run.id).value_or(""), why);
}

/// Deployments of which all is as that run was to make it.
std::set<std::string> finished_in(const Run& run, const std::vector<StepRecord>& steps, Store& store,
                                  const NamesOfToday& names) {
  std::set<std::string> finished;
  if (!is_apply(run)) return finished;
  const std::optional<Value> plan = plan_of(run, store);
  const Value* kept = plan ? plan->find("kept") : nullptr;
  for (const Value& address : kept && kept->is_list() ? kept->list() : List()) {
    if (address.is_string()) finished.emplace(deployment_of(names.today(address.string())));
  }
  std::set<std::string_view> unfinished;  // as they were called then: what never was there has no name of today
  for (const StepRecord& step : steps) {
    const bool well = step.status == StepStatus::succeeded || step.status == StepStatus::unchanged;
    if (!well || is_undoing(step)) unfinished.insert(deployment_of(step.address));
  }
  for (const StepRecord& step : steps) {
    if (step.status == StepStatus::succeeded) finished.emplace(deployment_of(names.today(step.address)));
  }
  for (const StepRecord& step : steps) {
    if (unfinished.contains(deployment_of(step.address)))
      finished.erase(std::string(deployment_of(names.today(step.address))));
  }
  return finished;
}

/// How far back in a deployment: to where it was finished; or, as long as one run after the other went on with the one
/// before, to where the first of them began, whatever they had finished.
enum class Reach : std::uint8_t { deployment, whole_run };

/// Reads runs, the newest first.
class Reader {
 public:
  Reader(const Snapshot& now, const std::vector<Move>& moves, Reach reach, const PlanningAids& aids)
      : now_(now), aids_(aids), reach_(reach), names_(aids.store, now.environment, moves), all_names_(names_) {
    all_names_.go_back_to({});
  }

  /// What the run did in the deployments and is not undone; what it undid itself counts for older ones.
  void read(const Run& run, const std::vector<StepRecord>& steps, const std::set<std::string>& deployments);
  void read_back(const Run& run, const std::vector<StepRecord>& steps, std::set<std::string>& open);
  /// The oldest first. Of several at one address: what is before all of them.
  std::vector<Done> take();

 private:
  std::optional<Done> done_at(const Run& run, const StepRecord& step, const Value& planned) const;
  std::optional<Record> record_before(const StepRecord& step) const;
  std::string home_of(const StepRecord& step) const { return std::string(deployment_of(names_.today(step.address))); }

  const Snapshot& now_;
  const PlanningAids& aids_;
  Reach reach_;
  NamesOfToday names_;  ///< of the run that is read
  NamesOfToday all_names_;
  std::set<std::string> undone_;  ///< addresses
  std::vector<Done> found_;       ///< the newest first
};

/// The record of what was there before the step.
std::optional<Record> Reader::record_before(const StepRecord& step) const {
  if (!step.before) return std::nullopt;
  const std::string& address = names_.today(step.address);
  const Definition before = read_definition(aids_.store, *step.before, address, aids_.sealer);
  const Record* current = now_.find(address);
  Record record = current ? *current : Record();
  record.environment = now_.environment;
  record.address = address;
  record.deployment = deployment_of(address);
  record.type = before.resource.type;
  record.account = before.resource.account;
  record.status = RecordStatus::deployed;
  record.definition = step.before;
  record.pending.reset();
  const Value outputs = aids_.sealer.from_sealed_json(step.outputs_before.value_or("{}"), step.address);
  record.outputs = aids_.sealer.to_sealed_json(outputs, address);
  if (before.needs) record.needs = needs_of_today(*before.needs, all_names_, now_);
  if (const Provider* provider = aids_.providers.find(record.type)) {
    record.inputs = digest_of(before, provider->type(), aids_.sealer);
    record.beside = beside_of(before, provider->type(), aids_.sealer);
  }
  if (!current) record.created = record.updated = step.started.value_or(Instant());
  return record;
}

/// `planned`: the step in the plan of its run.
std::optional<Done> Reader::done_at(const Run& run, const StepRecord& step, const Value& planned) const {
  const std::optional<Action> action = action_named(step.action);
  const std::optional<Digest>& known = step.after ? step.after : step.before;
  if (!action || !known || planned.find("temporary") || planned.find("asks")) return std::nullopt;
  Done done;
  done.run = run.id;
  done.made = step.after;
  done.previous = record_before(step);
  done.step.address = names_.today(step.address);
  done.step.deployment = home_of(step);
  const Definition definition = read_definition(aids_.store, *known, done.step.address, aids_.sealer);
  done.step.type = definition.resource.type;
  done.step.account = definition.resource.account;
  done.step.action = *action;
  done.step.only_recorded = planned.find("onlyRecorded") != nullptr;
  done.step.occasion = definition.resource.occasion;
  done.step.leaves_record = definition.resource.occasion != Occasion::rollback;
  done.step.place = text_of(planned, "place");
  const Provider* provider = aids_.providers.find(definition.resource.type);
  done.step.undoable = provider && (*action == Action::remove || *action == Action::replace ||
                                    provider->can_rollback(definition.resource, done.previous.has_value()));
  return done;
}

void Reader::read(const Run& run, const std::vector<StepRecord>& steps, const std::set<std::string>& deployments) {
  names_.go_back_to(run.started);
  const std::optional<Value> plan = plan_of(run, aids_.store);
  const Value* listed = plan ? plan->find("steps") : nullptr;
  static const Value nothing{Map()};
  const auto planned = [&](const StepRecord& step) -> const Value& {
    return listed && listed->is_list() && step.number < listed->list().size() ? listed->list()[step.number] : nothing;
  };
  std::vector<const StepRecord*> done;
  for (const StepRecord& step : steps) {
    if (!deployments.contains(home_of(step))) continue;
    // One that was skipped waited for one that failed, or nothing can do it: that is found out again.
    if (is_undoing(step) && step.status == StepStatus::succeeded) undone_.insert(names_.today(step.address));
    if (!is_undoing(step) && has_ended(step)) done.push_back(&step);
  }
  std::ranges::stable_sort(done, std::greater(),
                           [](const StepRecord* step) { return std::pair(step->started, step->number); });
  for (const StepRecord* step : done) {
    if (undone_.contains(names_.today(step->address))) continue;
    if (std::optional<Done> found = done_at(run, *step, planned(*step))) found_.push_back(*std::move(found));
  }
}

std::vector<Done> Reader::take() {
  std::ranges::reverse(found_);
  std::vector<Done> merged;
  std::map<std::string, std::size_t> places;
  for (Done& done : found_) {
    const auto [place, is_first] = places.emplace(done.step.address, merged.size());
    if (is_first) {
      merged.push_back(std::move(done));
      continue;
    }
    merged[place->second].made = done.made;
    Step& step = merged[place->second].step;
    if (step.action != Action::replace) step.action = done.step.action;
    step.undoable = step.undoable && done.step.undoable;
  }
  return merged;
}

/// The way back ends in a deployment where a run came to its end, or left nothing to do there, and where one was to
/// destroy or go back: then somebody wanted something else.
void Reader::read_back(const Run& run, const std::vector<StepRecord>& steps, std::set<std::string>& open) {
  names_.go_back_to(run.started);
  const bool is_one_with_next = goes_on(run, steps);
  if (!is_one_with_next) reach_ = Reach::deployment;
  if (reach_ == Reach::deployment) {
    for (const std::string& deployment : finished_in(run, steps, aids_.store, names_)) open.erase(deployment);
  }
  if (is_one_with_next) return read(run, steps, open);
  for (const StepRecord& step : steps) {
    if (step.started || !is_apply(run)) open.erase(home_of(step));
  }
}

}  // namespace

bool is_undoing(const StepRecord& step) {
  return step.action == to_string(Action::rollback);
}

Part part_in(const std::string& deployment, const Run& run, Store& store, const NamesOfToday& names) {
  const std::vector<StepRecord> steps = store.steps(run.id);
  const auto is_of = [&](const StepRecord& step) { return deployment_of(names.today(step.address)) == deployment; };
  if (finished_in(run, steps, store, names).contains(deployment)) return Part::an_end;
  const bool open = goes_on(run, steps);
  const auto counts = [&](const StepRecord& step) { return is_of(step) && (step.started || !is_apply(run)); };
  if (!std::ranges::any_of(steps, counts)) return Part::none;
  return open ? Part::of_the_next : Part::an_end;
}

namespace {

/// What was done in the `open` deployments by all runs that an apply to them goes on with: those that were killed or
/// stopped on the way, since one came to its end there, found nothing to do, or was to destroy or go back. In the order
/// in which it began; not what is temporary or asks, and not what may still be at work. Looks at the last 100 runs of
/// the environment. Throws Error(state) "state.definition" when what was recorded of something is missing. What has
/// moved since is told by its name of today; `moves`: of the plan.
std::vector<Done> carried_over(std::set<std::string> open, Reach reach, const Snapshot& now,
                               const std::vector<Move>& moves, const PlanningAids& aids) {
  const std::vector<Run> runs = aids.store.runs(now.environment, kRuns);
  const auto oldest_open = std::ranges::find_if(runs.rbegin(), runs.rend(), is_open).base();
  if (oldest_open == runs.begin()) return {};
  Reader reader(now, moves, reach, aids);
  for (auto run = runs.begin(); run != oldest_open && !open.empty(); ++run) {
    reader.read_back(*run, aids.store.steps(run->id), open);
  }
  return reader.take();
}

/// In all deployments, also in those of which one of these runs had finished its part.
std::vector<Done> carried_over_whole(const Snapshot& now, const std::vector<Move>& moves, const PlanningAids& aids) {
  std::set<std::string> all;
  NamesOfToday names(aids.store, now.environment, moves);
  for (const Run& run : aids.store.runs(now.environment, kRuns)) {
    if (!is_open(run)) continue;
    names.go_back_to(run.started);
    for (const StepRecord& step : aids.store.steps(run.id)) all.emplace(deployment_of(names.today(step.address)));
  }
  return carried_over(std::move(all), Reach::whole_run, now, moves, aids);
}

/// Did something fail of which the plan said that all that the run did would be undone then?
bool undoes_all(const std::vector<StepRecord>& steps, const std::optional<Value>& plan) {
  const Value* said = plan ? plan->find("onFailure") : nullptr;
  if (said == nullptr || !said->is_list()) return false;
  const auto covers = [](const Value& consequence, const std::string& address) {
    if (text_of(consequence, "deployment") != deployment_of(address)) return false;
    const std::string_view rollout = text_of(consequence, "rollout");
    if (!rollout.empty()) return address.starts_with(std::string(rollout) + "[");
    const Value* of = consequence.find("of");
    return of == nullptr || !of->is_list() || std::ranges::find(of->list(), Value(address)) != of->list().end();
  };
  return std::ranges::any_of(said->list(), [&](const Value& consequence) {
    if (text_of(consequence, "scope") != "run") return false;
    return std::ranges::any_of(steps, [&](const StepRecord& step) {
      return step.status == StepStatus::failed && !is_undoing(step) && covers(consequence, step.address);
    });
  });
}

/// They follow what is undone.
void note_leaders(const std::vector<StepRecord>& steps, Left& left) {
  const auto first = std::ranges::find_if(steps, is_undoing);
  for (auto step = first; step != steps.end(); ++step) {
    if (step->action != to_string(Action::run)) continue;
    left.led.emplace(deployment_of(step->address));
    if (step->status == StepStatus::succeeded) left.leaders.insert(step->address);
  }
}

}  // namespace

void note_carried(Plan& plan, const Model& model, const Snapshot& now, const std::vector<Move>& moves,
                  const PlanningAids& aids) {
  plan.carried = carried_over({plan.locked.begin(), plan.locked.end()}, Reach::deployment, now, moves, aids);
  const auto undoes_all = [&](const Step& step) {
    return policy_of(plan, step, model) == OnFailure::rollback && is_whole_run(model, step.deployment);
  };
  if (std::ranges::none_of(plan.steps, undoes_all)) return;
  plan.carried_whole = carried_over_whole(now, moves, aids);
  std::set<std::string> locked(plan.locked.begin(), plan.locked.end());
  for (const Done& done : plan.carried_whole) locked.insert(done.step.deployment);
  plan.locked.assign(locked.begin(), locked.end());
}

void conclude(Plan& plan, const Snapshot& now, const std::vector<Move>& moves, const PlanningAids& aids) {
  if (!plan.steps.empty() || !plan.goal.targets.empty()) return;
  std::set<std::string> arrived, concluded;
  for (const std::string& address : plan.kept) arrived.emplace(deployment_of(address));
  for (const Done& done : carried_over(std::move(arrived), Reach::deployment, now, moves, aids)) {
    concluded.insert(done.step.deployment);
  }
  if (concluded.empty()) return;
  plan.concludes = true;
  concluded.insert(plan.locked.begin(), plan.locked.end());
  plan.locked.assign(concluded.begin(), concluded.end());
}

Left left_by(const Run& run, const Snapshot& now, const PlanningAids& aids) {
  const std::vector<StepRecord> own = aids.store.steps(run.id);
  std::set<std::string> undoing, deployments;
  NamesOfToday names(aids.store, now.environment);
  names.go_back_to(run.started);
  Left left;
  for (const StepRecord& step : own) {
    if (!is_undoing(step)) continue;
    undoing.insert(names.today(step.address));
    deployments.emplace(deployment_of(names.today(step.address)));
  }
  const bool whole_run = undoes_all(own, plan_of(run, aids.store));
  Reader reader(now, {}, whole_run ? Reach::whole_run : Reach::deployment, aids);
  note_leaders(own, left);
  for (const Run& other : aids.store.runs(now.environment, kRuns)) {
    std::vector<StepRecord> steps = other.id == run.id ? own : aids.store.steps(other.id);
    if (other.id > run.id) {
      note_leaders(steps, left);
      std::erase_if(steps, [](const StepRecord& step) { return !is_undoing(step); });
    }
    if (other.id >= run.id) {
      reader.read(other, steps, deployments);
    } else {
      reader.read_back(other, steps, deployments);
    }
    if (deployments.empty()) break;
  }
  left.done = reader.take();
  std::erase_if(left.done, [&](const Done& done) { return !undoing.contains(done.step.address); });
  return left;
}

}  // namespace verba
