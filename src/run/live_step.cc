// SPDX-License-Identifier: Apache-2.0
#include "run/live_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "os/not_begun.h"
#include "os/trace.h"
#include "plan/steps.h"

namespace verba {
namespace {

constexpr std::size_t gathered_bytes = 64 * 1024;

Failed failed_by(const Error& error) {
  Failed failed;
  failed.untouched = dynamic_cast<const NotBegun*>(&error) != nullptr;
  failed.message = error.diagnostic().message;
  failed.hint = error.diagnostic().hint;
  return failed;
}

}  // namespace

void describe_place(const Record& record, std::vector<std::pair<std::string, std::string>>& environment) {
  const std::string& address = record.address;
  environment.emplace_back("VERBA_ENVIRONMENT", record.environment);
  environment.emplace_back("VERBA_DEPLOYMENT", record.deployment);
  environment.emplace_back("VERBA_TASK", address.substr(std::min(address.size(), record.deployment.size() + 1)));
  environment.emplace_back("VERBA_RUN", std::to_string(record.run));
}

std::string state_id(Store& store) {
  const std::optional<Run> first = store.run(1);
  if (!first) return {};
  const Owner& owner = first->owner;
  return fmt::format("{} {} {} {} {}", first->started.ms, owner.host, owner.boot_id, owner.process,
                     owner.process_start);
}

std::string scratch_of_step(const std::string& scratch_directory, RunId run, StepNumber step) {
  return fmt::format("{}/{}-{}", scratch_directory, run, step);
}

std::string trace_of_run(const std::string& scratch_directory, RunId run) {
  return fmt::format("{}/{}.trace", scratch_directory, run);
}

LiveStep::LiveStep(Job job, Surface surface)
    : job_(std::move(job)),
      surface_(std::move(surface)),
      masker_{LineMasker(surface_.secrets), LineMasker(surface_.secrets)} {
  scratch_ = scratch_of_step(surface_.scratch_directory, job_.record.run, job_.step);
  attempt_ = std::make_unique<Attempt>(Attempt{surface_.system,
                                               stop_,
                                               job_.tries.timeout,
                                               [this](Stream stream, std::string_view bytes) {
                                                 print(stream, masker_[static_cast<std::size_t>(stream)].take(bytes));
                                               },
                                               scratch_,
                                               {},
                                               [this]() -> const std::string& { return scratch(); },
                                               surface_.trace,
                                               nullptr});
  attempt_->trace.label = std::to_string(job_.step);
  attempt_->reviewed = job_.reviewed;
  attempt_->drifted = job_.drifted;
  attempt_->state = state_id(surface_.store);
  describe_place(job_.record, attempt_->environment);
  attempt_->answers = [this] {
    const Record& record = job_.record;
    if (!answers_) answers_.emplace(surface_.store, record.run, record.address, surface_.person);
    return answers_->now();
  };
}

void LiveStep::begin() {
  began_ = surface_.system.steady();
  work_ = start<Outcome>(carry_out(), [this](Result<Outcome> result) { result_.emplace(std::move(result)); });
}

Milliseconds LiveStep::took() const {
  return std::chrono::duration_cast<Milliseconds>(surface_.system.steady() - began_.value_or(surface_.system.steady()));
}

std::optional<Outcome> LiveStep::take_outcome() {
  if (!result_) return std::nullopt;
  end_output();
  if (const auto* outcome = std::get_if<0>(&*result_)) return *outcome;
  try {
    std::rethrow_exception(std::get<1>(*result_));
  } catch (const Error& error) {
    return failed_by(error);
  }
}

Async<Outcome> LiveStep::carry_out() {
  for (;; ++attempt_number_) {
    if (attempt_number_ > 1) surface_.journal.attempted(job_.step, attempt_number_, surface_.system.now(), job_.record);
    surface_.listener.on(StepBegan{job_.step, attempt_number_, surface_.system.now()});
    Outcome outcome = Cancelled{};
    try {
      Async<Outcome> attempt = one_attempt();
      outcome = co_await attempt;
      if (const InDoubt* doubt = std::get_if<InDoubt>(&outcome); doubt != nullptr && doubt->at_rest) {
        Async<Outcome> look = observed(*doubt);
        outcome = co_await look;
      }
    } catch (const Error& error) {
      outcome = failed_by(error);
    }
    Failed* failed = std::get_if<Failed>(&outcome);
    if (failed == nullptr || !failed->untouched) touched_ = true;
    if (failed != nullptr && touched_) failed->untouched = false;  // by what came before
    if (!may_retry(outcome)) co_return outcome;
    end_output();
    tidy();
    const Milliseconds delay = next_delay();
    surface_.listener.on(StepRetries{job_.step, surface_.system.now(), attempt_number_ + 1, delay,
                                     surface_.secrets.mask(std::get<Failed>(outcome).message)});
    Async<bool> pause = sleep(surface_.system, delay, pauses_);
    const bool go_on = co_await pause;
    if (!go_on) co_return outcome;
  }
}

/// The attempt, where the resource's account says, with what else of that thing may be there.
Attempt& LiveStep::at(const Resource& resource) {
  attempt_->remains.clear();
  for (const Remain& each : job_.remains) {
    const Resource& one = each.recorded.resource;
    if (!is_other_thing(one, resource, each.remover->type())) attempt_->remains.push_back(&one);
  }
  try {
    attempt_->executor = &surface_.hosts.of(resource);
    attempt_->aws = surface_.hosts.aws(resource);
  } catch (const Error& error) {  // its credentials cannot be had
    throw NotBegun(error);
  }
  return *attempt_;
}

/// What is in doubt and no longer at work: its check says how it is. Of a thing that was put in another's place, or put
/// back, that says too little.
Async<Outcome> LiveStep::observed(InDoubt doubt) {
  const bool removes = job_.action == Action::remove;
  const Resource* resource = removes ? &job_.before->resource : job_.next ? &job_.next->resource : nullptr;
  Provider* provider = removes ? job_.remover : job_.provider;
  const bool can = job_.action != Action::replace && job_.action != Action::rollback && resource != nullptr &&
                   provider != nullptr && provider->can_observe(*resource) && !stop_.requested();
  if (!can) co_return Outcome(std::move(doubt));
  Async<Observed> look = provider->observe({*resource, removes ? job_.before->outputs : Value()}, at(*resource));
  const Observed seen = co_await look;
  using enum Observed::State;
  Failed failed;
  if (removes ? seen.state == absent : seen.state == present && seen.outputs) {
    co_return Outcome(Succeeded{removes ? Value(Map()) : *seen.outputs});
  }
  if (seen.state == absent) {
    failed.message = doubt.message + "; its check says that it is absent";
  } else if (seen.state == drifted || (removes && seen.state == present)) {
    failed.message = doubt.message + "; its check says that it is only half done";
  } else {
    co_return Outcome(std::move(doubt));
  }
  co_return Outcome(std::move(failed));
}

Async<Outcome> LiveStep::one_attempt() {
  if (job_.only_recorded) return nothing();
  if (job_.stays) attempt_->log(Stream::output, "it turned out to be the same one: it is updated\n");
  switch (job_.action) {
    case Action::remove:
      return remove();
    case Action::replace:
      return replace();
    case Action::rollback:
      return undo();
    default:
      if (!job_.remains.empty()) return bring_about();
      return job_.provider->apply(job_.next->resource, job_.before, at(job_.next->resource));
  }
}

/// The outputs stay what they were.
Async<Outcome> LiveStep::nothing() {
  const bool stays = job_.before && job_.action != Action::remove && job_.action != Action::rollback;
  co_return Outcome(Succeeded{stays && job_.before->outputs.is_map() ? job_.before->outputs : Value(Map())});
}

/// What made that impossible; nothing when it is done.
Async<std::optional<Outcome>> LiveStep::remove_remains() {
  for (;;) {
    const auto last = std::ranges::find(job_.remains.rbegin(), job_.remains.rend(), true, &Remain::goes_first);
    if (last == job_.remains.rend()) co_return std::nullopt;
    Async<Outcome> removal = last->remover->remove(last->recorded, at(last->recorded.resource));
    Outcome removed = co_await removal;
    if (!std::holds_alternative<Succeeded>(removed)) co_return std::optional(std::move(removed));
    touched_ = true;
    job_.remains.erase(std::prev(last.base()));
  }
}

Async<Outcome> LiveStep::bring_about() {
  Async<std::optional<Outcome>> removal = remove_remains();
  std::optional<Outcome> obstacle = co_await removal;
  if (obstacle) co_return *std::move(obstacle);
  Async<Outcome> making = job_.provider->apply(job_.next->resource, job_.before, at(job_.next->resource));
  Outcome made = co_await making;
  co_return made;
}

Async<Outcome> LiveStep::remove() {
  Async<std::optional<Outcome>> tidying = remove_remains();
  std::optional<Outcome> obstacle = co_await tidying;
  if (obstacle) co_return *std::move(obstacle);
  Async<Outcome> removal = job_.remover->remove(*job_.before, at(job_.before->resource));
  Outcome removed = co_await removal;
  co_return removed;
}

Async<Outcome> LiveStep::replace() {
  if (!job_.remover) {
    Failed failed;
    failed.message = fmt::format("no provider for type '{}', which is what is deployed", job_.record.type);
    co_return failed;
  }
  if (!has_deleted_) {
    Async<std::optional<Outcome>> looking = job_.provider->foresee(job_.next->resource, at(job_.next->resource));
    std::optional<Outcome> obstacle = co_await looking;
    if (obstacle) co_return *std::move(obstacle);
    Async<Outcome> removal = half(remove());
    Outcome removed = co_await removal;
    if (!std::holds_alternative<Succeeded>(removed)) co_return removed;
    has_deleted_ = true;
  }
  Async<Outcome> creation = job_.provider->apply(job_.next->resource, std::nullopt, at(job_.next->resource));
  Outcome created = co_await creation;
  co_return created;
}

/// A removal that is not all of the step: its end in the trace is not the step's.
Async<Outcome> LiveStep::half(Async<Outcome> removal) {
  attempt_->trace.label = fmt::format("{}:delete", job_.step);
  Outcome outcome = co_await removal;
  attempt_->trace.label = std::to_string(job_.step);
  co_return outcome;
}

Async<Outcome> LiveStep::undo() {
  Async<std::optional<Outcome>> tidying = remove_remains();
  std::optional<Outcome> obstacle = co_await tidying;
  if (obstacle) co_return *std::move(obstacle);
  Async<Outcome> undoing = undo_it();
  Outcome undone = co_await undoing;
  co_return undone;
}

Async<Outcome> LiveStep::undo_it() {
  if (!job_.done) return job_.provider->apply(job_.before->resource, std::nullopt, at(job_.before->resource));
  if (job_.replaced) return undo_replace();
  if (job_.half_deleted) return make_whole();
  return job_.remover->rollback(*job_.done, job_.before, at(job_.done->resource));
}

/// As the next apply would: what its check finds there stays, what is half there is updated. A `rollback` is for what
/// was made.
Async<Outcome> LiveStep::make_whole() {
  const Resource& wanted = job_.before->resource;
  std::optional<Recorded> there = job_.done;
  if (job_.provider->can_observe(wanted)) {
    Async<Observed> look = job_.provider->observe(*job_.done, at(wanted));
    const Observed seen = co_await look;
    if (seen.state == Observed::State::present) co_return Outcome(Succeeded{Value(Map())});
    if (seen.state == Observed::State::absent) there.reset();
  }
  Async<Outcome> making = job_.provider->apply(wanted, std::move(there), at(wanted));
  Outcome made = co_await making;
  co_return made;
}

Async<Outcome> LiveStep::undo_replace() {
  attempt_->undoes = true;
  if (!job_.before) return job_.remover->remove(*job_.done, at(job_.done->resource));
  return remake();
}

Async<Outcome> LiveStep::remake() {
  if (!has_deleted_) {
    Async<Outcome> removal = half(job_.remover->remove(*job_.done, at(job_.done->resource)));
    Outcome removed = co_await removal;
    if (!std::holds_alternative<Succeeded>(removed)) co_return removed;
    has_deleted_ = true;
  }
  Async<Outcome> creation = job_.provider->apply(job_.before->resource, std::nullopt, at(job_.before->resource));
  Outcome created = co_await creation;
  co_return created;
}

bool LiveStep::may_retry(const Outcome& outcome) const {
  const Failed* failed = std::get_if<Failed>(&outcome);
  return failed && failed->retryable && attempt_number_ < job_.tries.retry.attempts && !pauses_.requested();
}

Milliseconds LiveStep::next_delay() const {
  const Retry& retry = job_.tries.retry;
  if (retry.delay.count() == 0) return Milliseconds(0);
  const double factor = std::pow(retry.backoff, attempt_number_ - 1);
  const double delay = static_cast<double>(retry.delay.count()) * factor;
  return Milliseconds(static_cast<std::int64_t>(std::min(delay, static_cast<double>(retry.max_delay.count()))));
}

void LiveStep::print(Stream stream, std::string lines) {
  if (lines.empty()) return;
  surface_.listener.on(StepPrinted{job_.step, stream, surface_.system.now(), lines});
  std::string& gathered = gathered_[static_cast<std::size_t>(stream)];
  gathered += lines;
  if (gathered.size() > gathered_bytes) flush_log();
}

void LiveStep::end_output() {
  print(Stream::output, masker_[0].rest());
  print(Stream::error, masker_[1].rest());
  flush_log();
}

void LiveStep::tidy() {
  for (const Stream stream : {Stream::output, Stream::error}) {
    surface_.system.empty(printed_file(attempt_->trace, stream));
  }
  if (scratch_made_) surface_.system.remove(scratch_);
  scratch_made_ = false;
}

void LiveStep::flush_log() {
  for (const Stream stream : {Stream::output, Stream::error}) {
    std::string& gathered = gathered_[static_cast<std::size_t>(stream)];
    if (gathered.empty()) continue;
    surface_.journal.log(job_.step, attempt_number_, surface_.system.now(), stream, std::move(gathered));
    gathered.clear();
  }
}

const std::string& LiveStep::scratch() {
  if (!scratch_made_) surface_.system.make_directories(scratch_, 0700);
  scratch_made_ = true;
  return scratch_;
}

}  // namespace verba
