// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/transfer.h"

#include <fmt/format.h>

#include <limits>

#include "base/error.h"
#include "state/sqlite/edits.h"
#include "state/sqlite/history.h"

namespace verba {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

std::vector<Digest> all_digests(Database& database) {
  auto row = database.query("SELECT digest FROM blob ORDER BY digest");
  std::vector<Digest> digests;
  while (row.next()) digests.push_back(row.digest(0));
  return digests;
}

/// The largest number that an AUTOINCREMENT column ever had.
std::int64_t last_number(Database& database, std::string_view table) {
  auto row = database.query("SELECT seq FROM sqlite_sequence WHERE name = ?", table);
  return row.next() ? row.integer(0) : 0;
}

void set_last_number(Database& database, std::string_view table, std::int64_t number) {
  database.run("DELETE FROM sqlite_sequence WHERE name = ?", table);
  database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, number);
}

void require_empty(Database& database) {
  bool empty = last_number(database, "run") == 0 && last_number(database, "lease") == 0 &&
               last_number(database, "event") == 0 && !database.query("SELECT 1 FROM environment").next() &&
               !database.query("SELECT 1 FROM blob").next();
  if (empty) return;
  throw Error(Error::Kind::state, "state.not-empty",
              fmt::format("the state in '{}' is not empty: an import would mix two states", database.path()),
              "import into a new file");
}

void write_run_contents(Database& database, const RunContents& contents) {
  Run run = contents.run;
  count_steps(run, contents.steps);
  database.run(
      "INSERT INTO run (id, environment, verb, reason, status, user, host, boot_id, process, process_start, fence, "
      "started, finished, source, plan, steps, succeeded, failed) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      run.id, run.environment, run.verb, run.reason, to_string(run.status), run.owner.user, run.owner.host,
      run.owner.boot_id, run.owner.process, run.owner.process_start, contents.fence, run.started, run.finished,
      run.source, contents.plan, run.steps, run.succeeded, run.failed);
  for (const StepRecord& s : contents.steps) {
    database.run(
        "INSERT INTO step (run, number, address, action, reason, status, attempts, started, finished, message, "
        "exit_code, before, after, outputs_before, whole_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        run.id, s.number, s.address, s.action, s.reason, to_string(s.status), s.attempts, s.started, s.finished,
        s.message, s.exit_code, s.before, s.after, s.outputs_before, s.whole_before);
  }
  for (const LogLine& line : contents.logs) {
    database.run("INSERT INTO log (run, step, attempt, at, error_stream, text) VALUES (?, ?, ?, ?, ?, ?)", run.id,
                 line.step, line.attempt, line.at, line.error_stream, Bytes{line.text});
  }
}

void add_all(std::vector<std::string>& problems, Query&& row, std::string_view words) {
  while (row.next()) problems.push_back(fmt::format(fmt::runtime(words), row.text(0)));
}

}  // namespace

Contents read_contents(Database& database, Blobs& blobs) {
  ReadTransaction moment(database);
  Contents contents;
  contents.last_fence = last_number(database, "lease");
  contents.last_run = last_number(database, "run");
  {
    auto row = database.query("SELECT name, serial FROM environment");
    while (row.next()) contents.serials.emplace(row.string(0), row.integer(1));
  }
  for (const Digest& digest : all_digests(database)) contents.blobs.emplace(digest, blobs.get(digest).value_or(""));
  for (const auto& [environment, serial] : contents.serials) {
    for (Record& record : read_records(database, environment)) {
      std::pair key(environment, record.address);
      contents.records.emplace(std::move(key), std::move(record));
    }
  }
  for (Run& run : read_runs(database, "", no_limit)) {
    RunContents entry;
    auto row = database.query("SELECT fence, plan FROM run WHERE id = ?", run.id);
    row.next();
    entry.fence = row.integer(0);
    entry.plan = row.digest(1);
    entry.steps = read_steps(database, run.id);
    entry.logs = read_logs(database, run.id, std::nullopt);
    RunId id = run.id;
    entry.run = std::move(run);
    contents.runs.emplace(id, std::move(entry));
  }
  contents.events = read_events(database, std::numeric_limits<std::int64_t>::min(), no_limit);
  return contents;
}

void write_contents(Database& database, Blobs& blobs, const Contents& contents) {
  require_empty(database);
  for (const auto& [name, serial] : contents.serials) {
    database.run("INSERT INTO environment (name, serial) VALUES (?, ?)", name, serial);
  }
  for (const auto& [digest, content] : contents.blobs) blobs.put(digest, content);
  for (const auto& [key, record] : contents.records) {
    database.run("INSERT OR IGNORE INTO environment (name, serial) VALUES (?, 1)", record.environment);
    write_record(database, record);
  }
  for (const auto& [id, run] : contents.runs) {
    database.run("INSERT OR IGNORE INTO environment (name, serial) VALUES (?, 0)", run.run.environment);
    write_run_contents(database, run);
  }
  for (const StoredEvent& e : contents.events) {
    database.run("INSERT INTO event (id, run, at, type, who, detail) VALUES (?, ?, ?, ?, ?, ?)", e.id, e.run, e.at,
                 e.type, e.who, e.detail);
  }
  set_last_number(database, "lease", contents.last_fence);
  set_last_number(database, "run", contents.last_run);
}

std::vector<std::string> find_problems(Database& database, Blobs& blobs) {
  std::vector<std::string> problems;
  {
    auto row = database.query("PRAGMA integrity_check");
    while (row.next()) {
      if (row.text(0) != "ok") problems.push_back(row.string(0));
    }
  }
  // What SQLite itself finds broken cannot be asked any more.
  if (!problems.empty()) return problems;
  add_all(problems,
          database.query("SELECT environment || ' ' || address FROM record WHERE "
                         "(definition IS NOT NULL AND definition NOT IN (SELECT digest FROM blob)) OR "
                         "(pending IS NOT NULL AND pending NOT IN (SELECT digest FROM blob)) ORDER BY 1"),
          "the definition of record {} is missing");
  add_all(problems, database.query("SELECT id FROM run WHERE plan NOT IN (SELECT digest FROM blob) ORDER BY id"),
          "the plan of run {} is missing");
  add_all(problems, database.query("SELECT DISTINCT run FROM step WHERE run NOT IN (SELECT id FROM run) ORDER BY 1"),
          "there are steps of run {}, but no such run");
  for (const Digest& digest : all_digests(database)) {
    try {
      blobs.get(digest);
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }
  return problems;
}

}  // namespace verba
