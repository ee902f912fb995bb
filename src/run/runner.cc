// SPDX-License-Identifier: Apache-2.0
//
// The loop, on one thread: settle what has ended, start as many ready steps as there are free places, make all of that
// durable in one commit, let the started ones begin, wait for the next event; round again. Because `started` and
// `finished` of many steps share a commit, durable state costs one disk flush a round, not two a step.
//
// A run has one to three phases. In the first the plan is carried out. When a step failed in a deployment that says
// `onFailure: rollback`, the plan is extended by the undoing of what this run began there, and the same loop carries
// that out, once everything else that can go on has ended; with it goes what killed runs had done there before. What is
// temporary is deleted when its users are done or undone; what is left of it, because something failed or the person
// stopped the run, when nothing else goes on any more: the last phase. A plan that goes on undoing has no second phase.
#include "run/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "os/trace.h"
#include "plan/moves.h"
#include "plan/occasions.h"
#include "plan/temporary.h"
#include "plan/undo.h"
#include "run/batches.h"
#include "run/ending.h"
#include "run/fallout.h"
#include "run/journal.h"
#include "run/led.h"
#include "run/live_step.h"
#include "run/preparation.h"
#include "run/room.h"
#include "run/schedule.h"
#include "run/urgency.h"

namespace verba {
namespace {

constexpr Milliseconds tick_length{100};
constexpr Milliseconds log_interval{1000};

/// What the loop is working on: the whole plan, or the undoing at its end.
struct Phase {
  const Plan* plan = nullptr;
  std::unique_ptr<Schedule> schedule;
};

class RunLoop {
 public:
  RunLoop(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
          const Workplace& workplace);
  ~RunLoop();
  RunResult carry_out();

 private:
  // Beginning and end
  void record_notes();
  void begin();
  void work_off();
  void roll_back();
  void prepare_undoing(const Plan& plan, StepNumber first);
  void clean_up();
  RunResult end();
  void remove_trace();
  void abandon() noexcept;
  // The round
  bool settle_ended();
  bool start_ready(std::vector<LiveStep*>& started);
  bool comes_last(StepNumber);
  void start(Job job, std::vector<LiveStep*>& started);
  void on_tick();
  void on_interrupt();
  // One step
  std::variant<Job, Settled> prepare(StepNumber);
  void settle(LiveStep&, Outcome);
  void settle(StepNumber, const Settled&);
  void settle_led_by(const Step&);
  void over(StepNumber, StepStatus, Instant);
  void failed(StepNumber);
  void skip(const std::vector<StepNumber>&, const std::string& why);
  void end_rollout(const Step& failed);
  void stop_where_it_leads(const Step& failed);
  bool is_undoing() const { return phase_.plan->undoes(); }
  bool pause_before_undo();

  const Model& model_;
  const Snapshot& snapshot_;
  const RunSettings& settings_;
  const Workplace& at_;
  const Plan& plan_;
  Batches batches_;
  Fallout fallout_;
  Room room_;
  Journal journal_;
  Led led_;
  Preparation preparation_;
  RunId run_ = 0;
  Phase phase_;
  std::optional<Undo> undo_;
  std::map<std::string, std::string> needed_;  ///< what is to be undone and must stay, and who needs it
  Snapshot before_undo_;                       ///< what state records when undoing begins
  std::map<StepNumber, std::unique_ptr<LiveStep>> live_;
  std::vector<std::unique_ptr<LiveStep>> ended_;  ///< not yet durable
  std::vector<StepStatus> statuses_;
  std::vector<StepNumber> begun_;  ///< in order
  Slots slots_;
  std::size_t asking_ = 0;  ///< live steps that wait for people: they take no place
  bool stopping_ = false;
  bool halted_ = false;    ///< nothing new starts
  bool declined_ = false;  ///< somebody said that nothing is to be undone
  bool cleaning_ = false;  ///< in the last phase
  Graph cleaning_graph_;
  std::optional<TimerId> timer_;
  Instant next_log_, next_renewal_;
};

RunLoop::RunLoop(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
                 const Workplace& workplace)
    : model_(model),
      snapshot_(snapshot),
      settings_(settings),
      at_(workplace),
      plan_(plan),
      batches_(plan),
      fallout_(plan, model),
      room_(workplace.hosts),
      journal_(workplace.store, workplace.lease, workplace.sealer),
      led_(plan, model, snapshot, journal_),
      preparation_(model, snapshot, workplace) {
  statuses_.assign(plan.steps.size(), StepStatus::pending);
}

RunLoop::~RunLoop() {
  if (timer_) at_.system.cancel(*timer_);
  at_.system.on_interrupt({});
  at_.hosts.on_secret({});
}

void RunLoop::record_notes() {
  journal_.add(edits_of(plan_.moves, at_.system.now(), settings_.owner.user));
  for (Note note : plan_.noted) {
    if (note.renews) let_expire(note.record, *plan_.goal.ttl, at_.system.now());
    if (note.redefine) {
      journal_.put(note.record, preparation_.definition_of(note));
    } else {
      journal_.put(note.record);
    }
  }
  for (const Record& record : plan_.forgotten) journal_.remove(record);
}

void RunLoop::begin() {
  const Instant now = at_.system.now();
  RunStart start{plan_.environment,
                 std::string(to_string(plan_.goal.kind)),
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
  // It is there before any step begins: what is not in it has not begun.
  at_.system.make_directories(settings_.scratch_directory, 0700);
  at_.system.write_file(trace_of_run(settings_.scratch_directory, run_), "", 0600);
  preparation_.begin(run_, now, settings_.reason, plan_.goal);
  at_.hosts.on_secret([this](const Value& secret) { preparation_.keep_secret(secret); });
  phase_.plan = &plan_;
  phase_.schedule = std::make_unique<Schedule>(plan_.graph, step_numbers(0, plan_.steps.size()),
                                               urgency_of(plan_, snapshot_, at_.store.durations(plan_.environment)),
                                               plan_.first_batch_gate);
  next_log_ = now + log_interval;
  next_renewal_ = now + lease_length / 3;
  at_.system.on_interrupt([this] { on_interrupt(); });
  timer_ = at_.system.after(tick_length, [this] { on_tick(); });
  if (plan_.undoes()) {
    before_undo_ = snapshot_;
    prepare_undoing(plan_, 0);
  }
  at_.listener.on(RunBegan{run_, now, &plan_});
}

RunResult RunLoop::carry_out() {
  record_notes();
  if (plan_.empty() && !plan_.concludes) {
    journal_.commit();
    return {};
  }
  begin();
  try {
    work_off();
    if (fallout_.dooms_any() && !stopping_) roll_back();
    clean_up();
    return end();
  } catch (...) {
    abandon();
    throw;
  }
}

void RunLoop::work_off() {
  for (;;) {
    std::vector<LiveStep*> started;
    bool moved = settle_ended();
    moved = start_ready(started) || moved;
    journal_.commit();
    for (const auto& step : ended_) {
      step->tidy();
      slots_.give_back(step->slot());
    }
    ended_.clear();
    for (LiveStep* step : started) step->begin();
    if (live_.empty() && !moved) return;
    if (!moved) at_.system.poll();
  }
}

/// The second phase.
void RunLoop::roll_back() {
  const std::vector<StepNumber> to_undo =
      steps_to_undo(plan_, begun_, statuses_, fallout_.doomed(), fallout_.doomed_batches());
  std::vector<Done> carried = fallout_.carried();
  if ((to_undo.empty() && carried.empty()) || !pause_before_undo()) return;
  before_undo_ = at_.store.snapshot(plan_.environment);
  std::vector<StepNumber> cleanings = step_numbers(first_cleaning(plan_), plan_.steps.size());
  std::erase_if(cleanings, [&](StepNumber step) { return statuses_[step] != StepStatus::pending; });
  undo_ = undo_of(
      {plan_, to_undo, std::move(carried), std::move(cleanings), fallout_.doomed(), {}, snapshot_, before_undo_},
      model_);
  for (StepNumber step = undo_->first; step < undo_->plan.steps.size(); ++step) {
    journal_.added(step, undo_->plan.steps[step]);
  }
  prepare_undoing(undo_->plan, undo_->first);
  journal_.commit();
  statuses_.resize(undo_->plan.steps.size(), StepStatus::pending);
  phase_ = {&undo_->plan, std::make_unique<Schedule>(undo_->graph, undo_->steps, undo_->urgency)};
  at_.listener.on(RollbackBegan{at_.system.now(), &undo_->plan});
  work_off();
}

/// `first`: of the steps that undo.
void RunLoop::prepare_undoing(const Plan& plan, StepNumber first) {
  needed_ = needed_by_others(plan.done, before_undo_);
  for (const Record& done : updates_no_longer_done(plan.done, model_, before_undo_)) journal_.remove(done);
  for (StepNumber step = first; step < plan.steps.size(); ++step) {
    const Record* record = before_undo_.find(plan.steps[step].address);
    if (is_brought_about(plan.steps[step]) && record) led_.doubt(*record, run_);
  }
}

/// Gives a person the time to say that what is done shall stay. False when they do.
bool RunLoop::pause_before_undo() {
  if (fallout_.delay().count() == 0) return true;
  at_.listener.on(RollbackWaits{at_.system.now(), fallout_.delay()});
  const auto end = at_.system.steady() + fallout_.delay();
  while (at_.system.steady() < end && !stopping_) at_.system.poll();  // the tick wakes us
  declined_ = stopping_;
  return !declined_;
}

/// The last phase: the deletes of what is temporary that are still to be done. Ctrl-C does not keep it from beginning.
void RunLoop::clean_up() {
  const StepNumber first = first_cleaning(plan_);
  const auto end = static_cast<StepNumber>(plan_.steps.size());
  if (std::find(statuses_.begin() + first, statuses_.begin() + end, StepStatus::pending) == statuses_.begin() + end) {
    return;
  }
  cleaning_ = true;
  halted_ = false;
  cleaning_graph_ = cleaning_graph(plan_);
  phase_.schedule = std::make_unique<Schedule>(cleaning_graph_, step_numbers(first, end),
                                               std::vector<std::uint64_t>(cleaning_graph_.size(), 0));
  for (StepNumber step = first; step < end; ++step) {
    const StepStatus status = statuses_[step];
    if (status == StepStatus::succeeded || status == StepStatus::skipped) phase_.schedule->finish(step);
    if (status == StepStatus::failed || status == StepStatus::cancelled) failed(step);
  }
  work_off();
}

RunResult RunLoop::end() {
  const bool undo_is_due = fallout_.dooms_any() && !undo_ && !declined_;
  const RunStatus status = status_of(
      {plan_, statuses_, undo_ ? &*undo_ : nullptr, begun_, fallout_.doomed_batches(), stopping_, undo_is_due});
  const Instant now = at_.system.now();
  journal_.run_ended(now, status);
  journal_.commit();
  remove_trace();
  at_.listener.on(RunEnded{run_, now, status});
  return {run_, status};
}

void RunLoop::remove_trace() {
  Trace trace{.file = trace_of_run(settings_.scratch_directory, run_)};
  at_.system.remove(trace.file);
  for (std::string& slot : slots_.all()) {
    trace.slot = std::move(slot);
    for (const Stream stream : {Stream::output, Stream::error}) at_.system.remove(printed_file(trace, stream));
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

bool RunLoop::settle_ended() {
  bool any = false;
  for (auto entry = live_.begin(); entry != live_.end();) {
    std::optional<Outcome> outcome = entry->second->take_outcome();
    if (!outcome) {
      ++entry;
      continue;
    }
    settle(*entry->second, std::move(*outcome));
    ended_.push_back(std::move(entry->second));
    entry = live_.erase(entry);
    any = true;
  }
  return any;
}

bool RunLoop::start_ready(std::vector<LiveStep*>& started) {
  bool any = false;
  while (!halted_ && live_.size() - asking_ < settings_.parallelism) {
    const std::optional<StepNumber> ready = phase_.schedule->take();
    if (!ready) break;
    const StepNumber number = *ready;
    if (comes_last(number) || statuses_[number] != StepStatus::pending) continue;
    const Step& step = phase_.plan->steps[number];
    if (!room_.has_account_for(step)) {
      room_.park(number);
      continue;
    }
    std::variant<Job, Settled> prepared = prepare(number);
    if (const Settled* settled = std::get_if<Settled>(&prepared)) {
      settle(number, *settled);
      any = true;
      continue;
    }
    Job& job = std::get<Job>(prepared);
    if (!room_.enter(step, job.group)) {
      room_.park(number);
      continue;
    }
    start(std::move(job), started);
    any = true;
  }
  return any;
}

/// What is temporary stays for the undoing of what uses it. Later: what was done in the first phase.
bool RunLoop::comes_last(StepNumber number) {
  if (cleaning_ || is_undoing()) return statuses_[number] != StepStatus::pending;
  const Step& step = phase_.plan->steps[number];
  if (!is_cleaning(step) || !fallout_.dooms_any()) return false;
  skip(phase_.schedule->block(number), fmt::format("it needs {}", step.address));
  return true;
}

std::variant<Job, Settled> RunLoop::prepare(StepNumber number) {
  const Step& step = phase_.plan->steps[number];
  if (!step.undoes) return preparation_.job_of(step, number);
  if (const auto user = needed_.find(step.address); user != needed_.end()) {
    return Settled{StepStatus::skipped, fmt::format("kept: {} needs it", user->second), ""};
  }
  return preparation_.undo_of(step, number, phase_.plan->done[*step.undoes], before_undo_);
}

void RunLoop::start(Job job, std::vector<LiveStep*>& started) {
  const StepNumber number = job.step;
  job.record = journal_.started(number, at_.system.now(), std::move(job.record), job.was ? &*job.was : nullptr,
                                job.next ? &*job.next : nullptr);
  const Step& step = phase_.plan->steps[number];
  preparation_.note(step, job.record);
  statuses_[number] = StepStatus::started;
  if (is_asking(step)) ++asking_;
  if (!is_undoing() && leads_others(step)) {
    for (const StepNumber led : led_.begin(step, run_)) begun_.push_back(led);
  }
  if (number < plan_.steps.size() && !led_.has_begun(step)) begun_.push_back(number);
  Surface surface{at_.system,
                  at_.store,
                  at_.listener,
                  journal_,
                  preparation_.secrets(),
                  at_.hosts,
                  settings_.scratch_directory,
                  {.file = trace_of_run(settings_.scratch_directory, run_), .slot = slots_.take()},
                  settings_.owner.user};
  auto live = std::make_unique<LiveStep>(std::move(job), std::move(surface));
  started.push_back(live.get());
  live_.emplace(number, std::move(live));
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
  halted_ = true;
  at_.listener.on(StopAsked{at_.system.now(), second});
  for (auto& [number, step] : live_) {
    is_asking(phase_.plan->steps[number]) ? step->stop() : step->end_retrying();
  }
  if (!second) return;
  for (auto& [number, step] : live_) step->stop();
}

void RunLoop::settle(LiveStep& live, Outcome outcome) {
  const Job& job = live.job();
  const SecretWords& secrets = preparation_.secrets();
  const Instant now = at_.system.now();
  if (is_asking(phase_.plan->steps[job.step])) --asking_;
  Settled settled;
  std::optional<int> exit_code;
  bool untouched = false;
  if (auto* succeeded = std::get_if<Succeeded>(&outcome)) {
    settled.status = StepStatus::succeeded;
    std::optional<Record> record =
        preparation_.record_of(job, phase_.plan->steps[job.step], std::move(succeeded->outputs));
    if (record) preparation_.note(phase_.plan->steps[job.step], *record);
    record ? journal_.put(std::move(*record)) : journal_.remove(job.record);
  } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
    settled = {StepStatus::failed, secrets.mask(failed->message), secrets.mask(failed->hint)};
    exit_code = failed->exit_code;
    untouched = failed->untouched && !live.has_deleted();
  } else if (const auto* doubt = std::get_if<InDoubt>(&outcome)) {
    settled = {StepStatus::in_doubt, secrets.mask(doubt->message), ""};
  } else {
    settled = {StepStatus::cancelled, "cancelled", ""};
  }
  const bool ended_badly = settled.status == StepStatus::failed || settled.status == StepStatus::cancelled;
  // An undoing that could not begin leaves what is to be undone: that is not as it should be.
  if (untouched && !is_undoing() && !phase_.plan->steps[job.step].temporary) {
    job.was ? journal_.put(*job.was) : journal_.remove(job.record);
    std::erase(begun_, job.step);  // there is nothing to undo
  } else if (ended_badly && !phase_.plan->steps[job.step].leaves_record) {
    journal_.remove(job.record);
  } else if (ended_badly) {
    Record record = job.record;
    record.status = RecordStatus::failed;
    record.updated = now;
    if (live.has_deleted()) preparation_.forget_former(record, job);
    preparation_.note(phase_.plan->steps[job.step], record);
    journal_.put(std::move(record));
  }
  room_.leave(phase_.plan->steps[job.step], job.group);
  for (const StepNumber parked : room_.unpark()) phase_.schedule->put_back(parked);
  statuses_[job.step] = settled.status;
  journal_.ended(job.step, now, settled.status, settled.message, exit_code);
  at_.listener.on(StepEnded{job.step, now, settled.status, settled.message, settled.hint, live.took()});
  over(job.step, settled.status, now);
  if (settled.status == StepStatus::succeeded) {
    phase_.schedule->finish(job.step);
    settle_led_by(phase_.plan->steps[job.step]);
  } else {
    this->failed(job.step);
  }
}

/// What was led by it is done with it.
void RunLoop::settle_led_by(const Step& step) {
  for (const StepNumber number : led_.forget_with(step, statuses_, at_.system.now())) {
    begun_.push_back(number);
    settle(number, Settled{StepStatus::succeeded, "", ""});
  }
  if (!is_undoing()) led_.forget_updates(step, statuses_);
}

void RunLoop::settle(StepNumber step, const Settled& settled) {
  const Instant now = at_.system.now();
  const std::string message = preparation_.secrets().mask(settled.message);
  statuses_[step] = settled.status;
  const Step& planned = phase_.plan->steps[step];
  if (settled.record) {
    journal_.put(*settled.record);
  } else if (is_brought_about(planned) && planned.record && settled.status != StepStatus::failed && !is_undoing()) {
    journal_.put(snapshot_.records[*planned.record]);  // there was nothing to bring about
  }
  journal_.ended(step, now, settled.status, message);
  at_.listener.on(
      StepEnded{step, now, settled.status, message, preparation_.secrets().mask(settled.hint), Milliseconds(0)});
  over(step, settled.status, now);
  if (settled.status == StepStatus::failed) {
    failed(step);
  } else {
    phase_.schedule->finish(step);
    if (!is_undoing()) led_.forget_updates(phase_.plan->steps[step], statuses_);
  }
}

void RunLoop::over(StepNumber step, StepStatus status, Instant now) {
  if (const std::optional<BatchEnded> ended = batches_.over(step, status, now)) at_.listener.on(*ended);
}

/// What needs the step will not run. In a rollout some may fail before anything else comes of it.
void RunLoop::failed(StepNumber number) {
  const Step& step = phase_.plan->steps[number];
  const bool backwards = is_undoing() || step.action == Action::remove;
  skip(phase_.schedule->block(number),
       backwards ? fmt::format("{} goes first", step.address) : fmt::format("it needs {}", step.address));
  if (is_undoing() || (step.rollout && !batches_.too_many(*step.rollout))) return;
  if (step.rollout) end_rollout(step);
  if (fallout_.add(step, statuses_[number])) stop_where_it_leads(step);
}

/// No other instance begins.
void RunLoop::end_rollout(const Step& failed) {
  for (StepNumber other = 0; other < plan_.steps.size(); ++other) {
    if (plan_.steps[other].rollout != failed.rollout || statuses_[other] != StepStatus::pending) continue;
    skip({other}, fmt::format("{} failed", failed.address));
    skip(phase_.schedule->block(other), fmt::format("it needs {}", plan_.steps[other].address));
  }
}

/// Nothing new starts there.
void RunLoop::stop_where_it_leads(const Step& failed) {
  for (auto& [number, live] : live_) {  // nobody need answer any more
    const Step& step = phase_.plan->steps[number];
    if (is_asking(step) && fallout_.stops(step.deployment)) live->stop();
  }
  for (StepNumber other = 0; other < plan_.steps.size(); ++other) {
    if (!fallout_.stops(plan_.steps[other].deployment) || statuses_[other] != StepStatus::pending) continue;
    skip({other}, fmt::format("{} failed", failed.address));
    skip(phase_.schedule->block(other), fmt::format("it needs {}", plan_.steps[other].address));
  }
}

void RunLoop::skip(const std::vector<StepNumber>& steps, const std::string& why) {
  const Instant now = at_.system.now();
  for (const StepNumber step : steps) {
    if (statuses_[step] != StepStatus::pending) continue;
    if (is_cleaning(phase_.plan->steps[step]) && !cleaning_) continue;  // nothing keeps it from being done in the end
    statuses_[step] = StepStatus::skipped;
    journal_.ended(step, now, StepStatus::skipped, why);
    at_.listener.on(StepEnded{step, now, StepStatus::skipped, why, "", Milliseconds(0)});
    over(step, StepStatus::skipped, now);
  }
}

}  // namespace

RunResult run_plan(const Plan& plan, const Model& model, const Snapshot& snapshot, const RunSettings& settings,
                   const Workplace& workplace) {
  return RunLoop(plan, model, snapshot, settings, workplace).carry_out();
}

}  // namespace verba
