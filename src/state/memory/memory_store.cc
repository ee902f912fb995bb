// SPDX-License-Identifier: Apache-2.0
// A batch is whole or absent because all that may refuse it is asked before anything is written.
#include "state/memory/memory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "state/contents.h"
#include "state/leasing.h"
#include "state/reseal.h"

namespace verba {
namespace {

struct HeldLease {
  Lease lease;
  Holder holder;  ///< its deployment is not used
};

constexpr std::size_t runs_that_tell_durations = 100;

[[noreturn]] void throw_unknown(std::string_view what, RunId run) {
  throw Error(Error::Kind::state, "state.unknown-run", fmt::format("there is no {} {} in the state", what, run));
}

class Memory final : public MemoryStore, public Resealable {
 public:
  std::size_t calls() const override { return calls_; }
  void fail_call(std::size_t n) override { fail_at_ = n == 0 ? 0 : calls_ + n; }

  Snapshot snapshot(const std::string& environment) override {
    count_call();
    Snapshot snapshot{environment, 0, {}, {}};
    if (auto at = contents_.serials.find(environment); at != contents_.serials.end()) snapshot.serial = at->second;
    for (auto at = contents_.records.lower_bound({environment, ""});
         at != contents_.records.end() && at->first.first == environment; ++at) {
      snapshot.add(at->second);
    }
    return snapshot;
  }

  std::vector<std::string> environments() override {
    count_call();
    std::set<std::string> names;
    for (const auto& [key, record] : contents_.records) names.insert(key.first);
    for (const auto& [id, run] : contents_.runs) names.insert(run.run.environment);
    return {names.begin(), names.end()};
  }

  std::optional<std::string> blob(const Digest& digest) override {
    count_call();
    return find_blob(digest);
  }

  RunId begin_run(const RunStart&, const Lease&) override;
  void commit(const Batch&, const Lease*) override;

  std::vector<Run> runs(const std::string& environment, std::size_t limit) override {
    count_call();
    std::vector<Run> runs;
    for (auto at = contents_.runs.rbegin(); at != contents_.runs.rend() && runs.size() < limit; ++at) {
      if (environment.empty() || at->second.run.environment == environment) runs.push_back(counted(at->second));
    }
    return runs;
  }

  std::optional<Run> run(RunId id) override {
    count_call();
    const RunContents* run = find_run(id);
    return run != nullptr ? std::optional(counted(*run)) : std::nullopt;
  }

  std::optional<std::string> plan_of(RunId id) override {
    count_call();
    const RunContents* run = find_run(id);
    return run != nullptr ? find_blob(run->plan) : std::nullopt;
  }

  std::vector<StepRecord> steps(RunId id) override {
    count_call();
    const RunContents* run = find_run(id);
    return run != nullptr ? run->steps : std::vector<StepRecord>();
  }

  std::vector<LogLine> logs(RunId id, std::optional<StepNumber> step) override {
    count_call();
    std::vector<LogLine> lines;
    if (auto at = contents_.runs.find(id); at != contents_.runs.end()) lines = at->second.logs;
    std::erase_if(lines, [&](const LogLine& line) { return step && line.step != *step; });
    return lines;
  }

  std::vector<StoredEvent> events(std::int64_t after_id, std::size_t limit) override {
    count_call();
    std::vector<StoredEvent> events;
    for (const StoredEvent& event : contents_.events) {
      if (event.id > after_id && events.size() < limit) events.push_back(event);
    }
    return events;
  }

  std::map<std::string, std::int64_t> durations(const std::string& environment) override;

  std::variant<Lease, Holder> acquire(const LeaseRequest&, const IsAlive&) override;
  void renew(const Lease& lease, Instant now, Milliseconds length) override {
    count_call();
    require_lease(lease);
    leases_.at(lease.fence).holder.expires = now + length;
  }
  void release(const Lease& lease) override {
    count_call();
    leases_.erase(lease.fence);
  }
  std::vector<Holder> leases(const std::string& environment) override;
  bool revoke(const std::string& environment, std::int64_t fence, Instant now) override;

  void reseal(const Reseal&, const Lease&, Instant now) override;

  std::string export_json() override { return to_export_json(contents_); }
  void import_json(std::string_view json) override {
    Contents contents = from_export_json(json);
    bool empty = contents_.last_run == 0 && contents_.last_fence == 0 && contents_.events.empty() &&
                 contents_.serials.empty() && contents_.blobs.empty();
    if (!empty) throw Error(Error::Kind::state, "state.not-empty", "the state is not empty");
    contents_ = std::move(contents);
    for (const auto& [key, record] : contents_.records) contents_.serials.emplace(key.first, 1);
    for (const auto& [id, run] : contents_.runs) contents_.serials.emplace(run.run.environment, 0);
  }
  void backup(const std::string& path) override {
    count_call();
    std::ofstream file(path, std::ios::binary);
    file << export_json();
    if (!file.flush()) throw Error(Error::Kind::state, "state.cannot-copy", "cannot write '" + path + "'");
  }
  std::vector<std::string> check() override { return {}; }

 private:
  void count_call() {
    ++calls_;
    if (calls_ == fail_at_) throw Error(Error::Kind::state, "state.full", "the state was told to fail");
  }

  std::optional<std::string> find_blob(const Digest& digest) const {
    auto at = contents_.blobs.find(digest);
    return at != contents_.blobs.end() ? std::optional(at->second) : std::nullopt;
  }
  const RunContents* find_run(RunId id) const {
    auto at = contents_.runs.find(id);
    return at != contents_.runs.end() ? &at->second : nullptr;
  }
  static Run counted(const RunContents& contents) {
    Run run = contents.run;
    count_steps(run, contents.steps);
    return run;
  }
  StepRecord& step(RunId run, StepNumber number) { return contents_.runs.at(run).steps.at(number); }

  /// Runs that say they are running, but can never write again.
  void mark_interrupted(const std::string& environment, Instant now) {
    for (auto& [id, entry] : contents_.runs) {
      Run& run = entry.run;
      bool stuck = run.environment == environment && run.status == RunStatus::running;
      if (!stuck || leases_.contains(entry.fence)) continue;
      run.status = RunStatus::interrupted;
      run.finished = now;
    }
  }
  void require_lease(const Lease& lease) const {
    auto at = leases_.find(lease.fence);
    if (at == leases_.end() || at->second.lease.environment != lease.environment) throw_lease_lost(lease);
  }
  void require_covered(const Lease* lease, const std::string& environment, const std::string& deployment) const {
    if (lease == nullptr) return;
    const auto& held = leases_.at(lease->fence).lease;
    bool covered =
        held.environment == environment && std::ranges::find(held.deployments, deployment) != held.deployments.end();
    if (!covered) throw_not_covered(environment, deployment);
  }
  void require_step(RunId id, StepNumber number) const {
    const RunContents* run = find_run(id);
    if (run == nullptr || number >= run->steps.size()) throw_unknown(fmt::format("step {} of run", number), id);
  }
  /// The deployment of the record that is there already must be covered, too.
  void require_record_covered(const Lease* lease, const std::string& environment, const std::string& address) const {
    auto at = contents_.records.find({environment, address});
    if (at != contents_.records.end()) require_covered(lease, environment, at->second.deployment);
  }

  /// May this edit be carried out?
  struct Check {
    const Memory& store;
    const Lease* lease;
    mutable std::size_t added = 0;  // steps that this batch adds; they are not in the run yet
    void operator()(const StepStarted& e) const { store.require_step(e.run, e.step); }
    void operator()(const StepAdded& e) const {
      const RunContents* run = store.find_run(e.run);
      if (run == nullptr || run->steps.size() + added++ != e.step)
        throw_unknown(fmt::format("step {} to follow in run", e.step), e.run);
    }
    void operator()(const StepFinished& e) const { store.require_step(e.run, e.step); }
    void operator()(const RunFinished& e) const {
      if (store.find_run(e.run) == nullptr) throw_unknown("run", e.run);
    }
    void operator()(const PutRecord& e) const {
      store.require_covered(lease, e.record.environment, e.record.deployment);
      store.require_record_covered(lease, e.record.environment, e.record.address);
    }
    void operator()(const RemoveRecord& e) const { store.require_record_covered(lease, e.environment, e.address); }
    void operator()(const PutBlob&) const {}
    void operator()(const AppendLog& e) const { store.require_step(e.run, e.step); }
    void operator()(const AppendEvent&) const {}
  };

  void write(const StepStarted& e) {
    StepRecord& s = step(e.run, e.step);
    if (e.attempt <= 1 || !s.started) s.started = e.at;
    s.status = StepStatus::started;
    s.attempts = e.attempt;
    s.before = e.before;
    s.after = e.after;
    s.outputs_before = e.outputs_before;
    if (e.attempt <= 1) s.whole_before = e.whole_before;
    s.finished.reset();
    s.message.clear();
    s.exit_code.reset();
  }
  void write(const StepAdded& e) {
    RunContents& run = contents_.runs.at(e.run);
    StepRecord& s = run.steps.emplace_back();
    s.number = e.step;
    s.address = e.planned.address;
    s.action = e.planned.action;
    s.reason = e.planned.reason;
    run.run.steps = static_cast<std::int64_t>(run.steps.size());
  }
  void write(const StepFinished& e) {
    StepRecord& s = step(e.run, e.step);
    s.status = e.status;
    s.finished = e.at;
    s.message = e.message;
    s.exit_code = e.exit_code;
  }
  void write(const PutBlob& e) { contents_.blobs.emplace(e.digest, e.content); }
  void write(const PutRecord& e) {
    contents_.records.insert_or_assign({e.record.environment, e.record.address}, e.record);
  }
  void write(const RemoveRecord& e) { contents_.records.erase({e.environment, e.address}); }
  void write(const AppendLog& e) {
    contents_.runs.at(e.run).logs.push_back({e.step, e.attempt, e.at, e.error_stream, e.text});
  }
  void write(const RunFinished& e) {
    Run& run = contents_.runs.at(e.run).run;
    run.status = e.status;
    run.finished = e.at;
  }
  void write(const AppendEvent& e) {
    std::int64_t id = contents_.events.empty() ? 1 : contents_.events.back().id + 1;
    contents_.events.push_back({id, e.run, e.at, e.type, e.who, e.detail});
  }

  Contents contents_;
  std::map<std::int64_t, HeldLease> leases_;  ///< by fence
  std::size_t calls_ = 0;
  std::size_t fail_at_ = 0;
};

RunId Memory::begin_run(const RunStart& start, const Lease& lease) {
  count_call();
  require_lease(lease);
  if (start.environment != lease.environment) throw_not_covered(start.environment, "");
  RunContents entry;
  entry.run.id = ++contents_.last_run;
  entry.run.environment = start.environment;
  entry.run.verb = start.verb;
  entry.run.reason = start.reason;
  entry.run.owner = start.owner;
  entry.run.started = start.at;
  entry.run.source = start.source;
  entry.fence = lease.fence;
  entry.plan = sha256(start.plan);
  contents_.blobs.emplace(entry.plan, start.plan);
  contents_.serials.emplace(start.environment, 0);
  for (const PlannedStep& planned : start.steps) {
    StepRecord& step = entry.steps.emplace_back();
    step.number = static_cast<StepNumber>(entry.steps.size() - 1);
    step.address = planned.address;
    step.action = planned.action;
    step.reason = planned.reason;
  }
  RunId id = entry.run.id;
  contents_.runs.emplace(id, std::move(entry));
  return id;
}

void Memory::commit(const Batch& batch, const Lease* lease) {
  count_call();
  if (lease != nullptr) require_lease(*lease);
  const Check may{*this, lease};
  for (const Edit& edit : batch) std::visit(may, edit);
  std::set<std::string> changed;
  for (const Edit& edit : batch) {
    if (const auto* put = std::get_if<PutRecord>(&edit)) changed.insert(put->record.environment);
    if (const auto* remove = std::get_if<RemoveRecord>(&edit)) {
      if (contents_.records.contains({remove->environment, remove->address})) changed.insert(remove->environment);
    }
    std::visit([this](const auto& e) { write(e); }, edit);
  }
  for (const std::string& environment : changed) ++contents_.serials[environment];
}

void Memory::reseal(const Reseal& how, const Lease& lease, Instant now) {
  count_call();
  require_lease(lease);
  for (const auto& [fence, held] : leases_) {
    if (fence == lease.fence || held.holder.expires <= now) continue;
    throw_not_alone(held.lease.environment, held.lease.deployments.empty() ? "" : held.lease.deployments.front());
  }
  Contents after = contents_;  // whole or not at all
  std::map<Digest, Digest> moved;
  const auto move = [&](std::optional<Digest>& digest, const std::string& address) {
    const std::optional<std::string> before = digest ? find_blob(*digest) : std::nullopt;
    if (!before) return;
    if (!moved.contains(*digest)) {
      std::string content = how.definition(*before, address);
      const Digest name = sha256(content);
      moved.emplace(*digest, name);
      after.blobs.emplace(name, std::move(content));
    }
    digest = moved.at(*digest);
  };
  for (auto& [key, record] : after.records) {
    how.record(record);
    move(record.definition, record.address);
    move(record.pending, record.address);
  }
  for (auto& [id, run] : after.runs) {
    for (StepRecord& step : run.steps) {
      move(step.before, step.address);
      move(step.after, step.address);
      if (step.outputs_before) step.outputs_before = how.outputs(*step.outputs_before, step.address);
    }
  }
  for (const auto& [before, name] : moved) {
    if (before != name) after.blobs.erase(before);
  }
  for (auto& [environment, serial] : after.serials) ++serial;
  contents_ = std::move(after);
  std::erase_if(leases_, [&](const auto& entry) { return entry.first != lease.fence; });
  write(how.event);
}

std::map<std::string, std::int64_t> Memory::durations(const std::string& environment) {
  count_call();
  std::map<std::string, std::int64_t> durations;
  std::size_t seen = 0;
  for (auto at = contents_.runs.rbegin(); at != contents_.runs.rend() && seen < runs_that_tell_durations; ++at) {
    if (at->second.run.environment != environment) continue;
    ++seen;
    const auto& steps = at->second.steps;
    for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
      // The newest comes first, so what is there stays.
      if (s->status == StepStatus::succeeded && s->started && s->finished) {
        durations.emplace(s->address, (*s->finished - *s->started).count());
      }
    }
  }
  return durations;
}

std::variant<Lease, Holder> Memory::acquire(const LeaseRequest& request, const IsAlive& is_alive) {
  count_call();
  std::vector<std::int64_t> dead;
  for (const std::string& deployment : request.deployments) {
    for (const auto& [fence, held] : leases_) {
      const Lease& lease = held.lease;
      if (lease.environment != request.environment) continue;
      if (std::ranges::find(lease.deployments, deployment) == lease.deployments.end()) continue;
      if (!may_be_taken_over(held.holder, request, is_alive)) {
        Holder holder = held.holder;
        holder.deployment = deployment;
        return holder;
      }
      dead.push_back(fence);
    }
  }
  for (std::int64_t fence : dead) leases_.erase(fence);
  mark_interrupted(request.environment, request.now);
  Lease lease{request.environment, request.deployments, ++contents_.last_fence};
  Holder holder{"",          request.owner,      request.reason, request.now, request.now + request.length,
                lease.fence, request.environment};
  leases_.emplace(lease.fence, HeldLease{lease, holder});
  return lease;
}

std::vector<Holder> Memory::leases(const std::string& environment) {
  count_call();
  std::vector<Holder> holders;
  for (const auto& [fence, held] : leases_) {
    if (!environment.empty() && held.lease.environment != environment) continue;
    for (const std::string& deployment : held.lease.deployments) {
      holders.push_back(held.holder);
      holders.back().deployment = deployment;
    }
  }
  std::ranges::sort(holders, {}, [](const Holder& h) { return std::tie(h.environment, h.deployment); });
  return holders;
}

bool Memory::revoke(const std::string& environment, std::int64_t fence, Instant now) {
  count_call();
  const auto at = leases_.find(fence);
  if (at == leases_.end() || at->second.lease.environment != environment) return false;
  leases_.erase(at);
  mark_interrupted(environment, now);
  return true;
}

}  // namespace

std::unique_ptr<MemoryStore> make_memory_store() {
  return std::make_unique<Memory>();
}

}  // namespace verba
