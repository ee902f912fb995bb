// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/error.h"
#include "manifest/kinds/kinds.h"
#include "plan/definition.h"
#include "plan/planner.h"
#include "plan/remains.h"
#include "provider/substitutes.h"
#include "run/observation.h"
#include "run/recovery.h"
#include "run/runner.h"
#include "sim/random_manifests.h"
#include "sim/simulated_provider.h"
#include "state/memory/memory_store.h"
#include "support/fake_system.h"
#include "support/stage.h"
#include "value/json.h"
#include "view/json/plan_json.h"

namespace verba {
namespace {

constexpr const char* kScratch = "/scratch";
constexpr const char* kEnvironment = "default";
constexpr std::int64_t kProcess = 1000;

/// The process is killed: no more of its code runs, but to leave the simulation.
struct Killed {};

// ---- The world ----

class Deaf final : public Listener {
 public:
  void on(const Event&) noexcept override {}
};

/// What may go wrong in one command.
struct Faults {
  std::optional<Milliseconds> killed_after, taken_over_after, interrupted_after, interrupted_again_after;
  std::size_t store_call = 0, file_call = 0;  ///< that fails; 0: none
  bool none() const { return !killed_after && !taken_over_after && store_call == 0 && file_call == 0; }
};

class World {
 public:
  World(std::uint64_t seed, Tally& tally, std::string& log)
      : chance_(seed), tally_(tally), log_(log), manifests_(chance_, seed) {
    if (seed % 4 == 3) resumes_.emplace(seed + 1);
    provider_.on_beginning = [this](const Deed& deed) { check_beginning(deed); };
  }

  void live() {
    const std::size_t commands = 2 + chance_.below(6);
    for (std::size_t i = 0; i < commands; ++i) {
      if (chance_.percent(70)) manifests_.change();
      provider_.failing_percent = chance_.percent(50) ? 0 : 15;
      command(some_goal(), some_faults());
      while (std::optional<Goal> goal = goal_of_resume()) command(*std::move(goal), some_faults());
    }
    end_well();
  }

 private:
  /// How a deployment was when the run began that is undone when one of it, or of those that go on with it, fails.
  struct Origin {
    Outside outside;
    bool whole = false;  ///< nothing was half done in all of the world
    RunId run = 0;       ///< the last one before
  };

  [[noreturn]] void violated(std::string_view invariant, const std::string& what) {
    throw Violated(fmt::format("{}: {}", invariant, what));
  }
  void say(const std::string& line) { log_ += line + "\n"; }

  Goal some_goal();
  std::optional<Goal> goal_of_resume();
  Faults some_faults();
  void command(Goal goal, const Faults& faults);
  void carry_out(const Goal& goal, const Faults& faults);
  bool prepare(const Goal& goal);
  Lease lock();
  void settle(const Lease&);
  bool was_done(const std::string& address) const;
  void arm(const Faults& faults, const Lease& lease);
  void end_well();

  void check_beginning(const Deed& deed);
  void check_unneeded(const Snapshot& now, const std::string& address, const std::string& with);
  void check_batches(const Snapshot& now, const std::string& address);
  void check_nothing_lost();
  bool knows(const Record& record, const std::string& thing, const std::string& part);
  void check_truth();
  bool everything_is_whole() const;
  bool kept_something(RunId run, const std::string& deployment) const;
  bool goes_on(const std::string& deployment) const;
  bool goes_on_with_all() const;
  bool undoes_all(RunId run) const;
  void remember_origins(const Origin& start);
  void settle_origins();
  void check_undone(const RunResult& result, const Origin& start);
  void check_all_known(RunId run);

  Surroundings surroundings() const {
    Surroundings around;
    around.variable = [](const std::string&) { return std::nullopt; };
    around.now = [] { return "2026-01-01T00:00:00.000Z"; };
    around.run.set("id", 0);
    return around;
  }
  Owner owner() const { return {"somebody", "host", "boot", process_, process_}; }
  IsAlive is_alive() const {
    return [this](const Owner& owner) { return owner.process == process_; };
  }

  Chance chance_;
  std::optional<Chance> resumes_;
  Tally& tally_;
  std::string& log_;
  Manifests manifests_;
  FakeSystem system_;
  Outside outside_;
  SimulatedProvider provider_{system_, outside_, chance_};
  Providers own_{{&provider_}};
  std::unique_ptr<Provider> with_occasions_ = with_substitutes(provider_, own_);
  Providers providers_{{with_occasions_.get()}};
  Catalogue catalogue_{built_in_kinds(), {&provider_.type()}};
  std::unique_ptr<MemoryStore> store_ = make_memory_store();
  Sealer sealer_{std::string(32, 'k')};
  std::int64_t process_ = kProcess;
  std::unique_ptr<Stage> stage_;
  Goal goal_;
  Snapshot at_start_;                      ///< of the run, after settling
  std::string taken_over_;                 ///< state when somebody else took the lock over; "": nobody did
  TimerId armed_[4] = {};                  ///< what is still to go wrong
  bool undoing_ = false;                   ///< a rollback of this run was begun
  RunId undone_run_ = 0;                   ///< that was gone on with last
  RunId last_run_ = 0;                     ///< of which origins_ know
  std::map<std::string, Origin> origins_;  ///< by deployment
  std::map<std::string, Origin> coming_origins_;
  Origin origin_of_all_;  ///< when the first of the runs began of which each went on with the one before
  std::optional<Origin> coming_origin_of_all_;
  std::set<std::string> temporaries_;  ///< addresses that ever were temporary
};

Goal World::some_goal() {
  Goal goal;
  const std::size_t kind = chance_.below(10);
  const auto& deployments = manifests_.deployments();
  const std::string some = deployments[chance_.below(deployments.size())].name;
  if (kind == 0) {
    goal.kind = Goal::Kind::destroy;
    if (chance_.percent(50)) goal.targets = {some};
  } else if (kind == 1) {
    goal.kind = Goal::Kind::rollback;
    goal.targets = {some};
  } else if (kind == 2) {
    goal.kind = Goal::Kind::clean;
  } else {
    goal.prune = chance_.percent(50);
    if (chance_.percent(20)) goal.targets = {some};
  }
  return goal;
}

/// Every fourth world goes on with undoings that were killed or stopped, most of the time.
std::optional<Goal> World::goal_of_resume() {
  const std::vector<Run> runs = store_->runs(kEnvironment, 100);
  if (!resumes_ || runs.empty() || !resumes_->percent(70)) return std::nullopt;
  Goal goal;
  goal.kind = Goal::Kind::rollback;
  goal.undoes = runs.front().verb == "rollback" ? undone_run_ : runs.front().id;
  undone_run_ = *goal.undoes;
  bool is_open = false;
  for (const StepRecord& step : store_->steps(runs.front().id)) {
    const bool over = step.status == StepStatus::succeeded || step.status == StepStatus::skipped;
    is_open = is_open || (step.action == "rollback" && !over);
  }
  return is_open ? std::optional(goal) : std::nullopt;
}

Faults World::some_faults() {
  Faults faults;
  const auto soon = [this] { return Milliseconds(chance_.below(1500)); };
  switch (chance_.below(8)) {
    case 0:
    case 1:
      faults.killed_after = soon();
      break;
    case 2:
      faults.store_call = 1 + chance_.below(30);
      break;
    case 3:
      faults.taken_over_after = soon();
      break;
    case 4:
      faults.interrupted_after = soon();
      if (chance_.percent(50)) faults.interrupted_again_after = *faults.interrupted_after + soon();
      break;
    case 5:
      faults.file_call = 1 + chance_.below(4);
      break;
    default:
      break;
  }
  return faults;
}

/// False: it is a mistake to ask for that now (nothing to roll back to).
bool World::prepare(const Goal& goal) {
  Diagnostics diagnostics;
  const Surroundings around = surroundings();
  stage_ = staged(manifests_.text(), catalogue_, around, *store_, diagnostics);
  if (diagnostics.has_errors()) violated("manifests", diagnostics.all().front().message + "\n" + manifests_.text());
  const PlanningAids aids{providers_, *store_, sealer_, around, stage_->sources, system_.now()};
  stage_->plan = make_plan(stage_->model, stage_->snapshot, goal, aids, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) say("  refused: " + diagnostic.message);
  return !diagnostics.has_errors();
}

Lease World::lock() {
  LeaseRequest request;
  request.environment = kEnvironment;
  request.deployments = stage_->plan.locked;
  request.owner = owner();
  request.now = system_.now();
  auto answer = store_->acquire(request, is_alive());
  if (auto* lease = std::get_if<Lease>(&answer)) return *lease;
  violated("locks", "who died or gave it back still holds the lock");
}

void World::settle(const Lease& lease) {
  const std::string scratch = kScratch;
  const Surroundings around = surroundings();
  Hosts hosts(system_, stage_->model, around);
  const RecoveryAids aids{system_,
                          *store_,
                          lease,
                          providers_,
                          sealer_,
                          scratch,
                          hosts,
                          [this](const std::string& address, const std::string&) {
                            return was_done(address) ? WhenInDoubt::assume_done : WhenInDoubt::rerun;
                          },
                          [this](const std::string& line) {
                            ++tally_.settled;
                            say("  settled " + line);
                          }};
  settle_interrupted(store_->snapshot(kEnvironment), aids);
}

/// Those of one task: there may be an old one and a new one.
std::vector<const Outside::value_type*> things_of(const Outside& outside, std::string_view address) {
  std::vector<const Outside::value_type*> things;
  for (const Outside::value_type& thing : outside) {
    if (address_of(thing.first) == address) things.push_back(&thing);
  }
  return things;
}

/// A person looks.
bool World::was_done(const std::string& address) const {
  const Snapshot now = store_->snapshot(kEnvironment);
  const Record* record = now.find(address);
  const auto things = things_of(outside_, address);
  // What was begun last on it tells what there should be: an undoing may leave `pending` behind.
  bool makes = record->pending.has_value();
  for (const StepRecord& step : store_->steps(record->run)) {
    if (step.address == address && step.status == StepStatus::started) makes = step.after.has_value();
  }
  if (!makes && record->definition) {
    const Definition recorded = read_definition(*store_, *record->definition, address, sealer_);
    if (const std::string takes = taken_by(recorded.resource); !takes.empty()) {
      return std::ranges::none_of(outside_, [&](const auto& thing) { return thing.first.starts_with(takes); });
    }
  }
  if (!makes) return things.empty();
  if (!record->pending) return false;
  const Definition wanted = read_definition(*store_, *record->pending, address, sealer_);
  if (const Outside sets = sets_of(wanted.resource); !sets.empty()) {
    return std::ranges::all_of(sets, [this](const auto& set) {
      const auto other = outside_.find(set.first);
      return other == outside_.end() || other->second == set.second;
    });
  }
  const Thing thing{wanted.resource.inputs.find("value")->string(), true, parts_of(wanted.resource)};
  return things.size() == 1 && things[0]->first == thing_of(wanted.resource) && things[0]->second == thing;
}

void World::arm(const Faults& faults, const Lease& lease) {
  if (faults.killed_after) {
    armed_[0] = system_.after(*faults.killed_after, [this] {
      say("  killed");
      ++tally_.kills;
      provider_.die();
      throw Killed{};
    });
  }
  if (faults.taken_over_after) {
    armed_[1] = system_.after(*faults.taken_over_after, [this, lease] {
      if (!taken_over_.empty()) return;
      say("  sleeps; somebody else takes the lock over");
      ++tally_.takeovers;
      system_.advance(Milliseconds(60'000));
      LeaseRequest request;
      request.environment = kEnvironment;
      request.deployments = lease.deployments;
      request.owner = {"another", "elsewhere", "boot", 7, 7};
      request.now = system_.now();
      const auto answer = store_->acquire(request, [](const Owner&) { return true; });
      if (!std::holds_alternative<Lease>(answer)) violated("locks", "a lease that expired is not taken over");
      store_->release(std::get<Lease>(answer));
      taken_over_ = store_->export_json();
    });
  }
  if (faults.interrupted_after) armed_[2] = system_.interrupt_after(*faults.interrupted_after);
  if (faults.interrupted_again_after) armed_[3] = system_.interrupt_after(*faults.interrupted_again_after);
  if (faults.interrupted_after) ++tally_.interrupts;
  store_->fail_call(faults.store_call);
  system_.fail_call(static_cast<int>(faults.file_call));
}

void World::command(Goal goal, const Faults& faults) {
  goal_ = std::move(goal);
  taken_over_.clear();
  undoing_ = false;
  say(fmt::format("{} [{}]{}{}", to_string(goal_.kind), fmt::join(goal_.targets, " "), goal_.prune ? " --prune" : "",
                  goal_.undoes ? fmt::format(" of run {}", *goal_.undoes) : ""));
  try {
    carry_out(goal_, faults);
  } catch (const Killed&) {
    ++process_;
  } catch (const Error& error) {
    say("  error " + error.diagnostic().message);
    if (faults.none() || (faults.killed_after && !faults.store_call)) {
      violated("errors", "nothing was wrong, and yet: " + error.diagnostic().message);
    }
    if (faults.store_call > 0) ++tally_.store_faults;
    if (faults.file_call > 0) ++tally_.file_faults;
    if (!taken_over_.empty() && store_->export_json() != taken_over_) {
      violated("fence", "somebody wrote whose lock was taken over");
    }
    provider_.die();
    ++process_;
  }
  store_->fail_call(0);
  system_.fail_call(0);
  for (const TimerId timer : armed_) system_.cancel(timer);
  settle_origins();
  check_nothing_lost();
}

void World::carry_out(const Goal& goal, const Faults& faults) {
  if (!prepare(goal)) return;
  if (stage_->plan.idle() && stage_->plan.noted.empty() && stage_->plan.forgotten.empty()) return;
  Lease lease = lock();
  for (;;) {
    settle(lease);
    if (store_->snapshot(kEnvironment).serial == stage_->snapshot.serial) break;
    const std::vector<std::string> held = lease.deployments;
    if (!prepare(goal)) {
      store_->release(lease);
      return;
    }
    if (std::ranges::includes(held, stage_->plan.locked)) break;
    store_->release(lease);
    lease = lock();
  }
  at_start_ = store_->snapshot(kEnvironment);
  check_truth();
  const std::vector<Run> before = store_->runs(kEnvironment, 1);
  const Origin start{outside_, everything_is_whole(), before.empty() ? 0 : before.front().id};
  remember_origins(start);
  const Surroundings around = surroundings();
  Deaf listener;
  Hosts hosts(system_, stage_->model, around);
  const Workplace workplace{system_, *store_, lease, providers_, sealer_, around, hosts, listener};
  RunSettings settings;
  settings.parallelism = 1 + chance_.below(6);
  settings.scratch_directory = kScratch;
  settings.owner = owner();
  settings.plan_json = to_json(plan_value(stage_->plan));
  arm(faults, lease);
  const RunResult result = run_plan(stage_->plan, stage_->model, stage_->snapshot, settings, workplace);
  ++tally_.runs;
  tally_.steps += stage_->plan.steps.size();
  store_->fail_call(0);
  store_->release(lease);
  if (result.run == 0) return;
  say(fmt::format("  run {} {}", result.run, to_string(result.status)));
  for (const StepRecord& step : store_->steps(result.run)) {
    if (step.status != StepStatus::succeeded) {
      say(fmt::format("    {} {} {}: {}", step.action, step.address, to_string(step.status), step.message));
    }
  }
  if (!taken_over_.empty() && store_->export_json() != taken_over_) violated("fence", "the run went on");
  check_all_known(result.run);
  check_truth();
  settle_origins();
  check_undone(result, start);
}

/// Nothing more goes wrong: then all of it can be had, and is had once.
void World::end_well() {
  provider_.failing_percent = 0;
  Goal goal;
  goal.prune = true;
  command(goal, {});
  if (outside_ != manifests_.wanted()) {
    std::string found;
    for (const auto& [address, thing] : outside_)
      found += fmt::format(" {}={}{}", address, thing.value, thing.whole ? "" : "(half)");
    violated("convergence", "after an apply in which nothing went wrong, there is" + found);
  }
  if (!prepare(goal) || !stage_->plan.idle()) {
    violated("convergence", fmt::format("a second apply would do {} steps, the first: {}", stage_->plan.steps.size(),
                                        stage_->plan.steps.empty() ? "" : stage_->plan.steps[0].reason));
  }
  goal = {};
  goal.kind = Goal::Kind::destroy;
  command(goal, {});
  const Snapshot after = store_->snapshot(kEnvironment);
  if (!outside_.empty()) violated("destroy", "something is left outside: " + outside_.begin()->first);
  if (!after.records.empty() || !after.over.empty()) violated("destroy", "something is left in state");
}

// ---- The invariants ----

void World::check_beginning(const Deed& deed) {
  const Snapshot now = store_->snapshot(kEnvironment);
  say(fmt::format("  {} {} {}", deed.verb, deed.thing, deed.value.value_or("")));
  const Record* record = now.find(deed.address);
  if (!record || record->status != RecordStatus::started) {
    violated("intent", deed.address + " is begun and not recorded as started");
  }
  for (const StepRecord& step : store_->steps(record->run)) {  // what was replaced is put back by a delete and a create
    const bool is_it = step.address == deed.address && step.status == StepStatus::started;
    undoing_ = undoing_ || (is_it && step.action == to_string(Action::rollback));
  }
  const bool goes = !deed.value && !record->pending;  // else something takes its place
  if (goes && record->lifetime != Lifetime::temporary) check_unneeded(now, deed.address, "");
  for (const auto& [name, thing] : deed.takes.empty() ? Outside() : outside_) {
    if (name.starts_with(deed.takes)) check_unneeded(now, std::string(address_of(name)), deed.takes);
  }
  if (goal_.kind != Goal::Kind::apply || undoing_ || !deed.value) return;
  const auto task = stage_->model.by_address.find(deed.address);
  if (task == stage_->model.by_address.end()) return;
  for (const TaskId need : stage_->model.tasks[task->second].needs) {
    const auto there = things_of(outside_, stage_->model.tasks[need].address);
    if (there.size() == 1 && there[0]->second.whole) continue;
    violated("order",
             fmt::format("{} is begun before {}, which it needs", deed.address, stage_->model.tasks[need].address));
  }
  check_batches(now, deed.address);
  const Record* then = at_start_.find(deed.address);
  const auto there = outside_.find(deed.thing);
  // Whose outputs nobody knows is done again when something reads them.
  const bool known = then && then->outputs != "null";
  if (known && then->status == RecordStatus::deployed && there != outside_.end() &&
      there->second == Thing{*deed.value, true, deed.parts} && !stage_->model.tasks[task->second].temporary) {
    violated("once", deed.address + " is done again");
  }
}

/// `address` is about to go, and with it all that begins with `with`, if that is not empty: nothing that stays needs
/// it.
void World::check_unneeded(const Snapshot& now, const std::string& address, const std::string& with) {
  for (const Record& user : now.records) {
    const bool needs = user.needs.find('"' + address + '"') != std::string::npos;
    if (!needs || things_of(outside_, user.address).empty()) continue;
    if (!with.empty() && user.address.starts_with(with)) continue;
    violated("order", fmt::format("{} is deleted before {}, which needs it", address, user.address));
  }
}

/// No two batches are worked on at a time.
void World::check_batches(const Snapshot& now, const std::string& address) {
  const std::vector<Step>& steps = stage_->plan.steps;
  const auto own = std::ranges::find(steps, address, &Step::address);
  if (own == steps.end() || !own->rollout) return;
  for (const Step& other : steps) {
    if (other.rollout != own->rollout || other.batch == own->batch) continue;
    const Record* record = now.find(other.address);
    if (!record || record->status != RecordStatus::started) continue;
    violated("batches", fmt::format("{} is begun while {} of another batch is under way", address, other.address));
  }
}

/// It acts for others.
bool has_no_thing(const Record& record) {
  return record.address.ends_with(".bring") || record.address.ends_with(".away");
}

void World::check_nothing_lost() {
  const Snapshot now = store_->snapshot(kEnvironment);
  for (const auto& [name, thing] : outside_) {
    const Record* record = now.find(address_of(name));
    if (!record) violated("record", name + " exists and is in no record");
    for (const std::string& part : thing.parts) {
      if (!knows(*record, name, part))
        violated("record", fmt::format("{} has {}, of which no record knows", name, part));
    }
  }
}

/// Would what is recorded, or was begun on it, have that part?
bool World::knows(const Record& record, const std::string& thing, const std::string& part) {
  std::vector<Definition> all = begun_on(record, *store_, sealer_);
  if (record.definition) all.push_back(read_definition(*store_, *record.definition, record.address, sealer_));
  return std::ranges::any_of(all, [&](const Definition& each) {
    return thing_of(each.resource) == thing && parts_of(each.resource).contains(part);
  });
}

/// REQUIRES: nothing is under way, what was interrupted is settled.
void World::check_truth() {
  for (const Record& record : store_->snapshot(kEnvironment).records) {
    if (record.status != RecordStatus::deployed || has_no_thing(record)) continue;
    const Definition made = read_definition(*store_, *record.definition, record.address, sealer_);
    const auto there = outside_.find(thing_of(made.resource));
    if (there == outside_.end()) violated("truth", record.address + " is recorded as deployed and not there");
    if (!there->second.whole) violated("truth", record.address + " is recorded as deployed and only half done");
    if (things_of(outside_, record.address).size() > 1) violated("truth", record.address + " is there twice");
    if (there->second.parts != parts_of(made.resource)) violated("truth", record.address + " has other parts");
    const std::optional<DeploymentId> home = stage_->model.deployment(record.deployment);
    const bool by_others = home && !stage_->model.deployments[*home].on(Occasion::update).empty();
    // Its outputs are those that it had before.
    if (by_others && made.resource.inputs.find("value")->string() == there->second.value) continue;
    const Value outputs = sealer_.from_sealed_json(record.outputs, record.address);
    const Value* value = outputs.find("value");
    if (value && value->string() != there->second.value) {
      violated("truth",
               fmt::format("{} is recorded with {} and has {}", record.address, value->string(), there->second.value));
    }
  }
}

void World::check_all_known(RunId run) {
  for (const StepRecord& step : store_->steps(run)) {
    if (step.status == StepStatus::started) violated("ends", step.address + " was begun, and its end is not recorded");
    tally_.failures += step.status == StepStatus::failed;
    tally_.undone += step.action == "rollback" && step.status == StepStatus::succeeded;
  }
}

bool World::everything_is_whole() const {
  return std::ranges::all_of(at_start_.records,
                             [](const Record& record) { return record.status == RecordStatus::deployed; });
}

bool World::kept_something(RunId run, const std::string& deployment) const {
  std::string why;
  const std::optional<Value> plan = parse_json(store_->plan_of(run).value_or(""), why);
  const Value* kept = plan ? plan->find("kept") : nullptr;
  return kept && std::ranges::any_of(kept->list(), [&](const Value& address) {
           return address.string().starts_with(deployment + ".");
         });
}

/// Was the last run that did something there, or was to destroy it or go back, an apply that was killed or stopped?
bool World::goes_on(const std::string& deployment) const {
  for (const Run& run : store_->runs(kEnvironment, 100)) {
    bool touches = false, undoes = false, finished = true;
    for (const StepRecord& step : store_->steps(run.id)) {
      undoes = undoes || step.action == "rollback";
      const bool well = step.status == StepStatus::succeeded || step.status == StepStatus::unchanged;
      if (step.address.starts_with(deployment + ".")) finished = finished && well && step.action != "rollback";
      touches = touches || (step.address.starts_with(deployment + ".") && (step.started || run.verb != "apply"));
    }
    const bool came_to_its_end = run.status != RunStatus::interrupted && run.status != RunStatus::cancelled;
    if (finished && run.verb == "apply" && (touches || kept_something(run.id, deployment))) return false;
    const bool only_undoes = run.verb != "apply" && undoes;  // then the one whose steps those are tells
    if (touches && (came_to_its_end || !only_undoes)) return !came_to_its_end && run.verb == "apply";
  }
  return false;
}

/// Was the last run an apply that was killed or stopped, or did it undo one?
bool World::goes_on_with_all() const {
  const std::vector<Run> runs = store_->runs(kEnvironment, 1);
  if (runs.empty()) return false;
  const bool open = runs.front().status == RunStatus::interrupted || runs.front().status == RunStatus::cancelled;
  const auto undoes = [](const StepRecord& step) { return step.action == "rollback"; };
  return open && (runs.front().verb == "apply" || std::ranges::any_of(store_->steps(runs.front().id), undoes));
}

/// Did something fail where that undoes all that the run did?
bool World::undoes_all(RunId run) const {
  return std::ranges::any_of(store_->steps(run), [&](const StepRecord& step) {
    const auto id = stage_->model.by_address.find(step.address);
    if (step.status != StepStatus::failed || step.action == "rollback" || id == stage_->model.by_address.end()) {
      return false;
    }
    const Task& task = stage_->model.tasks[id->second];
    return task.on_failure == OnFailure::rollback && stage_->model.deployments[task.deployment].rollback.whole_run;
  });
}

/// What a run goes on with belongs to it: then nothing new begins.
void World::remember_origins(const Origin& start) {
  for (const Task& task : stage_->model.tasks) {
    if (task.temporary) temporaries_.insert(task.address);
  }
  coming_origins_.clear();
  coming_origin_of_all_.reset();
  if (stage_->plan.undoes()) return;
  if (goal_.kind != Goal::Kind::apply || !goes_on_with_all()) coming_origin_of_all_ = start;
  std::set<std::string> touched;
  for (const Step& step : stage_->plan.steps) touched.insert(step.deployment);
  for (const std::string& deployment : touched) {
    if (goal_.kind != Goal::Kind::apply || !goes_on(deployment)) coming_origins_[deployment] = start;
  }
}

/// They count from when there is a run.
void World::settle_origins() {
  const std::vector<Run> runs = store_->runs(kEnvironment, 1);
  if (runs.empty() || runs.front().id == last_run_) return;
  last_run_ = runs.front().id;
  for (auto& [deployment, origin] : coming_origins_) origins_[deployment] = std::move(origin);
  coming_origins_.clear();
  if (coming_origin_of_all_) origin_of_all_ = *std::exchange(coming_origin_of_all_, std::nullopt);
}

void World::check_undone(const RunResult& result, const Origin& start) {
  const bool resumed = stage_->plan.undoes() && result.status == RunStatus::succeeded;
  if (result.status != RunStatus::rolled_back && !resumed) return;
  std::set<std::string> deployments, kept;
  for (const StepRecord& step : store_->steps(result.run)) {
    if (step.action != "rollback") continue;
    if (step.status == StepStatus::skipped) kept.insert(step.address);
    deployments.insert(step.address.substr(0, step.address.find('.')));
  }
  // What update.tasks of a run that was broken off may have brought about is recorded as such.
  for (const Record& record : store_->snapshot(kEnvironment).records) {
    const std::optional<DeploymentId> home = stage_->model.deployment(record.deployment);
    const bool by_others = home && !stage_->model.deployments[*home].on(Occasion::update).empty();
    if (by_others && record.status == RecordStatus::failed) kept.insert(record.address);
  }
  const bool all = undoes_all(goal_.undoes.value_or(result.run));
  for (const std::string& deployment : deployments) {
    const Origin& own = origins_.at(deployment);
    const Origin& origin = all && origin_of_all_.run < own.run ? origin_of_all_ : own;
    const auto of = [&](const Outside& outside) {
      Outside some;
      for (const auto& [name, thing] : outside) {
        const std::string address(address_of(name));
        if (temporaries_.contains(address) || kept.contains(address)) continue;
        if (address.starts_with(deployment + ".")) some.emplace(name, thing);
      }
      return some;
    };
    // Where one batch was undone, what earlier runs did stays.
    const bool in_batches = std::ranges::any_of(
        stage_->plan.steps, [&](const Step& step) { return step.deployment == deployment && step.rollout; });
    if (!origin.whole || of(outside_) == of(origin.outside)) continue;
    if (in_batches && (!start.whole || of(outside_) == of(start.outside))) continue;
    violated("undoing", deployment + " is not as it was before the run");
  }
}

}  // namespace

void simulate(std::uint64_t seed, Tally& tally, std::string& log) {
  World(seed, tally, log).live();
}

}  // namespace verba
