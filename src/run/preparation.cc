// SPDX-License-Identifier: Apache-2.0
#include "run/preparation.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/diff.h"
#include "plan/inputs.h"
#include "plan/remains.h"
#include "plan/removal.h"
#include "plan/steps.h"
#include "plan/temporary.h"
#include "plan/undo.h"

namespace verba {
namespace {

/// What a step that brings something about is, for what the task says itself how to do.
std::optional<Verb> verb_of(const Job& job) {
  const bool updates = job.before && job.action != Action::replace;
  return updates ? std::optional(Verb::update) : std::nullopt;
}

Settled mistaken(const Diagnostics& diagnostics, const Sources* sources) {
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity != Severity::error) continue;
    const bool placed = sources != nullptr && diagnostic.where;
    const std::string place = placed ? sources->place(diagnostic.where) + ": " : "";
    return {StepStatus::failed, place + diagnostic.message, diagnostic.hint};
  }
  return {StepStatus::failed, "its inputs could not be evaluated", ""};
}

/// What comes new to a deployment that expires goes with it.
std::optional<Instant> expiry_of(const Snapshot& snapshot, const std::string& deployment) {
  std::optional<Instant> latest;
  for (const Record& record : snapshot.records) {
    if (record.deployment != deployment) continue;
    if (!record.expires) return std::nullopt;
    latest = std::max(latest, record.expires);
  }
  return latest;
}

}  // namespace

Preparation::Preparation(const Model& model, const Snapshot& snapshot, const Workplace& workplace)
    : model_(model), snapshot_(snapshot), at_(workplace), actual_(workplace.surroundings) {
  actual_.outputs = [this](TaskId task) { return outputs_of(task); };
  outputs_.resize(model.tasks.size());
}

void Preparation::begin(RunId run, Instant started, const std::string& reason, const Goal& goal) {
  started_ = started;
  goal_ = goal;
  actual_.run = Map();
  actual_.run.set("id", std::int64_t{run});
  actual_.run.set("started", to_string(started));
  actual_.run.set("reason", reason);
  actual_.now = [this] { return to_string(at_.system.now()); };
  planning_ = actual_;
  planning_.run = planning_run();
  planning_.now = planning_now;
}

std::optional<Value> Preparation::outputs_of(TaskId task) {
  if (outputs_[task]) return outputs_[task];
  const Record* record = snapshot_.last_known(model_.tasks[task].address);
  if (!record || record->status == RecordStatus::started) return std::nullopt;
  outputs_[task] = at_.sealer.from_sealed_json(record->outputs, record->address);
  secrets_.add(*outputs_[task]);
  return outputs_[task];
}

/// Where a crash has lost them, what it had before is the best that its scripts can be given.
Value Preparation::outputs_of(const Record& record) const {
  Value outputs = at_.sealer.from_sealed_json(record.outputs, record.address);
  if (!outputs.is_null()) return outputs;
  for (const StepRecord& step : at_.store.steps(record.run)) {
    if (step.address == record.address && step.outputs_before)
      outputs = at_.sealer.from_sealed_json(*step.outputs_before, record.address);
  }
  return outputs;
}

Recorded Preparation::recorded(const Record& record, Definition definition) {
  Recorded was{std::move(definition.resource), outputs_of(record)};
  secrets_.add_of(was.resource);
  secrets_.add(was.outputs);
  return was;
}

Record Preparation::new_record(const Step& step) const {
  Record record;
  record.environment = snapshot_.environment;
  record.address = step.address;
  record.deployment = step.deployment;
  record.type = step.type;
  record.account = step.account;
  record.created = at_.system.now();
  record.lifetime = step.temporary ? Lifetime::temporary : Lifetime::lasting;
  record.expires = expiry_of(snapshot_, step.deployment);
  // From its beginning on: should we be killed, who goes on with it need not say it again.
  if (is_for_a_while(goal_, snapshot_, record.deployment, record.address)) let_expire(record, *goal_.ttl, started_);
  record.place = step.place;
  return record;
}

std::optional<Settled> Preparation::find_providers(Job& job, const std::string& type) {
  job.provider = at_.providers.find(type);
  job.remover = at_.providers.find(job.record.type);
  if (job.provider) return std::nullopt;
  return Settled{StepStatus::failed, fmt::format("no provider for type '{}'", type), "`verba version` shows the types"};
}

std::variant<Job, Settled> Preparation::job_of(const Step& step, StepNumber number) {
  Job job;
  job.step = number;
  job.action = step.action;
  job.only_recorded = step.only_recorded;
  job.record = step.record ? snapshot_.records[*step.record] : new_record(step);
  if (step.record) job.was = job.record;
  if (is_cleaning(step)) {
    const auto made = temporaries_.find(step.address);
    if (made == temporaries_.end() && !step.record) return Settled{StepStatus::skipped, "it was never made", ""};
    if (made != temporaries_.end()) job.record = made->second;
    job.record.lifetime = Lifetime::temporary;
    job.was = job.record;
  }
  if (std::optional<Settled> settled = find_providers(job, step.type)) return *settled;
  if (step.action == Action::remove) return removal_of(std::move(job), step);
  if (step.restores) return restoration_of(std::move(job), step);
  Diagnostics diagnostics;
  const std::optional<bool> wanted = evaluate_condition(model_, *step.task, actual_, diagnostics);
  if (diagnostics.has_errors()) return mistaken(diagnostics, at_.sources);
  if (wanted && !*wanted) {
    // Its users may still point at it: a plan that knows puts its delete after them.
    const std::string_view left = step.record ? "; what is deployed of it is gone from the manifests now" : "";
    return Settled{StepStatus::skipped, fmt::format("its condition is false{}", left), ""};
  }
  if (std::optional<Settled> settled = fill(job, step)) return *settled;
  job.reviewed = step.preview;
  job.drifted = step.drifted;
  return job;
}

/// What is recorded there now, for the provider.
void Preparation::note_before(Job& job, const Step& step) {
  const Record& record = job.record;
  // What is gone is made anew, whatever is recorded of it.
  const bool was_made = (record.definition && job.action != Action::create) || job.action == Action::replace;
  const std::optional<Digest>& digest = record.definition ? record.definition : record.pending;
  if (step.record && was_made && digest) {
    job.before = recorded(record, read_definition(at_.store, *digest, record.address, at_.sealer));
  }
}

/// Goes back to what was recorded.
std::variant<Job, Settled> Preparation::restoration_of(Job job, const Step& step) {
  Definition next = read_definition(at_.store, *step.restores, step.address, at_.sealer);
  note_before(job, step);
  if (step.needs) next.needs = step.needs;
  if (job.before) take_over_account(next.resource, job.before->resource);
  secrets_.add_of(next.resource);
  job.inputs = digest_of(next, job.provider->type(), at_.sealer);
  job.beside = beside_of(next, job.provider->type(), at_.sealer);
  job.tries = tries_of(next, verb_of(job));
  if (!step.record && next.needs) job.record.needs = *next.needs;
  job.next = std::move(next);
  note_remains(job);
  return job;
}

/// Evaluates the inputs now that all that the step needs is done.
std::optional<Settled> Preparation::fill(Job& job, const Step& step) {
  const Task& task = model_.tasks[*step.task];
  Diagnostics diagnostics;
  std::optional<Inputs> counted = evaluate_inputs(model_, *step.task, planning_, at_.sealer, diagnostics);
  std::optional<Inputs> actual = evaluate_inputs(model_, *step.task, actual_, at_.sealer, diagnostics);
  if (!counted || !actual) return mistaken(diagnostics, at_.sources);
  if (actual->waits)
    return Settled{StepStatus::failed, "an input is still unknown", "a task that it reads did not run"};
  const Record& record = job.record;
  note_region(actual->resource);
  if (step.action == Action::replace && step.waits && is_same_thing(record, *counted, *actual)) {
    job.action = Action::update;
    job.stays = true;
  }
  if (step.waits && !step.repairs && step.record && job.action == Action::update &&
      record.status == RecordStatus::deployed && record.inputs == counted->digest) {
    Settled settled{StepStatus::unchanged, "its inputs turned out the same", ""};
    Record now = record;
    now.needs = needs_of(model_, *step.task);
    now.protect = task.protect;
    if (now != record) settled.record = std::move(now);
    return settled;
  }
  note_before(job, step);
  secrets_.add_of(actual->resource);
  job.inputs = counted->digest;
  job.beside = counted->beside;
  Definition next{std::move(actual->resource),  std::nullopt, task.timeout, task.retry, task.idempotent,
                  needs_of(model_, *step.task), task.rollout};
  if (!(counted->resource.inputs == next.resource.inputs)) next.compared = std::move(counted->resource.inputs);
  if (!step.record) job.record.needs = *next.needs;  // should it fail half done, it still goes before what it needs
  job.tries = tries_of(next, verb_of(job));
  job.next = std::move(next);
  job.group = task.concurrency_group;
  note_remains(job);
  return std::nullopt;
}

/// A replace is planned where it is not known yet what tells the thing from others; in the end it may be the same one.
bool Preparation::is_same_thing(const Record& record, const Inputs& counted, const Inputs& actual) const {
  if (record.status != RecordStatus::deployed || !record.definition) return false;
  const Definition then = read_definition(at_.store, *record.definition, record.address, at_.sealer);
  const Provider* provider = at_.providers.find(record.type);
  return provider != nullptr && !is_other_thing(then.resource, actual.resource, provider->type()) &&
         replaced_field(provider->type(), diff_values(then.counted(), counted.resource.inputs)) == nullptr;
}

std::variant<Job, Settled> Preparation::removal_of(Job job, const Step& step) {
  const std::optional<Digest>& digest = job.record.definition ? job.record.definition : job.record.pending;
  if (!digest) return Settled{StepStatus::failed, "nothing is recorded of it", "remove it with `verba state rm`"};
  Definition definition = step.redefined_by ? definition_of({.record = job.record, .task = *step.redefined_by})
                                            : read_definition(at_.store, *digest, job.record.address, at_.sealer);
  job.tries = tries_of(definition, Verb::remove);
  job.before = recorded(job.record, std::move(definition));
  note_remains(job);
  return job;
}

/// So that it is known when nobody says it any more, or says another one.
void Preparation::note_region(Resource& resource) const {
  const std::string region = at_.hosts.region(resource);
  if (!region.empty() && resource.account_spec.is_map()) resource.account_spec.map().set("region", region);
}

/// What steps that were broken off may have left stays known until it is gone: other things go first, unless the step
/// deletes them anyway; what of the same thing may be there its provider is told. When several are undone at once, what
/// is recorded as good may be none of what was before them and what was done last.
void Preparation::note_remains(Job& job) {
  const std::vector<Definition> begun = begun_on(job.record, at_.store, at_.sealer);
  const bool undoes = job.was && job.action == Action::rollback;
  std::optional<Definition> good;
  if (job.record.definition && (undoes || !begun.empty())) {
    good = read_definition(at_.store, *job.record.definition, job.record.address, at_.sealer);
  }
  if (job.next) {
    job.next->resource.begun_as.clear();  // whatever it was read from
    job.next->remains = remains_beside(*job.next, good, begun, at_.providers);
  }
  const auto note = [&](Recorded one, bool sure) {
    Provider* provider = at_.providers.find(one.resource.type);
    if (provider == nullptr) return;
    const auto is = [&](const auto& other) {
      return other && !is_other_thing(one.resource, other->resource, provider->type());
    };
    const bool is_same = is(job.next) || is(job.before) || is(job.done);
    if (is_same ? !provider->type().makes : !sure && provider->is_traced(one.resource)) return;
    secrets_.add_of(one.resource);
    job.remains.push_back({provider, std::move(one), !is_same});
  };
  if (good && undoes) note(recorded(*job.was, *std::move(good)), true);
  for (const Definition& each : begun) note({each.resource, Value(Map{})}, false);
}

/// Would putting back do what has just failed?
bool Preparation::would_repeat(const std::optional<Definition>& made, const std::optional<Definition>& before) const {
  if (!made || !before || made->resource.type != before->resource.type || has_own_rollback(made->resource))
    return false;
  const Provider* provider = at_.providers.find(made->resource.type);
  return provider != nullptr &&
         digest_of(*made, provider->type(), at_.sealer) == digest_of(*before, provider->type(), at_.sealer);
}

/// A replace that was carried out as an update: see is_same_thing().
bool Preparation::stayed(const Step& undone, const Job& job) const {
  if (undone.temporary || !job.done || !job.before) return false;
  const Provider* provider = at_.providers.find(job.done->resource.type);
  return provider != nullptr && !is_other_thing(job.done->resource, job.before->resource, provider->type());
}

std::variant<Job, Settled> Preparation::undo_of(const Step& step, StepNumber number, const Done& done,
                                                const Snapshot& now) {
  const Step& undone = done.step;
  if (!undone.leaves_record && step.only_recorded) return Settled{StepStatus::succeeded, "", ""};
  // What update.tasks brought about, they alone could take back.
  const bool by_others = !undone.leaves_record || undone.occasion == Occasion::update ||
                         (undone.only_recorded && undone.action != Action::remove);
  if (by_others && !step.only_recorded) {
    return Settled{StepStatus::skipped, "kept: nothing can undo it", "give the deployment `rollback.tasks`"};
  }
  Job job;
  job.step = number;
  job.action = Action::rollback;
  job.only_recorded = step.only_recorded;
  job.previous = done.previous;
  const Record* current = now.find(step.address);
  if (!current && !job.previous) return Settled{StepStatus::skipped, "it was never whole: nothing to put back", ""};
  job.record = current ? *current : *job.previous;
  if (current) job.was = *current;
  const auto definition_at = [&](const std::optional<Digest>& digest) -> std::optional<Definition> {
    if (!digest) return std::nullopt;
    return read_definition(at_.store, *digest, step.address, at_.sealer);
  };
  std::optional<Definition> made;
  if (current) {
    // An undoing that was broken off has left its own definition in the record; so has a delete that failed.
    const std::optional<Digest>& recent = current->pending ? current->pending : current->definition;
    made = definition_at(done.run != 0 && done.made ? done.made : recent);
  }
  if (job.previous) job.next = definition_at(job.previous->definition);
  job.tries = tries_of_undoing(made, job.next);
  const bool is_half = current && current->status != RecordStatus::deployed && undone.occasion == Occasion::deploy;
  if (undone.interrupted && is_half && would_repeat(made, job.next)) {
    return Settled{StepStatus::skipped, "kept: it was half done before, and the same once more would fail again", ""};
  }
  if (made) {
    job.done = recorded(*current, *std::move(made));
  }
  if (job.previous) {
    job.before = recorded(*job.previous, *job.next);
    job.record.outputs = job.previous->outputs;  // if we die meanwhile, these are what is put back
  }
  // A repair that succeeded made it what is recorded: that is what a rollback would bring back.
  const bool repaired = undone.repairs && current && current->status == RecordStatus::deployed;
  if (repaired && job.previous && current->inputs == job.previous->inputs) {
    return Settled{StepStatus::skipped, "kept: it was only repaired", ""};
  }
  job.replaced = undone.action == Action::replace && !stayed(undone, job);
  // The outputs that are recorded are those of what it replaced.
  if (job.replaced && job.done && job.record.pending) job.done->outputs = Value(Map{});
  job.half_deleted = undone.action == Action::remove && job.done && job.before;
  note_remains(job);
  if (std::optional<Settled> settled = find_providers(job, job.before ? job.before->resource.type : step.type)) {
    return *settled;
  }
  const bool calls = job.done && !job.replaced && !job.half_deleted && !job.only_recorded;
  if (calls && !job.remover->can_rollback(job.done->resource, job.before.has_value())) {
    return Settled{StepStatus::skipped, "kept: nothing can undo it", "give the task a `rollback` or a `delete` script"};
  }
  return job;
}

void Preparation::forget_former(Record& record, const Job& job) const {
  record.definition.reset();
  record.outputs = "{}";
  record.type = job.next->resource.type;
  record.account = job.next->resource.account;
}

std::optional<Record> Preparation::record_of(const Job& job, const Step& step, Value outputs) {
  if (is_cleaning(step)) return remembered(job.record);
  if (job.action == Action::remove || (job.action == Action::rollback && !job.previous)) return std::nullopt;
  secrets_.taint(outputs);
  secrets_.add(outputs);
  if (!step.leaves_record) {
    if (step.task) outputs_[*step.task] = std::move(outputs);
    return std::nullopt;
  }
  Record record = job.record;
  if (job.action == Action::rollback) {
    record = *job.previous;
    record.run = job.record.run;
    const bool has_outputs = outputs.is_map() && !outputs.map().empty();
    if (has_outputs) record.outputs = at_.sealer.to_sealed_json(outputs, record.address);
  } else {
    record.type = step.type;
    record.account = step.account;
    record.definition = record.pending;
    record.inputs = job.inputs;
    record.beside = job.beside;
    record.outputs = at_.sealer.to_sealed_json(outputs, record.address);
    if (job.next->needs) record.needs = *job.next->needs;
    record.place = step.place;
    record.lifetime = step.temporary ? Lifetime::temporary : Lifetime::lasting;
    if (is_for_a_while(goal_, snapshot_, record.deployment, record.address)) let_expire(record, *goal_.ttl, started_);
    if (step.task) {
      record.protect = model_.tasks[*step.task].protect;
      outputs_[*step.task] = std::move(outputs);
    }
  }
  record.status = RecordStatus::deployed;
  record.pending.reset();
  record.updated = at_.system.now();
  return record;
}

/// What stays of a temporary thing that is deleted: what it had, or had the last time that it was whole.
std::optional<Record> Preparation::remembered(Record record) const {
  if (!record.definition) {
    const Record* before = snapshot_.remembered(record.address);
    return before ? std::optional(*before) : std::nullopt;
  }
  record.lifetime = Lifetime::over;
  record.status = RecordStatus::deployed;
  record.pending.reset();
  record.updated = at_.system.now();
  return record;
}

Definition Preparation::definition_of(const Note& note) {
  Definition recorded = read_definition(at_.store, *note.record.definition, note.record.address, at_.sealer);
  const Record* latest = snapshot_.find(note.record.address);
  if (latest != nullptr && latest->definition && latest->definition != note.record.definition) {  // it goes back
    const Definition now = read_definition(at_.store, *latest->definition, latest->address, at_.sealer);
    take_over_account(recorded.resource, now.resource);
    return recorded;
  }
  Diagnostics diagnostics;
  Surroundings around = at_.surroundings;
  around.run = planning_run();
  around.now = planning_now;
  around.outputs = actual_.outputs;
  const std::optional<Inputs> inputs = evaluate_inputs(model_, note.task, around, at_.sealer, diagnostics);
  recorded.needs = note.record.needs;
  return inputs ? redefined(std::move(recorded), *inputs, model_.tasks[note.task]) : recorded;
}

}  // namespace verba
