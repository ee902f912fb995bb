// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/state_access.h"
#include "value/json.h"
#include "view/text/change_text.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// What was asked for, found among the records.
struct Selection {
  std::vector<const Record*> records;  ///< of a deployment, or the one of a task
  std::string key;                     ///< path into its outputs; "": all of them
};

/// The longest address that `word` begins with wins: keys of instances may hold dots.
Selection select(const Snapshot& snapshot, const std::string& word) {
  Selection found;
  std::size_t longest = 0;
  for (const Record& record : snapshot.records) {
    if (record.deployment == word) found.records.push_back(&record);
  }
  if (!found.records.empty()) return found;
  for (const Record& record : snapshot.records) {
    const std::string& address = record.address;
    const bool whole = word == address;
    const bool member = word.size() > address.size() && word.starts_with(address) && word[address.size()] == '.';
    if ((!whole && !member) || address.size() < longest) continue;
    longest = address.size();
    found.records = {&record};
    found.key = whole ? "" : word.substr(address.size() + 1);
  }
  return found;
}

[[noreturn]] void refuse(const Snapshot& snapshot, const std::string& word) {
  std::vector<std::string_view> known;
  for (const Record& record : snapshot.records) {
    known.push_back(record.address);
    known.push_back(record.deployment);
  }
  throw Error(Error::Kind::usage, "usage.unknown-address",
              "nothing called '" + word + "' is deployed in environment '" + snapshot.environment + "'",
              did_you_mean(word, known, "`verba status` and `verba state list` show what is"));
}

const Value& member(const Value& outputs, const std::string& path, const std::string& word) {
  const Value* at = &outputs;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto dot = std::min(rest.find('.'), rest.size());
    const Value* next = at->find(rest.substr(0, dot));
    if (next == nullptr) {
      std::vector<std::string_view> known;
      if (at->is_map()) {
        for (const auto& [key, value] : at->map()) known.push_back(key.name);
      }
      throw Error(Error::Kind::usage, "usage.unknown-output", "there is no output '" + word + "'",
                  did_you_mean(rest.substr(0, dot), known));
    }
    at = next;
    rest = dot == rest.size() ? std::string_view{} : rest.substr(dot + 1);
  }
  return *at;
}

std::string lines_of(const std::string& address, const Value& outputs) {
  std::string out;
  if (!outputs.is_map()) return address + " = " + value_text(outputs) + "\n";
  for (const auto& [key, value] : outputs.map()) {
    out += printable(address) + "." + printable(key.name) + " = " + value_text(value) + "\n";
  }
  return out;
}

void print_one(Call& call, const Value& value, Format format) {
  if (call.arguments.flag("raw")) {
    print(call, value.is_string() ? value.string() : to_json(value, SecretsAs::clear));
  } else if (format != Format::text) {
    print(call, format, value);
  } else if (value.is_string() && !value.secret) {
    print(call, value.string() + "\n");
  } else {
    print(call, value_text(value) + "\n");
  }
}

int output(Call& call) {
  const Format format = format_of(call);
  const std::string path = state_path(call);
  const auto store = open_store(path, StoreUse::reading);
  const Sealer sealer = open_sealer(call, *store, path, KeyUse::look);
  const Snapshot snapshot = store->snapshot(deployed_environment(call, *store));
  const std::string& word = call.arguments.words().front();
  const Selection selection = select(snapshot, word);
  if (selection.records.empty()) refuse(snapshot, word);

  Map all;
  std::string text;
  for (const Record* record : selection.records) {
    Value outputs = sealer.from_sealed_json(record->outputs, record->address);
    if (!selection.key.empty()) {
      print_one(call, member(outputs, selection.key, word), format);
      return kDone;
    }
    text += lines_of(record->address, outputs);
    all.append({record->address, {}}, std::move(outputs));
  }
  if (call.arguments.flag("raw")) {
    throw Error(Error::Kind::usage, "usage.raw", "--raw prints one output, and '" + word + "' names several",
                "say which: DEPLOYMENT.TASK.KEY");
  }
  if (format == Format::text) {
    print(call, text);
    return kDone;
  }
  Map answer;
  answer.append({"environment", {}}, snapshot.environment);
  answer.append({"outputs", {}}, std::move(all));
  print(call, format, Value(std::move(answer)));
  return kDone;
}

}  // namespace

CommandRow output_command() {
  return {.name = "output",
          .group = "Look",
          .summary = "what tasks gave back",
          .positionals = {{.name = "DEPLOYMENT[.TASK[.KEY]]", .required = true, .completes = Completes::address}},
          .options = {{.name = "raw", .summary = "one value as it is, without a line end; a secret too"}},
          .function = output};
}

}  // namespace verba
