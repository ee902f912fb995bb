// SPDX-License-Identifier: Apache-2.0
// Steps are many and their definitions few: the way from old to new is a table, and each column is changed by one
// statement.
#include "state/sqlite/reseal_database.h"

#include <utility>
#include <vector>

#include "state/leasing.h"
#include "state/sqlite/edits.h"
#include "state/sqlite/history.h"
#include "state/sqlite/leases.h"

namespace verba {
namespace {

void require_alone(Database& database, const Lease& lease, Instant now) {
  require_lease(database, lease);
  {
    auto row = database.query(
        "SELECT leased.environment, deployment FROM leased JOIN lease USING (fence) "
        "WHERE fence != ? AND expires > ? ORDER BY 1, 2",
        lease.fence, now);
    if (row.next()) throw_not_alone(row.string(0), row.string(1));
  }
  database.run("DELETE FROM leased WHERE fence != ?", lease.fence);
  database.run("DELETE FROM lease WHERE fence != ?", lease.fence);
}

void reseal_records(Database& database, const Reseal& how) {
  for (const std::string& environment : read_environments(database)) {
    for (Record record : read_records(database, environment)) {
      how.record(record);
      write_record(database, record);
    }
  }
}

void reseal_outputs(Database& database, const Reseal& how) {
  struct Replaced {
    RunId run;
    std::int64_t step;
    std::string address, outputs;
  };
  std::vector<Replaced> all;
  {
    auto row = database.query("SELECT run, number, address, outputs_before FROM step WHERE outputs_before IS NOT NULL");
    while (row.next()) all.push_back({row.integer(0), row.integer(1), row.string(2), row.string(3)});
  }
  for (const Replaced& each : all) {
    std::string outputs = how.outputs(each.outputs, each.address);
    if (outputs == each.outputs) continue;
    database.run("UPDATE step SET outputs_before = ? WHERE run = ? AND number = ?", outputs, each.run, each.step);
  }
}

void reseal_definitions(Database& database, Blobs& blobs, const Reseal& how) {
  std::vector<std::pair<Digest, std::string>> named;
  {
    auto row = database.query(
        "SELECT definition, address FROM record WHERE definition IS NOT NULL UNION "
        "SELECT pending, address FROM record WHERE pending IS NOT NULL UNION "
        "SELECT before, address FROM step WHERE before IS NOT NULL UNION "
        "SELECT after, address FROM step WHERE after IS NOT NULL");
    while (row.next()) named.emplace_back(row.digest(0), row.string(1));
  }
  for (const auto& [digest, address] : named) {
    const std::optional<std::string> before = blobs.get(digest);
    if (!before) continue;
    const std::string after = how.definition(*before, address);
    if (after == *before) continue;
    const Digest now = sha256(after);
    blobs.put(now, after);
    database.run("INSERT OR IGNORE INTO temp.resealed (before, after) VALUES (?, ?)", digest, now);
  }
}

}  // namespace

void reseal_database(Database& database, Blobs& blobs, const Reseal& how, const Lease& lease, Instant now) {
  require_alone(database, lease, now);
  database.script("CREATE TEMP TABLE resealed (before BLOB PRIMARY KEY, after BLOB NOT NULL) STRICT, WITHOUT ROWID");
  reseal_records(database, how);
  reseal_outputs(database, how);
  reseal_definitions(database, blobs, how);
  database.script(
      "UPDATE record SET definition = (SELECT r.after FROM temp.resealed r WHERE r.before = definition) "
      "WHERE definition IN (SELECT before FROM temp.resealed);"
      "UPDATE record SET pending = (SELECT r.after FROM temp.resealed r WHERE r.before = pending) "
      "WHERE pending IN (SELECT before FROM temp.resealed);"
      "UPDATE step SET before = (SELECT r.after FROM temp.resealed r WHERE r.before = step.before) "
      "WHERE before IN (SELECT r.before FROM temp.resealed r);"
      "UPDATE step SET after = (SELECT r.after FROM temp.resealed r WHERE r.before = step.after) "
      "WHERE after IN (SELECT r.before FROM temp.resealed r);"
      "DELETE FROM blob WHERE digest IN (SELECT before FROM temp.resealed);"
      "DROP TABLE temp.resealed;"
      "UPDATE environment SET serial = serial + 1");
  const AppendEvent& event = how.event;
  database.run("INSERT INTO event (run, at, type, who, detail) VALUES (?, ?, ?, ?, ?)", event.run, event.at, event.type,
               event.who, event.detail);
}

}  // namespace verba
