// SPDX-License-Identifier: Apache-2.0
// The new key is in a file before anything is sealed with it; the state changes its key in one transaction; then the
// file takes the place of the old one. Killed in between, one of the two files opens the state, and which one it is the
// state itself says (settled_key).
#include "cli/commands/rekey.h"

#include "base/error.h"
#include "cli/builtin.h"
#include "cli/exit_code.h"
#include "cli/state_access.h"
#include "cli/state_key.h"
#include "plan/definition.h"
#include "plan/inputs.h"
#include "state/reseal.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t kKeyBytes = 32;

std::string resealed_outputs(const std::string& json, const std::string& address, const Sealer& old,
                             const Sealer& next) {
  return next.to_sealed_json(old.from_sealed_json(json, address), address);
}

/// Digests that are those of the definition stay so under the new key; others said "changed" before and go on to.
void reseal_record(Record& record, Store& store, const Catalogue& catalogue, const Sealer& old, const Sealer& next) {
  record.outputs = resealed_outputs(record.outputs, record.address, old, next);
  const TaskType* type = catalogue.type(record.type);
  if (!record.definition || type == nullptr) return;
  const Definition definition = read_definition(store, *record.definition, record.address, old);
  if (record.inputs == digest_of(definition, *type, old)) record.inputs = digest_of(definition, *type, next);
  if (record.beside == beside_of(definition, *type, old)) {
    record.beside = beside_of(definition, *type, next);
  }
}

std::string old_key(Call& call, Store& store, const KeySource& source) {
  std::optional<std::string> key = read_key(call.system, source);
  if (!key) {
    throw Error(Error::Kind::state, "state.key", "the key of this state, " + to_string(source) + ", is not there",
                "a key is needed to open what is to be sealed anew");
  }
  if (source.kind == KeySource::Kind::file) key = settled_key(call.system, store, source.text, *key);
  return *std::move(key);
}

std::string new_key(Call& call, const std::optional<std::string>& path) {
  if (path) {
    if (std::optional<std::string> key = read_key(call.system, {KeySource::Kind::file, *path})) return *std::move(key);
  }
  std::string key = call.system.random_bytes(kKeyBytes);
  if (path) write_key(call.system, *path, key);
  return key;
}

}  // namespace

int rekey_state(Call& call, const std::string& path) {
  const KeySource source = key_source(call.system, path);
  const std::optional<std::string> file = call.arguments.text("new-key-file");
  const bool in_file = source.kind == KeySource::Kind::file;
  if (!in_file && !file) {
    throw Error(Error::Kind::usage, "usage.new-key",
                "the key comes from " + to_string(source) + ", which verba cannot set",
                "say --new-key-file PATH: a file that holds the new key, or where one is to be written");
  }
  if (!call.system.kind_of(path))
    throw Error(Error::Kind::usage, "usage.no-state", "there is no state at '" + path + "'");
  const auto store = open_store(path, StoreUse::writing);
  const HeldLease lease = lock(call, *store, "", {"key"}, "state rekey");
  if (in_file) remove_unfinished_keys(call.system, source.text);
  if (file) remove_unfinished_keys(call.system, *file);
  const std::string before = old_key(call, *store, source);
  const Sealer old(before);
  require_current_key(*store, old);
  const std::string key = new_key(call, file);
  if (key == before) throw Error(Error::Kind::usage, "usage.same-key", "the new key is the old one");
  const Sealer next(key);
  if (in_file) {
    write_key(call.system, source.text, before);  // what a killed rekey left is settled first
    write_key(call.system, coming_key_path(source.text), key);
  }
  Map detail;
  detail.append({"key", {}}, key_id(next));
  const Catalogue& catalogue = call.kit().catalogue;
  const Instant now = call.system.now();
  resealable(*store).reseal(
      {[&](const std::string& json, const std::string& address) { return resealed(json, address, old, next); },
       [&](const std::string& json, const std::string& address) { return resealed_outputs(json, address, old, next); },
       [&](Record& record) { reseal_record(record, *store, catalogue, old, next); },
       {0, now, "state.rekeyed", owner_of(call.system).user, to_json(Value(std::move(detail)))}},
      lease.lease(), now);
  if (in_file) {
    write_key(call.system, source.text, key);
    call.system.remove(coming_key_path(source.text));
    say(call,
        "Sealed anew. The new key is in '" + source.text + "'; the old one opens nothing any more but old backups.");
  } else {
    say(call, "Sealed anew. " + to_string(source) + " must now give the key in '" + *file +
                  "'; the old one opens "
                  "nothing any more but old backups.");
  }
  return kDone;
}

}  // namespace verba
