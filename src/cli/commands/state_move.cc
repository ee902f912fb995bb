// SPDX-License-Identifier: Apache-2.0
// state mv: a record goes on under another address; what is deployed stays as it is.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/commands/state_parts.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "cli/state_access.h"
#include "manifest/address.h"
#include "manifest/names.h"
#include "plan/moves.h"

namespace verba {
namespace {

Error usage(std::string_view code, std::string message, std::string hint) {
  return Error(Error::Kind::usage, code, std::move(message), std::move(hint));
}

/// What may move: a task, with all its instances unless a key says which, or a deployment with all that is in it.
Address place_of(const std::string& word) {
  if (is_name(word)) return {word, "", ""};
  if (auto address = parse_address(word)) return *address;
  throw usage("usage.address", fmt::format("'{}' is no address", word),
              "write DEPLOYMENT.TASK or DEPLOYMENT.TASK[KEY], or DEPLOYMENT for all that is in it");
}

std::vector<Renaming> renamings(Call& call, Store& store, const Snapshot& snapshot, const std::string& from,
                                const std::string& to) {
  const Address source = place_of(from), target = place_of(to);
  if (source.name.empty() != target.name.empty()) {
    throw usage("usage.address", "one of the two is a whole deployment, the other is not",
                "write two addresses, or the names of two deployments");
  }
  std::vector<Renaming> all;
  std::vector<Record> known = snapshot.records;
  known.insert(known.end(), snapshot.over.begin(), snapshot.over.end());
  for (const Record& record : known) {
    const bool inside =
        source.name.empty() ? record.deployment == from : target.key.empty() && record.address.starts_with(from + "[");
    if (record.address != from && !inside) continue;
    all.push_back({record.address, to + record.address.substr(from.size()), target.deployment});
  }
  if (all.empty() && source.name.empty()) {
    std::vector<std::string_view> deployments;
    for (const Record& record : snapshot.records) deployments.push_back(record.deployment);
    throw usage("usage.unknown-address",
                fmt::format("nothing of a deployment '{}' is recorded in environment '{}'", from, snapshot.environment),
                did_you_mean(from, deployments, "`verba status` lists what is deployed"));
  }
  if (all.empty()) find_record(call, store, from);  // says what there is
  for (const Renaming& renaming : all) {
    if (!snapshot.last_known(renaming.to)) continue;
    throw usage("usage.exists", fmt::format("there is something at '{}' already", renaming.to),
                "`verba state list` shows what is recorded");
  }
  return all;
}

bool is_unsettled(const Move& move) {
  return move.record.status == RecordStatus::started;
}

std::string one_environment(Call& call, Store& store) {
  const auto environments = environments_of(call, store);
  if (environments.size() == 1) return environments.front();
  if (environments.empty()) throw usage("usage.unknown-address", "nothing is deployed", "");
  throw usage("usage.which-environment", "say which environment with -e", "");
}

}  // namespace

int move_records(Call& call, const std::string& path, const std::string& from, const std::string& to) {
  place_of(from), place_of(to);
  const auto store = open_store(path, StoreUse::writing);
  const std::string environment = one_environment(call, *store);
  const Sealer sealer = open_sealer(call, *store, path, KeyUse::look);
  for (;;) {
    Snapshot snapshot = store->snapshot(environment);
    const Moved moved = rename(snapshot, renamings(call, *store, snapshot, from, to), sealer);
    std::set<std::string> deployments;
    for (const Move& move : moved.moves) deployments.insert({move.from_deployment, move.record.deployment});
    for (const Record& user : moved.users) deployments.insert(user.deployment);
    const HeldLease lease = lock(call, *store, environment, {deployments.begin(), deployments.end()}, "state mv");
    if (store->snapshot(environment).serial != snapshot.serial) continue;  // somebody was quicker: look again
    if (std::ranges::any_of(moved.moves, is_unsettled)) {  // a run knows what it had begun by the old address
      Desk desk = open_state_desk(call, environment);
      settle(call, desk, lease);
      continue;
    }
    Batch batch = edits_of(moved.moves, call.system.now(), owner_of(call.system).user);
    for (const Record& user : moved.users) batch.emplace_back(PutRecord{user});
    store->commit(batch, &lease.lease());
    for (const Move& move : moved.moves) {
      print(call, fmt::format("Moved {} to {} in environment '{}'.\n", move.from, move.record.address, environment));
    }
    return kDone;
  }
}

}  // namespace verba
