// SPDX-License-Identifier: Apache-2.0
//
// The loop, on one thread: settle what has ended, start as many ready steps as there are free places, make all of that
// durable in one commit, let the started ones begin, wait for the next event; round again. Because `started` and
// `finished` of many steps share a commit, durable state costs one disk flush a round, not two a step.
#include "run/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "plan/inputs.h"
#include "plan/removal.h"
#include "run/journal.h"
#include "run/live_step.h"
#include "run/mask.h"
#include "run/schedule.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr Milliseconds tick_length{100};
constexpr Milliseconds log_interval{1000};
constexpr Milliseconds lease_length{30'000};

/// A step that needs no provider: its condition is false, its inputs turned out unchanged, or they are mistaken.
struct Settled {
  StepStatus status = StepStatus::skipped;
  std::string message;
  std::string hint;
};

class RunLoop {
 public:
  RunLoop(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
          const Workplace& workplace);
  ~RunLoop();
  RunResult carry_out();

 private:
  // Beginning and end
  void begin();
  RunResult end();
  void abandon() noexcept;
  // The round
  bool settle_ended();
  bool start_ready(std::vector<LiveStep*>& started);
  void wait();
  void on_tick();
  void on_interrupt();
  // One step
  std::variant<Job, Settled> prepare(StepNumber);
  std::variant<Job, Settled> prepare_removal(StepNumber);
  std::optional<Settled> fill(Job&, const Step&);
  void settle(LiveStep&, Outcome);
  void settle(StepNumber, const Settled&, Milliseconds took);
  void record_success(const Job&, Value outputs);
  void stop_deployment(StepNumber failed);
  void skip(const std::vector<StepNumber>&, const std::string& why);
  // What expressions see
  std::optional<Value> outputs_of(TaskId);
  std::optional<Recorded> recorded(const Record&);
  Record new_record(const Step&) const;

  const Plan& plan_;
  const Model& model_;
  const Snapshot& snapshot_;
  const RunSettings& settings_;
  const Workplace& at_;
  Journal journal_;
  SecretWords secrets_;
  std::vector<std::pair<std::string, std::string>> environment_;
  Surroundings now_;       ///< with this run's own words
  Surroundings planning_;  ///< with planning's words: for what counts as changed
  std::optional<Schedule> schedule_;
  RunId run_ = 0;
  std::map<StepNumber, std::unique_ptr<LiveStep>> live_;
  std::vector<StepStatus> statuses_;
  std::vector<std::optional<Value>> outputs_;  ///< by task
  std::set<std::string> stopped_;              ///< deployments in which nothing new starts
  std::set<std::string> busy_groups_;
  std::vector<StepNumber> parked_;  ///< ready, but their group is busy
  bool stopping_ = false;
  bool at_once_ = false;
  std::optional<TimerId> timer_;
  Instant next_log_, next_renewal_;
};

RunLoop::RunLoop(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
                 const Workplace& workplace)
    : plan_(plan),
      model_(model),
      snapshot_(snapshot),
      settings_(settings),
      at_(workplace),
      journal_(workplace.store, workplace.lease, workplace.sealer),
      now_(workplace.surroundings) {
  now_.outputs = [this](TaskId task) { return outputs_of(task); };
  outputs_.resize(model.tasks.size());
  statuses_.assign(plan.steps.size(), StepStatus::pending);
}

RunLoop::~RunLoop() {
  if (timer_) at_.system.cancel(*timer_);
  at_.system.on_interrupt({});
}

void RunLoop::begin() {
  const Instant now = at_.system.now();
  RunStart start{plan_.environment,
                 plan_.goal.kind == Goal::Kind::apply ? "apply" : "destroy",
                 settings_.reason,
                 settings_.owner,
                 now,
                 settings_.source,
                 settings_.plan_json,
                 {}};
  for (const Step& step : plan_.steps) {
    start.steps.push_back({step.address, std::string(to_string(step.action)), step.reason});
  }
  run_ = at_.store.begin_run(start, at_.lease);
  journal_.set_run(run_);
  now_.run = Map();
  now_.run.set("id", std::int64_t{run_});
  now_.run.set("started", to_string(now));
  now_.run.set("reason", settings_.reason);
  now_.now = [this] { return to_string(at_.system.now()); };
  planning_ = now_;
  planning_.run = planning_run();
  planning_.now = planning_now;
  for (auto& variable : at_.system.variables()) {
    if (!variable.first.starts_with("VERBA_")) environment_.push_back(std::move(variable));
  }
  const std::map<std::string, std::int64_t> durations = at_.store.durations(plan_.environment);
  std::vector<std::uint64_t> weights(plan_.graph.size(), 0);
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    const auto known = durations.find(plan_.steps[i].address);
    weights[i] =
        known == durations.end() ? 1 : 1 + static_cast<std::uint64_t>(std::max<std::int64_t>(0, known->second));
  }
  schedule_.emplace(plan_.graph, plan_.steps.size(), weight_below(plan_.graph, weights));
  next_log_ = now + log_interval;
  next_renewal_ = now + lease_length / 3;
  at_.system.on_interrupt([this] { on_interrupt(); });
  timer_ = at_.system.after(tick_length, [this] { on_tick(); });
  at_.listener.on(RunBegan{run_, now, &plan_});
}

RunResult RunLoop::carry_out() {
  for (const Record& record : plan_.noted) journal_.put(record);
  if (plan_.empty()) {
    journal_.commit();
    return {};
  }
  begin();
  try {
    for (;;) {
      std::vector<LiveStep*> started;
      bool moved = settle_ended();
      moved = start_ready(started) || moved;
      journal_.commit();
      for (LiveStep* step : started) step->begin();
      if (live_.empty() && !moved) break;
      if (!moved) wait();
    }
    return end();
  } catch (...) {
    abandon();
    throw;
  }
}

/// The store failed us: nothing can be recorded any more, so nothing may go on.
void RunLoop::abandon() noexcept {
  try {
    for (auto& [number, step] : live_) step->stop();
    for (;;) {
      std::erase_if(live_, [](auto& entry) { return !entry.second->begun() || entry.second->take_outcome(); });
      if (live_.empty()) return;
      at_.system.poll();
    }
  } catch (...) {  // the first error is the one to tell
  }
}

RunResult RunLoop::end() {
  const auto any = [&](StepStatus status) { return std::ranges::find(statuses_, status) != statuses_.end(); };
  RunStatus status = RunStatus::succeeded;
  if (any(StepStatus::failed) || any(StepStatus::in_doubt)) status = RunStatus::failed;
  if (stopping_ && (any(StepStatus::pending) || any(StepStatus::cancelled))) status = RunStatus::cancelled;
  const Instant now = at_.system.now();
  journal_.run_ended(now, status);
  journal_.commit();
  at_.listener.on(RunEnded{run_, now, status});
  return {run_, status};
}

bool RunLoop::settle_ended() {
  bool any = false;
  for (auto entry = live_.begin(); entry != live_.end();) {
    std::optional<Outcome> outcome = entry->second->take_outcome();
    if (!outcome) {
      ++entry;
      continue;
    }
    settle(*entry->second, std::move(*outcome));
    entry = live_.erase(entry);
    any = true;
  }
  return any;
}

bool RunLoop::start_ready(std::vector<LiveStep*>& started) {
  bool any = false;
  while (!stopping_ && live_.size() < settings_.parallelism) {
    const std::optional<StepNumber> step = schedule_->take();
    if (!step) break;
    std::variant<Job, Settled> prepared = prepare(*step);
    if (const Settled* settled = std::get_if<Settled>(&prepared)) {
      settle(*step, *settled, Milliseconds(0));
      any = true;
      continue;
    }
    Job& job = std::get<Job>(prepared);
    if (!job.group.empty() && !busy_groups_.insert(job.group).second) {
      parked_.push_back(*step);
      continue;
    }
    job.record = journal_.started(*step, at_.system.now(), std::move(job.record), job.next ? &*job.next : nullptr);
    statuses_[*step] = StepStatus::started;
    Surface surface{at_.system, at_.listener, journal_, secrets_, environment_, settings_.scratch_directory};
    auto live = std::make_unique<LiveStep>(std::move(job), std::move(surface));
    started.push_back(live.get());
    live_.emplace(*step, std::move(live));
    any = true;
  }
  return any;
}

void RunLoop::wait() {
  at_.system.poll();
}

void RunLoop::on_tick() {
  timer_ = at_.system.after(tick_length, [this] { on_tick(); });
  const Instant now = at_.system.now();
  at_.listener.tick(now);
  if (now >= next_log_) {
    for (auto& [number, step] : live_) step->flush_log();
    next_log_ = now + log_interval;
  }
  if (now >= next_renewal_) {
    at_.store.renew(at_.lease, now, lease_length);
    next_renewal_ = now + lease_length / 3;
  }
}

void RunLoop::on_interrupt() {
  const bool second = stopping_;
  stopping_ = true;
  at_.listener.on(StopAsked{at_.system.now(), second});
  if (!second || at_once_) return;
  at_once_ = true;
  for (auto& [number, step] : live_) step->stop();
}

std::optional<Value> RunLoop::outputs_of(TaskId task) {
  if (outputs_[task]) return outputs_[task];
  const Record* record = snapshot_.find(model_.tasks[task].address);
  if (!record || record->status == RecordStatus::started) return std::nullopt;
  outputs_[task] = at_.sealer.from_sealed_json(record->outputs, record->address);
  secrets_.add(*outputs_[task]);
  return outputs_[task];
}

std::optional<Recorded> RunLoop::recorded(const Record& record) {
  const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
  if (!digest) return std::nullopt;
  Recorded was{read_definition(at_.store, *digest, record.address, at_.sealer).resource,
               at_.sealer.from_sealed_json(record.outputs, record.address)};
  secrets_.add(was.resource.inputs);
  secrets_.add(was.outputs);
  return was;
}

Record RunLoop::new_record(const Step& step) const {
  Record record;
  record.environment = plan_.environment;
  record.address = step.address;
  record.deployment = step.deployment;
  record.type = step.type;
  record.account = step.account;
  record.created = at_.system.now();
  record.place = step.place;
  return record;
}

Settled mistaken(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity == Severity::error) return {StepStatus::failed, diagnostic.message, diagnostic.hint};
  }
  return {StepStatus::failed, "its inputs could not be evaluated", ""};
}

std::variant<Job, Settled> RunLoop::prepare(StepNumber number) {
  const Step& step = plan_.steps[number];
  if (step.action == Action::remove) return prepare_removal(number);
  Diagnostics diagnostics;
  const std::optional<bool> wanted = evaluate_condition(model_, *step.task, now_, diagnostics);
  if (diagnostics.has_errors()) return mistaken(diagnostics);
  if (wanted && !*wanted) return Settled{StepStatus::skipped, "its condition is false", ""};
  Job job;
  job.step = number;
  job.action = step.action;
  job.record = step.record ? snapshot_.records[*step.record] : new_record(step);
  if (std::optional<Settled> settled = fill(job, step)) return *settled;
  job.provider = at_.providers.find(step.type);
  job.remover = at_.providers.find(job.record.type);
  if (!job.provider) return Settled{StepStatus::failed, fmt::format("no provider for type '{}'", step.type), ""};
  return job;
}

/// Evaluates the inputs now that all that the step needs is done.
std::optional<Settled> RunLoop::fill(Job& job, const Step& step) {
  const Task& task = model_.tasks[*step.task];
  Diagnostics diagnostics;
  std::optional<Inputs> counted = evaluate_inputs(model_, *step.task, planning_, at_.sealer, diagnostics);
  std::optional<Inputs> actual = evaluate_inputs(model_, *step.task, now_, at_.sealer, diagnostics);
  if (!counted || !actual) return mistaken(diagnostics);
  if (actual->waits)
    return Settled{StepStatus::failed, "an input is still unknown", "a task that it reads did not run"};
  const Record& record = job.record;
  const bool unchanged = step.waits && step.record && step.action == Action::update &&
                         record.status == RecordStatus::deployed && record.inputs == counted->digest;
  if (unchanged) {
    return Settled{StepStatus::unchanged, "its inputs turned out the same", ""};
  }
  if (step.record) job.before = recorded(record);
  if (!record.definition && job.action != Action::replace) job.before.reset();
  secrets_.add(actual->resource.inputs);
  job.inputs = counted->digest;
  Definition next{std::move(actual->resource), std::nullopt, task.timeout, task.retry, task.idempotent};
  if (!(counted->resource.inputs == next.resource.inputs)) next.compared = std::move(counted->resource.inputs);
  job.next = std::move(next);
  job.retry = task.retry;
  job.timeout = task.timeout;
  job.group = task.concurrency_group;
  return std::nullopt;
}

std::variant<Job, Settled> RunLoop::prepare_removal(StepNumber number) {
  const Step& step = plan_.steps[number];
  Job job;
  job.step = number;
  job.action = Action::remove;
  job.record = snapshot_.records[*step.record];
  job.provider = job.remover = at_.providers.find(step.type);
  if (!job.provider) return Settled{StepStatus::failed, fmt::format("no provider for type '{}'", step.type), ""};
  const std::optional<Digest>& digest = job.record.definition ? job.record.definition : job.record.pending;
  if (!digest) return Settled{StepStatus::failed, "nothing is recorded of it", "remove it with `verba state rm`"};
  Definition definition = read_definition(at_.store, *digest, job.record.address, at_.sealer);
  secrets_.add(definition.resource.inputs);
  job.retry = definition.retry;
  job.timeout = definition.timeout;
  job.before =
      Recorded{std::move(definition.resource), at_.sealer.from_sealed_json(job.record.outputs, job.record.address)};
  return job;
}

void RunLoop::record_success(const Job& job, Value outputs) {
  if (job.action == Action::remove) return journal_.remove(job.record);
  const Step& step = plan_.steps[job.step];
  secrets_.taint(outputs);
  secrets_.add(outputs);
  Record record = job.record;
  record.status = RecordStatus::deployed;
  record.type = step.type;
  record.account = step.account;
  record.definition = record.pending;
  record.pending.reset();
  record.inputs = job.inputs;
  record.outputs = at_.sealer.to_sealed_json(outputs, record.address);
  record.needs = needs_of(model_, *step.task);
  record.updated = at_.system.now();
  record.place = step.place;
  record.protect = model_.tasks[*step.task].protect;
  outputs_[*step.task] = std::move(outputs);
  journal_.put(std::move(record));
}

void RunLoop::settle(LiveStep& live, Outcome outcome) {
  const Job& job = live.job();
  Settled settled;
  std::optional<int> exit_code;
  if (auto* succeeded = std::get_if<Succeeded>(&outcome)) {
    settled.status = StepStatus::succeeded;
    record_success(job, std::move(succeeded->outputs));
  } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
    settled = {StepStatus::failed, secrets_.mask(failed->message), secrets_.mask(failed->hint)};
    exit_code = failed->exit_code;
  } else if (const auto* doubt = std::get_if<InDoubt>(&outcome)) {
    settled = {StepStatus::in_doubt, secrets_.mask(doubt->message), ""};
  } else {
    settled = {StepStatus::cancelled, "cancelled", ""};
  }
  if (settled.status == StepStatus::failed || settled.status == StepStatus::cancelled) {
    Record record = job.record;
    record.status = RecordStatus::failed;
    record.updated = at_.system.now();
    journal_.put(std::move(record));
  }
  if (!job.group.empty()) busy_groups_.erase(job.group);
  for (const StepNumber parked : parked_) schedule_->put_back(parked);
  parked_.clear();
  const Instant now = at_.system.now();
  statuses_[job.step] = settled.status;
  journal_.ended(job.step, now, settled.status, settled.message, exit_code);
  at_.listener.on(StepEnded{job.step, now, settled.status, settled.message, settled.hint, live.took()});
  if (settled.status == StepStatus::succeeded) {
    schedule_->finish(job.step);
  } else {
    stop_deployment(job.step);
  }
}

void RunLoop::settle(StepNumber step, const Settled& settled, Milliseconds took) {
  const Instant now = at_.system.now();
  const std::string message = secrets_.mask(settled.message);
  statuses_[step] = settled.status;
  journal_.ended(step, now, settled.status, message);
  at_.listener.on(StepEnded{step, now, settled.status, message, secrets_.mask(settled.hint), took});
  if (settled.status == StepStatus::failed) {
    stop_deployment(step);
  } else {
    schedule_->finish(step);
  }
}

/// After a failure: what needs the step will not run; with `stop` nothing new of its deployment either, nor what needs
/// that.
void RunLoop::stop_deployment(StepNumber failed) {
  const Step& step = plan_.steps[failed];
  skip(schedule_->block(failed), fmt::format("it needs {}", step.address));
  OnFailure policy = step.task ? model_.tasks[*step.task].on_failure : OnFailure::keep_going;
  if (settings_.on_failure) policy = *settings_.on_failure;
  if (policy == OnFailure::keep_going || !stopped_.insert(step.deployment).second) return;
  for (StepNumber other = 0; other < plan_.steps.size(); ++other) {
    if (plan_.steps[other].deployment != step.deployment || statuses_[other] != StepStatus::pending) continue;
    skip({other}, fmt::format("{} failed", step.address));
    skip(schedule_->block(other), fmt::format("it needs {}", plan_.steps[other].address));
  }
}

void RunLoop::skip(const std::vector<StepNumber>& steps, const std::string& why) {
  const Instant now = at_.system.now();
  for (const StepNumber step : steps) {
    if (statuses_[step] != StepStatus::pending) continue;
    statuses_[step] = StepStatus::skipped;
    journal_.ended(step, now, StepStatus::skipped, why);
    at_.listener.on(StepEnded{step, now, StepStatus::skipped, why, "", Milliseconds(0)});
  }
}

}  // namespace

RunResult run_plan(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
                   const Workplace& workplace) {
  return RunLoop(plan, model, snapshot, settings, workplace).carry_out();
}

}  // namespace verba
