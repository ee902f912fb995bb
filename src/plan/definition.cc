// SPDX-License-Identifier: Apache-2.0
#include "plan/definition.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "manifest/accounts.h"
#include "manifest/names.h"
#include "value/json.h"

namespace verba {
namespace {

Value large_value(const LargeFile& file) {
  List parts;
  for (const Digest& part : file.parts) parts.emplace_back(part.hex());
  Map map;
  map.set("path", file.path);
  map.set("sizeBytes", static_cast<std::int64_t>(file.size_bytes));
  map.set("parts", std::move(parts));
  return map;
}

Value files_value(const std::vector<FileInput>& files) {
  List list;
  for (const FileInput& file : files) {
    Map entry;
    entry.set("field", file.field);
    entry.set("path", file.path);
    if (file.secret) {
      entry.set("sealed", Value(file.content)).secret = true;
    } else {
      entry.set("digest", file.digest.hex());
    }
    if (!file.inner.empty()) entry.set("inner", file.inner);
    if (file.executable) entry.set("executable", true);
    if (file.large) entry.set("large", large_value(*file.large));
    list.emplace_back(std::move(entry));
  }
  return list;
}

Value retry_value(const Retry& retry) {
  Map map;
  map.set("attempts", retry.attempts);
  map.set("delayMs", std::int64_t{retry.delay.count()});
  map.set("backoff", retry.backoff);
  map.set("maxDelayMs", std::int64_t{retry.max_delay.count()});
  return map;
}

Value instead_value(const std::vector<StandIn>& all) {
  Map map;
  for (const StandIn& each : all) {
    Map entry;
    entry.set("type", each.resource.type);
    entry.set("directory", each.resource.directory);
    entry.set("inputs", each.resource.inputs);
    entry.set("files", files_value(each.resource.files));
    if (each.retry) entry.set("retry", retry_value(*each.retry));
    if (each.timeout) entry.set("timeoutMs", std::int64_t{each.timeout->count()});
    map.set(std::string(to_string(each.verb)), std::move(entry));
  }
  return map;
}

Value rollout_value(const RolloutRules& rollout) {
  Map map;
  map.set("batch", static_cast<std::int64_t>(rollout.batch));
  map.set("maxFailures", static_cast<std::int64_t>(rollout.max_failures));
  return map;
}

Error unreadable(const std::string& address, std::string_view what) {
  return Error(
      Error::Kind::state, "state.definition", fmt::format("what was recorded of {} cannot be read: {}", address, what),
      "restore a backup of the state, or remove the record with `verba state rm` and delete the thing by hand");
}

/// Reads members of a recorded object; anything amiss is an Error, never a guess.
class Reader {
 public:
  Reader(const Value& value, const std::string& address) : value_(value), address_(address) {}

  const Value& member(std::string_view name) const {
    const Value* found = value_.find(name);
    if (!found) throw unreadable(address_, fmt::format("'{}' is missing", name));
    return *found;
  }
  const std::string& text(std::string_view name) const {
    const Value& v = member(name);
    if (!v.is_string()) throw unreadable(address_, fmt::format("'{}' is no string", name));
    return v.string();
  }
  std::int64_t number(std::string_view name) const {
    const Value& v = member(name);
    if (!v.is(Value::Kind::integer)) throw unreadable(address_, fmt::format("'{}' is no integer", name));
    return v.integer();
  }
  Digest digest(const Value& v) const {
    const std::optional<Digest> digest = v.is_string() ? parse_digest(v.string()) : std::nullopt;
    if (!digest) throw unreadable(address_, "a digest is malformed");
    return *digest;
  }

 private:
  const Value& value_;
  const std::string& address_;
};

LargeFile read_large(const Value& value, const Digest& digest, const std::string& address) {
  const Reader reader(value, address);
  LargeFile file{.path = reader.text("path"), .digest = digest, .parts = {}};
  file.size_bytes = static_cast<std::uint64_t>(reader.number("sizeBytes"));
  const Value& parts = reader.member("parts");
  if (!parts.is_list()) throw unreadable(address, "'parts' is no list");
  for (const Value& part : parts.list()) file.parts.push_back(reader.digest(part));
  const std::uint64_t count = (file.size_bytes + large_file_part_bytes - 1) / large_file_part_bytes;
  if (count != file.parts.size())
    throw unreadable(address, fmt::format("the parts of {} are not all there", file.path));
  return file;
}

std::vector<FileInput> read_files(Store& store, const Value& list, const std::string& address) {
  std::vector<FileInput> files;
  if (!list.is_list()) return files;
  for (const Value& entry : list.list()) {
    const Reader reader(entry, address);
    FileInput file;
    file.field = reader.text("field");
    file.path = reader.text("path");
    if (entry.find("inner")) file.inner = reader.text("inner");
    file.executable = entry.find("executable") != nullptr;
    if (entry.find("sealed")) {
      file.secret = true;
      file.content = reader.text("sealed");
      file.digest = sha256(file.content);
      files.push_back(std::move(file));
      continue;
    }
    file.digest = reader.digest(reader.member("digest"));
    if (entry.find("large")) {
      file.large = read_large(reader.member("large"), file.digest, address);
    } else {
      std::optional<std::string> content = store.blob(file.digest);
      if (!content) throw unreadable(address, fmt::format("the content of {} is missing", file.path));
      file.content = std::move(*content);
    }
    files.push_back(std::move(file));
  }
  return files;
}

Retry read_retry(const Value& value, const std::string& address) {
  const Reader reader(value, address);
  Retry retry;
  retry.attempts = static_cast<int>(reader.number("attempts"));
  retry.delay = Milliseconds(reader.number("delayMs"));
  const Value& backoff = reader.member("backoff");
  retry.backoff = backoff.is(Value::Kind::real) ? backoff.real() : static_cast<double>(reader.number("backoff"));
  retry.max_delay = Milliseconds(reader.number("maxDelayMs"));
  return retry;
}

/// A substitute works where the thing is.
void read_instead(Store& store, const Value& map, const std::string& address, Resource& resource) {
  if (!map.is_map()) throw unreadable(address, "'instead' is no object");
  for (const auto& [key, entry] : map.map()) {
    const std::optional<Verb> verb = verb_named(key.name);
    if (!verb) throw unreadable(address, fmt::format("'{}' is no verb", key.name));
    const Reader reader(entry, address);
    StandIn& each = resource.instead.emplace_back();
    each.verb = *verb;
    each.resource.address = address;
    each.resource.type = reader.text("type");
    each.resource.account = resource.account;
    each.resource.account_kind = resource.account_kind;
    each.resource.account_spec = resource.account_spec;
    each.resource.directory = reader.text("directory");
    each.resource.inputs = reader.member("inputs");
    each.resource.files = read_files(store, reader.member("files"), address);
    if (entry.find("retry")) each.retry = read_retry(reader.member("retry"), address);
    if (entry.find("timeoutMs")) each.timeout = Milliseconds(reader.number("timeoutMs"));
  }
}

RolloutRules read_rollout(const Value& value, const std::string& address) {
  const Reader reader(value, address);
  RolloutRules rollout;
  rollout.batch = static_cast<std::size_t>(std::max<std::int64_t>(1, reader.number("batch")));
  rollout.max_failures = static_cast<std::size_t>(std::max<std::int64_t>(0, reader.number("maxFailures")));
  return rollout;
}

}  // namespace

Tries tries_of(const Definition& definition, std::optional<Verb> verb) {
  const StandIn* own = verb ? stand_in_for(definition.resource, *verb) : nullptr;
  if (own == nullptr) return {definition.retry, definition.timeout};
  return {own->retry.value_or(definition.retry), own->timeout ? own->timeout : definition.timeout};
}

Tries tries_of_undoing(const std::optional<Definition>& made, const std::optional<Definition>& before) {
  if (made && stand_in_for(made->resource, Verb::rollback)) return tries_of(*made, Verb::rollback);
  if (before) return tries_of(*before, Verb::update);
  return made ? tries_of(*made, Verb::remove) : Tries();
}

namespace {

Value value_of(const Definition& definition) {
  const Resource& resource = definition.resource;
  Map map;
  map.set("format", 1);
  map.set("address", resource.address);
  map.set("type", resource.type);
  map.set("account", resource.account);
  map.set("accountKind", resource.account_kind);
  map.set("accountSpec", resource.account_spec);
  map.set("directory", resource.directory);
  map.set("inputs", resource.inputs);
  if (definition.compared) map.set("compared", *definition.compared);
  map.set("files", files_value(resource.files));
  if (!resource.instead.empty()) map.set("instead", instead_value(resource.instead));
  if (resource.occasion != Occasion::deploy) map.set("occasion", to_string(resource.occasion));
  if (definition.timeout) map.set("timeoutMs", std::int64_t{definition.timeout->count()});
  map.set("retry", retry_value(definition.retry));
  map.set("idempotent", definition.idempotent);
  if (definition.needs) map.set("needs", *definition.needs);
  if (definition.rollout) map.set("rollout", rollout_value(*definition.rollout));
  if (!definition.remains.empty()) {
    List remains;
    for (const Definition& each : definition.remains) {
      Value one = value_of(each);
      if (!each.resource.begun_as.empty()) one.map().set("address", each.resource.begun_as);
      remains.push_back(std::move(one));
    }
    map.set("remains", std::move(remains));
  }
  return map;
}

/// A record may have moved since: what its definition holds is sealed for the address of then.
std::string address_of_then(const std::string& json, const std::string& address) {
  std::string why;
  const std::optional<Value> sealed = parse_json(json, why);
  if (!sealed || !sealed->is_map()) throw unreadable(address, why.empty() ? "it is no object" : why);
  return Reader(*sealed, address).text("address");
}

}  // namespace

std::string to_json(const Definition& definition, const Sealer& sealer) {
  return sealer.to_sealed_json(value_of(definition), definition.resource.address);
}

std::string resealed(const std::string& json, const std::string& address, const Sealer& old, const Sealer& next) {
  if (json.find("$sealed") == std::string::npos) return json;
  const std::string then = address_of_then(json, address);
  return next.to_sealed_json(old.from_sealed_json(json, then), then);
}

std::optional<Account> account_of_then(Store& store, const Digest& digest) {
  const std::optional<std::string> json = store.blob(digest);
  std::string why;
  const std::optional<Value> read = json ? parse_json(*json, why) : std::nullopt;
  if (!read || !read->is_map()) return std::nullopt;
  const Value* spec = read->find("accountSpec");
  return described_account(std::string(text_of(*read, "account")), std::string(text_of(*read, "accountKind")),
                           spec != nullptr ? *spec : Value());
}

namespace {

Definition read_value(Store& store, const Value& value, const std::string& address) {
  const Reader reader(value, address);
  Definition definition;
  Resource& resource = definition.resource;
  resource.address = address;
  resource.begun_as = reader.text("address");
  resource.type = reader.text("type");
  resource.account = reader.text("account");
  resource.account_kind = reader.text("accountKind");
  resource.account_spec = reader.member("accountSpec");
  resource.directory = reader.text("directory");
  resource.inputs = reader.member("inputs");
  if (const Value* compared = value.find("compared")) definition.compared = *compared;
  resource.files = read_files(store, reader.member("files"), address);
  if (const Value* instead = value.find("instead")) read_instead(store, *instead, address, resource);
  if (value.find("occasion")) {
    const auto found =
        std::ranges::find(all_occasions, reader.text("occasion"), [](Occasion o) { return to_string(o); });
    if (found == all_occasions.end()) throw unreadable(address, "its occasion is none");
    resource.occasion = *found;
  }
  if (value.find("timeoutMs")) definition.timeout = Milliseconds(reader.number("timeoutMs"));
  definition.retry = read_retry(reader.member("retry"), address);
  const Value& idempotent = reader.member("idempotent");
  definition.idempotent = idempotent.is(Value::Kind::boolean) && idempotent.boolean();
  if (value.find("needs")) definition.needs = reader.text("needs");
  if (value.find("rollout")) definition.rollout = read_rollout(reader.member("rollout"), address);
  if (const Value* remains = value.find("remains")) {
    if (!remains->is_list()) throw unreadable(address, "'remains' is no list");
    for (const Value& each : remains->list()) definition.remains.push_back(read_value(store, each, address));
  }
  return definition;
}

}  // namespace

Definition read_definition(Store& store, const Digest& digest, const std::string& address, const Sealer& sealer) {
  const std::optional<std::string> json = store.blob(digest);
  if (!json) throw unreadable(address, "its definition is missing");
  return read_value(store, sealer.from_sealed_json(*json, address_of_then(*json, address)), address);
}

}  // namespace verba
