// SPDX-License-Identifier: Apache-2.0
// state list|show|mv|rm|unlock|export|import|backup|rekey.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/commands/rekey.h"
#include "cli/commands/state_parts.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "cli/state_access.h"
#include "cli/state_key.h"
#include "plan/definition.h"
#include "run/at_work.h"
#include "value/json.h"
#include "view/json/state_json.h"
#include "view/text/change_text.h"
#include "view/text/state_text.h"
#include "view/text/width.h"

namespace verba {

std::vector<std::string> environments_of(Call& call, Store& store) {
  if (call.arguments.text("env")) return {deployed_environment(call, store)};
  return store.environments();
}

Record find_record(Call& call, Store& store, const std::string& word) {
  std::vector<Record> found;
  std::vector<std::string> known;
  for (const std::string& environment : environments_of(call, store)) {
    for (const Record& record : store.snapshot(environment).records) {
      if (record.address == word) found.push_back(record);
      known.push_back(record.address);
    }
  }
  if (found.size() == 1) return found.front();
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  if (found.empty()) {
    throw Error(Error::Kind::usage, "usage.unknown-address", "nothing at '" + word + "' is in state",
                did_you_mean(word, candidates, "`verba state list` shows what is"));
  }
  throw Error(Error::Kind::usage, "usage.which-environment", "'" + word + "' is deployed in several environments",
              "say which one with -e");
}

namespace {

bool selects(const std::string& word, const Record& record) {
  return record.address == word || record.deployment == word || record.address.starts_with(word + "[");
}

int list(Call& call, const std::string& path) {
  const Format format = format_of(call);
  const auto store = open_store(path, StoreUse::reading);
  List all;
  for (const std::string& environment : environments_of(call, *store)) {
    const Snapshot snapshot = store->snapshot(environment);
    if (format == Format::text && !snapshot.records.empty()) {
      print(call,
            "Environment " + call.out_style.bold(environment) + "\n" + records_text(snapshot.records, call.out_style));
    }
    for (const Record& record : snapshot.records) all.push_back(record_value(record));
  }
  if (format == Format::text) {
    if (all.empty()) say(call, "Nothing is deployed.");
    return kDone;
  }
  Map answer;
  answer.append({"records", {}}, std::move(all));
  print(call, format, Value(std::move(answer)));
  return kDone;
}

Value inputs_value(Store& store, const Record& record, const Sealer& sealer) {
  if (!record.definition) return Null{};
  return read_definition(store, *record.definition, record.address, sealer).resource.inputs;
}

/// Maps member by member, texts of several lines as they are.
std::string field_text(const std::string& name, const Value& value) {
  std::string out;
  if (value.is_map() && !value.secret && !value.map().empty()) {
    for (const auto& [key, member] : value.map()) out += field_text(name + "." + key.name, member);
    return out;
  }
  const bool text = value.is_string() && !value.secret && value.string().find('\n') != std::string::npos;
  if (!text) return "  " + printable(name) + ": " + value_text(value) + "\n";
  out = "  " + printable(name) + ":\n";
  std::string_view rest = value.string();
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    out += "      " + printable(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string fields_text(std::string_view heading, const Value& values) {
  if (!values.is_map() || values.map().empty()) return {};
  std::string out = std::string(heading) + "\n";
  for (const auto& [key, value] : values.map()) out += field_text(key.name, value);
  return out;
}

int show(Call& call, const std::string& path, const std::string& word) {
  const Format format = format_of(call);
  const auto store = open_store(path, StoreUse::reading);
  const Sealer sealer = open_sealer(call, *store, path, KeyUse::look);
  const Record record = find_record(call, *store, word);
  const Value inputs = inputs_value(*store, record, sealer);
  const Value outputs = sealer.from_sealed_json(record.outputs, record.address);
  if (format == Format::text) {
    print(call, records_text({record}, call.out_style));
    print(call, fields_text("\nInputs", inputs) + fields_text("\nOutputs", outputs));
    return kDone;
  }
  Value value = record_value(record);
  value.map().append({"inputs", {}}, inputs);
  value.map().append({"outputs", {}}, outputs);
  print(call, format, value);
  return kDone;
}

/// What is forgotten while it is at work would be done a second time beside it.
void require_rest(Call& call, Store& store, const std::string& path, const Record& record) {
  const auto process = process_at_work(record, call.system, store, scratch_directory(call, path));
  if (!process) return;
  throw Error(
      Error::Kind::state, "state.at-work",
      fmt::format("{}: what run {} began is still at work (process {})", record.address, record.run, *process),
      "wait for its end, or end it, and say it again; `verba apply` waits for it and records what became of it");
}

int remove(Call& call, const std::string& path, const std::vector<std::string>& words) {
  if (!call.arguments.flag("yes") && !call.console.in_terminal) {
    throw Error(Error::Kind::usage, "usage.nobody-to-ask",
                "verba state rm asks first, and there is no terminal to ask on",
                "say --yes; what is deployed stays as it is and is only forgotten");
  }
  const auto store = open_store(path, StoreUse::writing);
  const auto environments = environments_of(call, *store);
  if (environments.size() != 1)
    throw Error(Error::Kind::usage, "usage.which-environment", "say which environment with -e");
  const Snapshot snapshot = store->snapshot(environments.front());
  std::vector<Record> found;
  for (const std::string& word : words) {
    const auto before = found.size();
    for (const Record& record : snapshot.records) {
      if (selects(word, record)) found.push_back(record);
    }
    if (found.size() == before) find_record(call, *store, word);
  }
  std::set<std::string> deployments;
  for (const Record& record : found) deployments.insert(record.deployment);
  const HeldLease lease =
      lock(call, *store, snapshot.environment, {deployments.begin(), deployments.end()}, "state rm");
  if (!call.arguments.flag("yes")) {
    print(call, records_text(found, call.out_style));
    call.console.err("\nForget these (what is deployed stays as it is)? [y/N] ");
    const auto answer = call.console.read_line([] {});
    if (!answer || (*answer != "y" && *answer != "yes")) throw Exit{kStepFailed};
  }
  for (const Record& record : found) require_rest(call, *store, path, record);
  Batch batch;
  for (const Record& record : found) {
    batch.push_back(RemoveRecord{record.environment, record.address});
    Map detail;
    detail.append({"environment", {}}, record.environment);
    detail.append({"address", {}}, record.address);
    batch.push_back(
        AppendEvent{0, call.system.now(), "state.removed", owner_of(call.system).user, to_json(Value(detail))});
  }
  store->commit(batch, &lease.lease());
  print(call, fmt::format("Forgot {} of environment '{}'.\n",
                          found.size() == 1 ? "1 task" : fmt::format("{} tasks", found.size()), snapshot.environment));
  return kDone;
}

int export_all(Call& call, const std::string& path) {
  print(call, open_store(path, StoreUse::reading)->export_json() + "\n");
  return kDone;
}

int import_all(Call& call, const std::string& path, const std::string& from) {
  const auto kind = call.system.kind_of(from);
  if (kind && kind != DirectoryEntry::Kind::file) {
    throw Error(Error::Kind::usage, "usage.no-file", "'" + from + "' is no regular file",
                "import what `verba state export > FILE` wrote");
  }
  const auto text = call.system.read_file(from);
  if (!text) throw Error(Error::Kind::usage, "usage.no-file", "there is no file '" + from + "'");
  open_store(path, StoreUse::writing)->import_json(*text);
  say(call, "Imported into '" + path + "'. Secrets in it open only with the key they were sealed with (" +
                to_string(key_source(call.system, path)) + ").");
  return kDone;
}

int backup(Call& call, const std::string& path, const std::string& to) {
  if (call.system.kind_of(to)) throw Error(Error::Kind::usage, "usage.exists", "'" + to + "' is there already");
  if (!call.system.kind_of(path))
    throw Error(Error::Kind::usage, "usage.no-state", "there is no state at '" + path + "'");
  open_store(path, StoreUse::writing)->backup(to);
  say(call, "Copied to '" + to + "'. Keep the key (" + to_string(key_source(call.system, path)) + ") too, elsewhere.");
  return kDone;
}

int state(Call& call) {
  std::vector<std::string> words = call.arguments.words();
  const std::string action = words.front();
  words.erase(words.begin());
  const std::string path = state_path(call);
  const auto wants = [&](std::size_t least, std::size_t most, std::string_view what) {
    if (words.size() >= least && words.size() <= most) return;
    throw Error(Error::Kind::usage, "usage.words", fmt::format("verba state {} wants {}", action, what),
                "see `verba state --help`");
  };
  if (action == "list") return wants(0, 0, "no further words"), list(call, path);
  if (action == "show") return wants(1, 1, "one ADDRESS"), show(call, path, words[0]);
  if (action == "rm") return wants(1, 1'000'000, "at least one ADDRESS"), remove(call, path, words);
  if (action == "mv") return wants(2, 2, "two ADDRESSes, FROM and TO"), move_records(call, path, words[0], words[1]);
  if (action == "unlock") return unlock(call, path, words);
  if (action == "export") return wants(0, 0, "no further words"), export_all(call, path);
  if (action == "import") return wants(1, 1, "one FILE"), import_all(call, path, words[0]);
  if (action == "backup") return wants(1, 1, "one FILE"), backup(call, path, words[0]);
  if (action == "rekey") return wants(0, 0, "no further words"), rekey_state(call, path);
  throw Error(Error::Kind::usage, "usage.unknown-command", "verba state cannot '" + action + "'",
              did_you_mean(action, {"list", "show", "mv", "rm", "unlock", "export", "import", "backup", "rekey"},
                           "see `verba state --help`"));
}

}  // namespace

CommandRow state_command() {
  return {
      .name = "state",
      .group = "Tend",
      .summary = "look into what is recorded, copy it, move it, mend it",
      .positionals = {{.name = "list|show|mv|rm|unlock|export|import|backup|rekey",
                       .required = true,
                       .completes = Completes::words,
                       .words = {"list", "show", "mv", "rm", "unlock", "export", "import", "backup", "rekey"}},
                      {.name = "ADDRESS|DEPLOYMENT|FILE", .repeats = true, .completes = Completes::address}},
      .options = {{.name = "yes", .letter = 'y', .summary = "do it without asking"},
                  in_doubt_option(),
                  {.name = "new-key-file",
                   .value = "PATH",
                   .summary =
                       "rekey: the new key; made there when there is none (default: a new one in place of the old)"},
                  {.name = "lock-timeout", .value = "TIME", .summary = "wait that long for others (default: 0s)"}},
      .function = state};
}

}  // namespace verba
