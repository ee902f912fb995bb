// SPDX-License-Identifier: Apache-2.0
#include "run/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "os/process.h"
#include "os/trace.h"
#include "plan/definition.h"
#include "plan/inputs.h"
#include "plan/plan.h"
#include "plan/remains.h"
#include "plan/steps.h"
#include "provider/mask.h"
#include "run/live_step.h"

namespace verba {
namespace {

constexpr Milliseconds kGrace{5'000};
constexpr Milliseconds kLookAgain{20};
constexpr Milliseconds kCheckLimit{60'000};

/// How a step that was under way is to be recorded.
struct Found {
  enum class What : std::uint8_t { done, gone, undone, untouched } what = What::undone;
  std::string message;
  Value outputs = Map();           ///< of what is done; null: nobody knows
  std::optional<int> exit_code{};  ///< of what is undone
  bool updated = false;            ///< done by an update of its own, which has no outputs: what it had, it has
};

/// What is left of one run: read once.
struct DeadRun {
  std::optional<Run> run;
  std::vector<StepRecord> steps;
  std::map<std::string, TracedChild, std::less<>> children;
  bool same_boot = false;  ///< it ran on this machine, which has not been started anew
  bool is_traced = false;  ///< its trace is there
};

class Recovery {
 public:
  explicit Recovery(const RecoveryAids& aids) : at_(aids) {}
  ~Recovery() { at_.system.on_interrupt({}); }
  Recovery(const Recovery&) = delete;
  Recovery& operator=(const Recovery&) = delete;
  bool settle(const Snapshot&);

 private:
  DeadRun& dead_run(RunId);
  void settle(const Record&);
  const StepRecord* step_of(const DeadRun&, const Record&) const;
  Found find_out(const Record&, DeadRun&, const StepRecord*);
  void await_half(const Record&, DeadRun&, const StepRecord&);
  static bool has_deleted(const DeadRun&, const StepRecord&);
  void await_group(const TracedChild&, const std::string& address);
  void await_elsewhere(const StepRecord&, const DeadRun&, const std::string& address);
  Found recalled(const Record&, const Definition&, const StepRecord&, const TracedChild&);
  std::optional<Observed> observed(const Record&, const Definition&, Value outputs, bool former);
  std::optional<Definition> replaced(const Record&, const Definition& by) const;
  bool leaves_others(const Definition& pending) const;
  bool is_still_there(const Record&, const Definition& old, Observed::State now, bool has_deleted);
  Found in_doubt(const Record&, const std::string& why, bool makes);
  std::optional<Definition> definition_of(const Record&) const;
  void record(const Record&, const StepRecord*, Found);
  bool leaves_nothing(const Record&) const;
  void forget_with(const Record& acted, Batch&);
  Attempt attempt(const Record&, Stop&, const std::string& directory);

  const RecoveryAids& at_;
  SecretWords secrets_;
  std::map<RunId, DeadRun> runs_;
  bool asked_ = false;  ///< to end what is waited for
};

DeadRun& Recovery::dead_run(RunId id) {
  const auto [entry, is_new] = runs_.try_emplace(id);
  DeadRun& dead = entry->second;
  if (!is_new) return dead;
  dead.run = at_.store.run(id);
  dead.steps = at_.store.steps(id);
  const std::optional<std::string> trace = at_.system.read_file(trace_of_run(at_.scratch_directory, id));
  dead.is_traced = trace.has_value();
  dead.children = read_trace(trace.value_or(""));
  dead.same_boot =
      dead.run && dead.run->owner.host == at_.system.host() && dead.run->owner.boot_id == at_.system.boot_id();
  return dead;
}

/// The last one: an undoing comes after what it undoes.
const StepRecord* Recovery::step_of(const DeadRun& dead, const Record& record) const {
  const auto found = std::ranges::find_if(dead.steps.rbegin(), dead.steps.rend(), [&](const StepRecord& step) {
    return step.address == record.address &&
           (step.status == StepStatus::started || step.status == StepStatus::in_doubt);
  });
  return found == dead.steps.rend() ? nullptr : &*found;
}

std::optional<Definition> Recovery::definition_of(const Record& record) const {
  const std::optional<Digest>& digest = record.pending ? record.pending : record.definition;
  if (!digest) return std::nullopt;
  return read_definition(at_.store, *digest, record.address, at_.sealer);
}

/// What a traced child began it works to its end, whatever became of us.
void Recovery::await_group(const TracedChild& child, const std::string& address) {
  if (!at_.system.group_is_alive(child.process, child.began_ms)) return;
  at_.tell(fmt::format("{}: still at work (process {}); waiting for its end, Ctrl-C ends it", address, child.process));
  at_.system.on_interrupt([this] { asked_ = true; });
  std::optional<std::chrono::nanoseconds> kill_at;
  auto renew_at = at_.system.steady() + lease_length / 3;
  while (at_.system.group_is_alive(child.process, child.began_ms)) {
    const auto now = at_.system.steady();
    if (asked_ && !kill_at) {
      at_.system.signal_group(child.process, SIGTERM);
      kill_at = now + kGrace;
    }
    if (kill_at && now >= *kill_at) at_.system.signal_group(child.process, SIGKILL);
    if (now >= renew_at) {
      at_.store.renew(at_.lease, at_.system.now(), lease_length);
      renew_at = now + lease_length / 3;
    }
    Stop never;
    wait_for(at_.system, sleep(at_.system, kLookAgain, never));
  }
}

Attempt Recovery::attempt(const Record& record, Stop& stop, const std::string& directory) {
  Variables environment;
  describe_place(record, environment);
  Attempt made{at_.system, stop, kCheckLimit, [](Stream, std::string_view) {}, directory, std::move(environment),
               {},         {},   nullptr};
  made.state = state_id(at_.store);
  return made;
}

/// What we had on the way to another machine ends when the command there does, or the connection.
void Recovery::await_elsewhere(const StepRecord& step, const DeadRun& dead, const std::string& address) {
  if (!dead.same_boot) return;
  for (const char* half : {"", ":delete"}) {
    const auto child = dead.children.find(fmt::format("{}{}:remote", step.number, half));
    if (child != dead.children.end() && !child->second.code) await_group(child->second, address);
  }
}

/// Did what was to be made have what it takes to be updated? Nothing when that is not known any more.
std::optional<bool> is_by_update(const DeadRun& dead, const StepRecord& step) {
  const auto updates = [](const StepRecord& each) {
    return each.action == to_string(Action::update) || each.action == to_string(Action::run);
  };
  if (step.action != to_string(Action::rollback)) return updates(step) && step.before.has_value();
  const auto undone = std::ranges::find(dead.steps, step.address, &StepRecord::address);
  if (undone->number == step.number || undone->action == to_string(Action::remove)) return std::nullopt;
  return updates(*undone);
}

/// REQUIRES: the end of the child is known.
Found Recovery::recalled(const Record& record, const Definition& definition, const StepRecord& step,
                         const TracedChild& child) {
  const int exit_code = *child.code;
  const bool makes = step.after.has_value();
  const std::optional<bool> by_update = makes && stand_in_for(definition.resource, Verb::update)
                                            ? is_by_update(dead_run(record.run), step)
                                            : std::optional(false);
  if (!by_update && exit_code == 0) {
    return in_doubt(record, "it has ended well meanwhile, but whether it was made or updated is not known", makes);
  }
  const Provider* provider = at_.providers.find(definition.resource.type);
  if (provider == nullptr) return {Found::What::undone, "no provider for its type", Map(), exit_code};
  Stop never;
  const std::string directory = scratch_of_step(at_.scratch_directory, record.run, step.number);
  Attempt left = attempt(record, never, directory);
  left.trace = {.file = trace_of_run(at_.scratch_directory, record.run),
                .label = std::to_string(step.number),
                .slot = child.slot};
  left.scratch = [&directory]() -> const std::string& { return directory; };
  if (by_update.value_or(true)) left.stands_for = to_string(Verb::update);
  Outcome outcome = provider->recall(definition.resource, makes, exit_code, left);
  if (auto* done = std::get_if<Succeeded>(&outcome)) {
    return {makes ? Found::What::done : Found::What::gone, "it has ended well meanwhile", std::move(done->outputs),
            std::nullopt, by_update.value_or(false)};
  }
  if (const auto* failed = std::get_if<Failed>(&outcome)) {
    return {Found::What::undone, failed->message, Map(), failed->exit_code};
  }
  return in_doubt(record, "it has ended well meanwhile, but its outputs are lost", makes);
}

/// `outputs`, `former`: as of Recorded.
std::optional<Observed> Recovery::observed(const Record& record, const Definition& definition, Value outputs,
                                           bool former) {
  Provider* provider = at_.providers.find(definition.resource.type);
  if (provider == nullptr || !provider->can_observe(definition.resource)) return std::nullopt;
  Stop never;
  const std::string directory = fmt::format("{}/{}-check", at_.scratch_directory, record.run);
  Attempt check = attempt(record, never, directory);
  if (const auto own = tries_of(definition, Verb::check).timeout) check.timeout = own;
  check.scratch = [&]() -> const std::string& {
    at_.system.make_directories(directory, 0700);
    return directory;
  };
  std::vector<Definition> others;
  if (provider->type().makes) others = begun_on(record, at_.store, at_.sealer);
  if (provider->type().makes && record.definition) {
    others.push_back(read_definition(at_.store, *record.definition, record.address, at_.sealer));
  }
  for (const Definition& each : others) {
    if (!is_other_thing(each.resource, definition.resource, provider->type())) check.remains.push_back(&each.resource);
  }
  check.executor = &at_.hosts.of(definition.resource);
  check.aws = at_.hosts.aws(definition.resource);
  const Recorded recorded{definition.resource, std::move(outputs), former};
  Observed seen = wait_for(at_.system, provider->observe(recorded, check));
  at_.system.remove(directory);
  return seen;
}

/// What was to go when something else takes its place.
std::optional<Definition> Recovery::replaced(const Record& record, const Definition& by) const {
  if (!record.pending || !record.definition) return std::nullopt;
  const Provider* provider = at_.providers.find(by.resource.type);
  Definition old = read_definition(at_.store, *record.definition, record.address, at_.sealer);
  const bool is_other = provider != nullptr && is_other_thing(old.resource, by.resource, provider->type());
  return is_other ? std::optional(std::move(old)) : std::nullopt;
}

/// May there be other things, of steps on it that were broken off before?
bool Recovery::leaves_others(const Definition& pending) const {
  const Provider* provider = at_.providers.find(pending.resource.type);
  return std::ranges::any_of(pending.remains, [&](const Definition& each) {
    return provider == nullptr || is_other_thing(each.resource, pending.resource, provider->type());
  });
}

/// How what takes its place is `now` says nothing of the old one, which is deleted first: as long as that is there the
/// replace has still to be done.
bool Recovery::is_still_there(const Record& record, const Definition& old, Observed::State now, bool has_deleted) {
  if (has_deleted) return false;
  const std::optional<Observed> seen =
      observed(record, old, at_.sealer.from_sealed_json(record.outputs, record.address), false);
  const auto state = seen ? seen->state : Observed::State::unknown;
  if (state == Observed::State::unknown) return now == Observed::State::absent;
  return state != Observed::State::absent;
}

Found Recovery::in_doubt(const Record& record, const std::string& why, bool makes) {
  if (at_.decide(record.address, why) == WhenInDoubt::rerun) return {Found::What::undone, why, Map(), std::nullopt};
  return {makes ? Found::What::done : Found::What::gone, "taken for done: " + why, Value(), std::nullopt};
}

/// The delete of a replace may be at work still.
void Recovery::await_half(const Record& record, DeadRun& dead, const StepRecord& step) {
  const auto half = dead.children.find(fmt::format("{}:delete", step.number));
  if (!dead.same_boot || half == dead.children.end() || half->second.code) return;
  await_group(half->second, record.address);
  dead.children = read_trace(at_.system.read_file(trace_of_run(at_.scratch_directory, record.run)).value_or(""));
}

bool Recovery::has_deleted(const DeadRun& dead, const StepRecord& step) {
  const auto half = dead.children.find(fmt::format("{}:delete", step.number));
  return dead.same_boot && half != dead.children.end() && half->second.code == 0;
}

Found Recovery::find_out(const Record& record, DeadRun& dead, const StepRecord* step) {
  const std::optional<Definition> definition = definition_of(record);
  if (!definition || step == nullptr) return {Found::What::undone, "nothing is known of it", Map(), std::nullopt};
  secrets_.add_of(definition->resource);
  await_half(record, dead, *step);
  const auto traced = dead.children.find(std::to_string(step->number));
  const TracedChild* child = dead.same_boot && traced != dead.children.end() ? &traced->second : nullptr;
  if (child != nullptr && !child->code) {
    await_group(*child, record.address);
    // It may have written its end while we waited.
    const auto now = read_trace(at_.system.read_file(trace_of_run(at_.scratch_directory, record.run)).value_or(""));
    if (const auto again = now.find(traced->first); again != now.end() && again->second.code) {
      return recalled(record, *definition, *step, again->second);
    }
  } else if (child != nullptr) {
    return recalled(record, *definition, *step, *child);
  }
  await_elsewhere(*step, dead, record.address);
  const bool makes = step->after.has_value();
  const std::optional<Definition> old = replaced(record, *definition);
  Value outputs = old ? Value(Map()) : at_.sealer.from_sealed_json(record.outputs, record.address);
  const std::optional<Observed> seen = observed(record, *definition, std::move(outputs), record.pending.has_value());
  const auto state = seen ? seen->state : Observed::State::unknown;
  if (state == Observed::State::absent || (state == Observed::State::present && makes)) {
    if (record.pending && leaves_others(*definition)) {
      return {Found::What::undone, "something else may be left, of what was broken off before", Map(), std::nullopt};
    }
    if (old && is_still_there(record, *old, state, has_deleted(dead, *step))) {
      return {Found::What::undone, "what it replaces is still there", Map(), std::nullopt};
    }
  }
  if (state == Observed::State::absent) return {Found::What::gone, "its check says that it is absent", Map(), {}};
  if (state == Observed::State::present && makes) {
    return {Found::What::done,
            seen->outputs ? "its check says that it is there" : "its check says that it is there; its outputs are lost",
            seen->outputs.value_or(Value()), std::nullopt};
  }
  if (state == Observed::State::in_progress) {
    return {Found::What::undone, "it is still at work; who deploys it next waits for its end", Map(), std::nullopt};
  }
  if (state == Observed::State::drifted || state == Observed::State::present) {  // of a delete: it is there still
    return {Found::What::undone, "its check says that it is only half done", Map(), std::nullopt};
  }
  const Provider* provider = at_.providers.find(definition->resource.type);
  const bool traced_type = provider != nullptr && provider->is_traced(definition->resource);
  const std::string parts = fmt::format("{}:", step->number);  // half of a replace, or a command elsewhere
  const auto part = dead.children.lower_bound(parts);
  const bool never_began = traced_type && dead.same_boot && dead.is_traced && child == nullptr &&
                           (part == dead.children.end() || !part->first.starts_with(parts));
  if (never_began) {
    const bool was_whole = step->whole_before && record.definition;
    return {
        was_whole ? Found::What::untouched : Found::What::undone, "it had not begun when verba was ended", Map(), {}};
  }
  const auto deleted = dead.children.find(parts + "delete");
  if (traced_type && dead.same_boot && child == nullptr && deleted != dead.children.end() && deleted->second.code) {
    if (*deleted->second.code == 0) return {Found::What::gone, "it was deleted, and not made anew", Map(), {}};
    return {Found::What::undone, "its delete had failed when verba was ended", Map(), deleted->second.code};
  }
  if (child != nullptr && child->witnessed) {
    return {Found::What::undone, "it was killed, too", Map(), std::nullopt};
  }
  if (definition->idempotent) return {Found::What::undone, "it is safe to run again", Map(), std::nullopt};
  if (step->status == StepStatus::in_doubt && !step->message.empty()) return in_doubt(record, step->message, makes);
  const std::string why = seen && !seen->detail.empty() ? "how it is cannot be told: " + seen->detail
                                                        : "nothing tells whether it ran to its end";
  return in_doubt(record, "verba was ended while it ran, and " + why, makes);
}

/// It was the last of its deployment's delete.tasks to act: what they stand for is gone. So it is only where that run
/// was about to delete all of the deployment.
void Recovery::forget_with(const Record& acted, Batch& batch) {
  const auto occasion_of = [this](const Record& record) {
    const std::optional<Definition> definition = definition_of(record);
    return definition ? definition->resource.occasion : Occasion::deploy;
  };
  if (occasion_of(acted) != Occasion::remove) return;
  const DeadRun& dead = dead_run(acted.run);
  const auto was_going = [&](const Record& record) {
    return std::ranges::any_of(dead.steps, [&](const StepRecord& step) {
      return step.address == record.address && step.action == to_string(Action::remove);
    });
  };
  std::vector<Batch::value_type> gone;
  for (const Record& record : at_.store.snapshot(acted.environment).records) {
    if (record.deployment != acted.deployment || record.address == acted.address) continue;
    if (occasion_of(record) == Occasion::remove || !was_going(record)) return;
    if (record.lifetime != Lifetime::lasting) continue;
    gone.emplace_back(RemoveRecord{record.environment, record.address});
    for (const StepRecord& step : dead.steps) {  // so that the history knows that it went
      if (step.address != record.address) continue;
      const Instant now = at_.system.now();
      gone.emplace_back(
          StepStarted{acted.run, step.number, 1, now, record.definition, std::nullopt, outputs_before(record)});
      gone.emplace_back(StepFinished{acted.run, step.number, now, StepStatus::succeeded, "", std::nullopt});
    }
  }
  batch.insert(batch.end(), gone.begin(), gone.end());
}

/// Of what acts in the place of an undoing, and of what asks people, there is nothing to remember.
bool Recovery::leaves_nothing(const Record& record) const {
  const std::optional<Definition> definition = definition_of(record);
  const Provider* provider = definition ? at_.providers.find(definition->resource.type) : nullptr;
  return definition &&
         (definition->resource.occasion == Occasion::rollback || (provider && provider->type().on_demand));
}

void Recovery::record(const Record& before, const StepRecord* step, Found found) {
  Record record = before;
  Batch batch;
  const Instant now = at_.system.now();
  const std::string message = secrets_.mask(found.message);
  record.updated = now;
  if (found.what == Found::What::done && leaves_nothing(record)) {
    batch.emplace_back(RemoveRecord{record.environment, record.address});
  } else if (found.what == Found::What::gone && record.lifetime == Lifetime::temporary && record.definition) {
    record.lifetime = Lifetime::over;  // what it had is remembered, as at the end of every run
    record.status = RecordStatus::deployed;
    record.pending.reset();
    batch.emplace_back(PutRecord{record});
  } else if (found.what == Found::What::gone) {
    batch.emplace_back(RemoveRecord{record.environment, record.address});
    forget_with(record, batch);
  } else if (found.what == Found::What::untouched) {
    record.status = RecordStatus::deployed;
    record.pending.reset();
    record.outputs = step->outputs_before.value_or("{}");
    batch.emplace_back(PutRecord{record});
  } else if (found.what == Found::What::undone) {
    record.status = RecordStatus::failed;
    if (step != nullptr && record.pending && has_deleted(dead_run(before.run), *step)) {
      const Definition half_made = *definition_of(record);
      record.definition.reset();
      record.outputs = "{}";
      record.type = half_made.resource.type;
      record.account = half_made.resource.account;
    }
    batch.emplace_back(PutRecord{record});
  } else {
    const Definition definition = *definition_of(record);
    const Provider* provider = at_.providers.find(definition.resource.type);
    record.status = RecordStatus::deployed;
    record.type = definition.resource.type;
    record.account = definition.resource.account;
    record.definition = record.pending ? record.pending : record.definition;
    record.pending.reset();
    if (provider != nullptr) record.inputs = digest_of(definition, provider->type(), at_.sealer);
    secrets_.taint(found.outputs);
    const bool has_none = !found.outputs.is_map() || found.outputs.map().empty();
    const bool put_back = step != nullptr && step->action == "rollback";
    if (!has_none || !(put_back || found.updated))
      record.outputs = at_.sealer.to_sealed_json(found.outputs, record.address);
    batch.emplace_back(PutRecord{record});
  }
  if (step != nullptr) {
    const bool well = found.what != Found::What::undone && (found.what == Found::What::done) == step->after.has_value();
    const StepStatus status = found.what == Found::What::untouched ? StepStatus::skipped
                              : well                               ? StepStatus::succeeded
                                                                   : StepStatus::failed;
    batch.emplace_back(StepFinished{before.run, step->number, now, status, message, found.exit_code});
  }
  at_.store.commit(batch, &at_.lease);
  at_.tell(fmt::format("{}: {}", record.address, message));
}

void Recovery::settle(const Record& record_before) {
  DeadRun& dead = dead_run(record_before.run);
  const StepRecord* step = step_of(dead, record_before);
  record(record_before, step, find_out(record_before, dead, step));
  if (step == nullptr) return;
  at_.system.remove(scratch_of_step(at_.scratch_directory, record_before.run, step->number));
}

bool Recovery::settle(const Snapshot& snapshot) {
  bool any = false;
  for (const Record& record : snapshot.records) {
    if (record.status != RecordStatus::started) continue;
    if (std::ranges::find(at_.lease.deployments, record.deployment) == at_.lease.deployments.end()) continue;
    settle(record);
    if (asked_) throw Interrupted{};
    any = true;
  }
  tidy_scratch(any ? at_.store.snapshot(snapshot.environment) : snapshot, at_.system, at_.store, at_.scratch_directory);
  return any;
}

}  // namespace

void tidy_scratch(const Snapshot& snapshot, System& system, Store& store, const std::string& scratch_directory) {
  for (const DirectoryEntry& entry : system.list_directory(scratch_directory).value_or(std::vector<DirectoryEntry>())) {
    RunId id = 0;
    const auto [end, error] = std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), id);
    if (error != std::errc()) continue;
    const std::optional<Run> run = store.run(id);
    const bool unsettled = std::ranges::any_of(snapshot.records, [id](const Record& record) {
      return record.run == id && record.status == RecordStatus::started;
    });
    if (!run || run->environment != snapshot.environment || run->status == RunStatus::running || unsettled) continue;
    system.remove(scratch_directory + "/" + entry.name);
  }
}

bool settle_interrupted(const Snapshot& snapshot, const RecoveryAids& aids) {
  return Recovery(aids).settle(snapshot);
}

}  // namespace verba
