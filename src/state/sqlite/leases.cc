// SPDX-License-Identifier: Apache-2.0
#include "state/sqlite/leases.h"

#include <set>

#include "state/leasing.h"

namespace verba {
namespace {

/// From columns user, host, boot_id, process, process_start, reason, since, expires, fence, environment, deployment.
Holder holder_from(const Query& row) {
  Holder holder;
  holder.owner = {row.string(0), row.string(1), row.string(2), row.integer(3), row.integer(4)};
  holder.reason = row.string(5);
  holder.since = row.instant(6);
  holder.expires = row.instant(7);
  holder.fence = row.integer(8);
  holder.environment = row.string(9);
  holder.deployment = row.string(10);
  return holder;
}

void remove_lease(Database& database, std::int64_t fence) {
  database.run("DELETE FROM leased WHERE fence = ?", fence);
  database.run("DELETE FROM lease WHERE fence = ?", fence);
}

/// Runs that say they are running, but can never write again.
void mark_interrupted(Database& database, const std::string& environment, Instant now) {
  database.run(
      "UPDATE run SET status = 'interrupted', finished = ?2 WHERE environment = ?1 AND status = 'running' "
      "AND fence NOT IN (SELECT fence FROM lease)",
      environment, now);
}

/// The one in the way; when there is none, those that may be taken over were.
std::optional<Holder> clear_the_way(Database& database, const LeaseRequest& request, const IsAlive& is_alive) {
  std::set<std::int64_t> dead;
  for (const std::string& deployment : request.deployments) {
    auto row = database.query(
        "SELECT user, host, boot_id, process, process_start, reason, since, expires, fence, leased.environment, "
        "deployment "
        "FROM leased JOIN lease USING (fence) WHERE leased.environment = ? AND deployment = ?",
        request.environment, deployment);
    if (!row.next()) continue;
    Holder holder = holder_from(row);
    if (!may_be_taken_over(holder, request, is_alive)) return holder;
    dead.insert(holder.fence);
  }
  for (std::int64_t fence : dead) remove_lease(database, fence);
  return std::nullopt;
}

}  // namespace

void require_lease(Database& database, const Lease& lease) {
  auto row = database.query("SELECT 1 FROM lease WHERE fence = ? AND environment = ?", lease.fence, lease.environment);
  if (!row.next()) throw_lease_lost(lease);
}

void require_covered(Database& database, const Lease& lease, const std::string& environment,
                     std::string_view deployment) {
  auto row = database.query("SELECT 1 FROM leased WHERE environment = ? AND deployment = ? AND fence = ?", environment,
                            deployment, lease.fence);
  if (!row.next()) throw_not_covered(environment, deployment);
}

std::variant<Lease, Holder> acquire_lease(Database& database, const LeaseRequest& request, const IsAlive& is_alive) {
  if (auto holder = clear_the_way(database, request, is_alive)) return *std::move(holder);
  mark_interrupted(database, request.environment, request.now);
  const Owner& owner = request.owner;
  database.run(
      "INSERT INTO lease (environment, user, host, boot_id, process, process_start, reason, since, expires) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      request.environment, owner.user, owner.host, owner.boot_id, owner.process, owner.process_start, request.reason,
      request.now, request.now + request.length);
  Lease lease{request.environment, request.deployments, database.last_id()};
  for (const std::string& deployment : request.deployments) {
    database.run("INSERT INTO leased (environment, deployment, fence) VALUES (?, ?, ?)", lease.environment, deployment,
                 lease.fence);
  }
  return lease;
}

void renew_lease(Database& database, const Lease& lease, Instant now, Milliseconds length) {
  require_lease(database, lease);
  database.run("UPDATE lease SET expires = ? WHERE fence = ?", now + length, lease.fence);
}

void release_lease(Database& database, const Lease& lease) {
  remove_lease(database, lease.fence);
}

bool revoke_lease(Database& database, const std::string& environment, std::int64_t fence, Instant now) {
  {
    auto row = database.query("SELECT 1 FROM lease WHERE fence = ? AND environment = ?", fence, environment);
    if (!row.next()) return false;
  }
  remove_lease(database, fence);
  mark_interrupted(database, environment, now);
  return true;
}

std::vector<Holder> list_leases(Database& database, const std::string& environment) {
  auto row = database.query(
      "SELECT user, host, boot_id, process, process_start, reason, since, expires, fence, leased.environment, "
      "deployment "
      "FROM leased JOIN lease USING (fence) WHERE ?1 = '' OR leased.environment = ?1 "
      "ORDER BY leased.environment, deployment",
      environment);
  std::vector<Holder> holders;
  while (row.next()) holders.push_back(holder_from(row));
  return holders;
}

}  // namespace verba
