// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/history.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "state/words.h"

namespace verba {
namespace {

std::int64_t sql_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

void read_into(Record& r, const Query& row) {
  r.address = row.text(0);
  r.deployment = row.text(1);
  r.type = row.text(2);
  r.account = row.text(3);
  r.status = record_status(row.text(4));
  r.definition = row.maybe_digest(5);
  r.pending = row.maybe_digest(6);
  r.inputs = row.digest(7);
  r.outputs = row.text(8);
  r.needs = row.text(9);
  r.run = row.integer(10);
  r.created = row.instant(11);
  r.updated = row.instant(12);
  r.place = row.text(13);
  r.protect = row.boolean(14);
  r.beside = row.digest(15);
  r.lifetime = lifetime(row.text(16));
  r.expires = row.maybe_instant(17);
}

// The columns that run_from reads. While a run goes on its steps are counted; that of one run is cheap.
#define VERBA_RUN_COLUMNS                                                                                      \
  "SELECT id, environment, verb, reason, status, user, host, boot_id, process, process_start, started, "       \
  "finished, source, steps, "                                                                                  \
  "coalesce(succeeded, (SELECT count(*) FROM step WHERE run = id AND status IN ('succeeded', 'unchanged'))), " \
  "coalesce(failed, (SELECT count(*) FROM step WHERE run = id AND status = 'failed')) FROM run "

Run run_from(const Query& row) {
  Run run;
  run.id = row.integer(0);
  run.environment = row.text(1);
  run.verb = row.text(2);
  run.reason = row.text(3);
  run.status = run_status(row.text(4));
  run.owner = {row.string(5), row.string(6), row.string(7), row.integer(8), row.integer(9)};
  run.started = row.instant(10);
  run.finished = row.maybe_instant(11);
  run.source = row.text(12);
  run.steps = row.integer(13);
  run.succeeded = row.integer(14);
  run.failed = row.integer(15);
  return run;
}

StepRecord step_from(const Query& row) {
  StepRecord step;
  step.number = static_cast<StepNumber>(row.integer(0));
  step.address = row.text(1);
  step.action = row.text(2);
  step.reason = row.text(3);
  step.status = step_status(row.text(4));
  step.attempts = static_cast<int>(row.integer(5));
  step.started = row.maybe_instant(6);
  step.finished = row.maybe_instant(7);
  step.message = row.text(8);
  if (auto code = row.maybe_integer(9)) step.exit_code = static_cast<int>(*code);
  step.before = row.maybe_digest(10);
  step.after = row.maybe_digest(11);
  step.outputs_before = row.maybe_string(12);
  step.whole_before = row.integer(13) != 0;
  return step;
}

std::vector<Run> all_runs(Query&& row) {
  std::vector<Run> runs;
  while (row.next()) runs.push_back(run_from(row));
  return runs;
}

}  // namespace

Snapshot read_snapshot(Database& database, const std::string& environment) {
  ReadTransaction moment(database);
  Snapshot snapshot;
  snapshot.environment = environment;
  {
    auto row = database.query("SELECT serial FROM environment WHERE name = ?", environment);
    if (row.next()) snapshot.serial = row.integer(0);
  }
  snapshot.records = read_records(database, environment);
  // What is remembered is rare: the others stay where they were read to.
  const auto is_there = [](const Record& record) { return record.lifetime != Lifetime::over; };
  const auto first = std::ranges::find_if_not(snapshot.records, is_there);
  std::vector<Record> rest(std::make_move_iterator(first), std::make_move_iterator(snapshot.records.end()));
  snapshot.records.erase(first, snapshot.records.end());
  for (Record& record : rest) snapshot.add(std::move(record));
  return snapshot;
}

std::vector<Record> read_records(Database& database, const std::string& environment) {
  auto row = database.query(
      "SELECT address, deployment, type, account, status, definition, pending, inputs, outputs, needs, run, created, "
      "updated, place, protect, beside, lifetime, expires FROM record WHERE environment = ? ORDER BY address",
      environment);
  std::vector<Record> records;
  {
    auto count = database.query("SELECT count(*) FROM record WHERE environment = ?", environment);
    if (count.next()) records.reserve(static_cast<std::size_t>(count.integer(0)));
  }
  while (row.next()) {
    Record& record = records.emplace_back();
    read_into(record, row);
    record.environment = environment;
  }
  return records;
}

std::vector<std::string> read_environments(Database& database) {
  auto row = database.query(
      "SELECT name FROM environment WHERE EXISTS (SELECT 1 FROM record WHERE record.environment = name) "
      "OR EXISTS (SELECT 1 FROM run WHERE run.environment = name) ORDER BY name");
  std::vector<std::string> names;
  while (row.next()) names.push_back(row.string(0));
  return names;
}

std::vector<Run> read_runs(Database& database, const std::string& environment, std::size_t limit) {
  if (environment.empty())
    return all_runs(database.query(VERBA_RUN_COLUMNS "ORDER BY id DESC LIMIT ?", sql_limit(limit)));
  return all_runs(database.query(VERBA_RUN_COLUMNS "WHERE environment = ? ORDER BY id DESC LIMIT ?", environment,
                                 sql_limit(limit)));
}

std::optional<Run> read_run(Database& database, RunId id) {
  auto row = database.query(VERBA_RUN_COLUMNS "WHERE id = ?", id);
  if (!row.next()) return std::nullopt;
  return run_from(row);
}

std::vector<StepRecord> read_steps(Database& database, RunId run) {
  auto row = database.query(
      "SELECT number, address, action, reason, status, attempts, started, finished, message, exit_code, before, after, "
      "outputs_before, whole_before FROM step WHERE run = ? ORDER BY number",
      run);
  std::vector<StepRecord> steps;
  while (row.next()) steps.push_back(step_from(row));
  return steps;
}

std::vector<LogLine> read_logs(Database& database, RunId run, std::optional<StepNumber> step) {
  auto row = database.query(
      "SELECT step, attempt, at, error_stream, text FROM log WHERE run = ?1 AND step BETWEEN ?2 AND ?3 ORDER BY id",
      run, step.value_or(0), step.value_or(std::numeric_limits<StepNumber>::max()));
  std::vector<LogLine> lines;
  while (row.next()) {
    lines.push_back({static_cast<StepNumber>(row.integer(0)), static_cast<int>(row.integer(1)), row.instant(2),
                     row.boolean(3), row.string(4)});
  }
  return lines;
}

std::vector<StoredEvent> read_events(Database& database, std::int64_t after_id, std::size_t limit) {
  auto row = database.query("SELECT id, run, at, type, who, detail FROM event WHERE id > ? ORDER BY id LIMIT ?",
                            after_id, sql_limit(limit));
  std::vector<StoredEvent> events;
  while (row.next()) {
    events.push_back({row.integer(0), row.integer(1), row.instant(2), row.string(3), row.string(4), row.string(5)});
  }
  return events;
}

std::map<std::string, std::int64_t> read_durations(Database& database, const std::string& environment) {
  // Oldest first, so that the last one stays. Older runs than these say little of today.
  auto row = database.query(
      "SELECT address, finished - started FROM step "
      "WHERE run IN (SELECT id FROM run WHERE environment = ? ORDER BY id DESC LIMIT 100) "
      "AND status = 'succeeded' AND started IS NOT NULL AND finished IS NOT NULL ORDER BY run, number",
      environment);
  std::map<std::string, std::int64_t> durations;
  while (row.next()) durations.insert_or_assign(row.string(0), row.integer(1));
  return durations;
}

}  // namespace verba
