// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/edits.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "state/leasing.h"
#include "state/sqlite/leases.h"

namespace verba {
namespace {

[[noreturn]] void throw_unknown(std::string_view what, RunId run) {
  throw Error(Error::Kind::state, "state.unknown-run", fmt::format("there is no {} {} in the state", what, run));
}

void insert_step(Database& database, RunId run, StepNumber number, const PlannedStep& step) {
  database.run(
      "INSERT INTO step (run, number, address, action, reason, status, attempts, message) "
      "VALUES (?, ?, ?, ?, ?, 'pending', 0, '')",
      run, number, step.address, step.action, step.reason);
}

/// Carries out the edits of one batch.
class BatchWriter {
 public:
  BatchWriter(Database& database, Blobs& blobs, const Lease* lease)
      : database_(database), blobs_(blobs), lease_(lease) {
    if (lease_ != nullptr) require_lease(database_, *lease_);
  }

  void operator()(const StepStarted& edit) {
    // A later attempt does not move the beginning of the step.
    auto changed = database_.run(
        "UPDATE step SET status = 'started', attempts = ?3, before = ?5, after = ?6, outputs_before = ?7, "
        "finished = NULL, message = '', exit_code = NULL, "
        "started = CASE WHEN ?3 > 1 THEN coalesce(started, ?4) ELSE ?4 END, "
        "whole_before = CASE WHEN ?3 > 1 THEN whole_before ELSE ?8 END "
        "WHERE run = ?1 AND number = ?2",
        edit.run, edit.step, edit.attempt, edit.at, edit.before, edit.after, edit.outputs_before, edit.whole_before);
    if (changed == 0) throw_unknown(fmt::format("step {} of run", edit.step), edit.run);
    touched_.insert(edit.run);
  }

  void operator()(const StepAdded& edit) {
    if (database_.run("UPDATE run SET steps = ?2 + 1 WHERE id = ?1 AND steps = ?2", edit.run, edit.step) == 0) {
      throw_unknown(fmt::format("step {} to follow in run", edit.step), edit.run);
    }
    insert_step(database_, edit.run, edit.step, edit.planned);
  }

  void operator()(const StepFinished& edit) {
    auto changed = database_.run(
        "UPDATE step SET status = ?3, finished = ?4, message = ?5, exit_code = ?6 WHERE run = ?1 AND number = ?2",
        edit.run, edit.step, to_string(edit.status), edit.at, edit.message, edit.exit_code);
    if (changed == 0) throw_unknown(fmt::format("step {} of run", edit.step), edit.run);
    touched_.insert(edit.run);
  }

  void operator()(const PutBlob& edit) { blobs_.put(edit.digest, edit.content); }

  void operator()(const PutRecord& edit) {
    const Record& record = edit.record;
    require(record.environment, record.deployment);
    if (!write_record(database_, record)) {
      (*this)(RemoveRecord{record.environment, record.address});
      write_record(database_, record);
    }
    changed_.insert(record.environment);
  }

  void operator()(const RemoveRecord& edit) {
    {
      auto row = database_.query("SELECT deployment FROM record WHERE environment = ? AND address = ?",
                                 edit.environment, edit.address);
      if (!row.next()) return;
      require(edit.environment, row.text(0));
    }
    database_.run("DELETE FROM record WHERE environment = ? AND address = ?", edit.environment, edit.address);
    changed_.insert(edit.environment);
  }

  void operator()(const AppendLog& edit) {
    auto added = database_.run(
        "INSERT INTO log (run, step, attempt, at, error_stream, text) SELECT ?1, ?2, ?3, ?4, ?5, ?6 "
        "WHERE EXISTS (SELECT 1 FROM step WHERE run = ?1 AND number = ?2)",
        edit.run, edit.step, edit.attempt, edit.at, edit.error_stream, Bytes{edit.text});
    if (added == 0) throw_unknown(fmt::format("step {} of run", edit.step), edit.run);
  }

  void operator()(const RunFinished& edit) {
    auto changed = database_.run("UPDATE run SET status = ?2, finished = ?3 WHERE id = ?1", edit.run,
                                 to_string(edit.status), edit.at);
    if (changed == 0) throw_unknown("run", edit.run);
    finished_.insert(edit.run);
  }

  void operator()(const AppendEvent& edit) {
    database_.run("INSERT INTO event (run, at, type, who, detail) VALUES (?, ?, ?, ?, ?)", edit.run, edit.at, edit.type,
                  edit.who, edit.detail);
  }

  /// What is to be done once for the whole batch.
  void finish() {
    for (const std::string& environment : changed_) {
      database_.run(
          "INSERT INTO environment (name, serial) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET serial = serial + 1",
          environment);
    }
    for (RunId run : touched_) {
      // The counts that were made when the run ended are of yesterday.
      database_.run("UPDATE run SET succeeded = NULL, failed = NULL WHERE id = ? AND succeeded IS NOT NULL", run);
    }
    for (RunId run : finished_) {
      database_.run(
          "UPDATE run SET "
          "succeeded = (SELECT count(*) FROM step WHERE run = ?1 AND status IN ('succeeded', 'unchanged')), "
          "failed = (SELECT count(*) FROM step WHERE run = ?1 AND status = 'failed') WHERE id = ?1",
          run);
    }
  }

 private:
  void require(const std::string& environment, std::string_view deployment) {
    if (lease_ == nullptr) return;
    if (environment != lease_->environment) throw_not_covered(environment, deployment);
    if (covered_.contains(deployment)) return;
    require_covered(database_, *lease_, environment, deployment);
    covered_.emplace(deployment);
  }

  Database& database_;
  Blobs& blobs_;
  const Lease* lease_;
  std::set<std::string, std::less<>> covered_;  ///< deployments that were looked up already
  std::set<std::string> changed_;               ///< environments whose records changed
  std::set<RunId> touched_;                     ///< runs whose steps changed
  std::set<RunId> finished_;
};

}  // namespace

RunId write_run(Database& database, Blobs& blobs, const RunStart& start, const Lease& lease) {
  require_lease(database, lease);
  if (start.environment != lease.environment) throw_not_covered(start.environment, "");
  Digest plan = sha256(start.plan);
  blobs.put(plan, start.plan);
  database.run("INSERT OR IGNORE INTO environment (name, serial) VALUES (?, 0)", start.environment);
  const Owner& owner = start.owner;
  database.run(
      "INSERT INTO run (environment, verb, reason, status, user, host, boot_id, process, process_start, fence, "
      "started, source, plan, steps) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      start.environment, start.verb, start.reason, owner.user, owner.host, owner.boot_id, owner.process,
      owner.process_start, lease.fence, start.at, start.source, plan, start.steps.size());
  RunId run = database.last_id();
  StepNumber number = 0;
  for (const PlannedStep& step : start.steps) insert_step(database, run, number++, step);
  return run;
}

void write_batch(Database& database, Blobs& blobs, const Batch& batch, const Lease* lease) {
  BatchWriter writer(database, blobs, lease);
  for (const Edit& edit : batch) std::visit(writer, edit);
  writer.finish();
}

bool write_record(Database& database, const Record& r) {
  auto changed = database.run(
      "INSERT INTO record (environment, address, deployment, type, account, status, definition, pending, inputs, "
      "outputs, needs, run, created, updated, place, protect, beside, lifetime, expires) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (environment, address) DO UPDATE SET type = excluded.type, "
      "account = excluded.account, status = excluded.status, definition = excluded.definition, "
      "pending = excluded.pending, inputs = excluded.inputs, outputs = excluded.outputs, needs = excluded.needs, "
      "run = excluded.run, created = excluded.created, updated = excluded.updated, place = excluded.place, "
      "protect = excluded.protect, beside = excluded.beside, lifetime = excluded.lifetime, expires = excluded.expires "
      "WHERE deployment = excluded.deployment",
      r.environment, r.address, r.deployment, r.type, r.account, to_string(r.status), r.definition, r.pending, r.inputs,
      r.outputs, r.needs, r.run, r.created, r.updated, r.place, r.protect, r.beside, to_string(r.lifetime), r.expires);
  return changed > 0;
}

}  // namespace verba
