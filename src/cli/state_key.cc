// SPDX-License-Identifier: Apache-2.0
#include "cli/state_key.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/number.h"
#include "os/process.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr Milliseconds kCommandLimit{60'000};
constexpr std::string_view kVariable = "VERBA_STATE_KEY";
constexpr std::string_view kCommandVariable = "VERBA_STATE_KEY_COMMAND";
constexpr std::string_view kFileVariable = "VERBA_STATE_KEY_FILE";
constexpr std::string_view kRekeyed = "state.rekeyed";

std::optional<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  constexpr std::string_view blanks = " \t\r\n";
  while (!text.empty() && blanks.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  while (!text.empty() && blanks.find(text.front()) != std::string_view::npos) text.remove_prefix(1);
  if (text.size() != 2 * kKeyBytes) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    if (digit(text[i]) < 0 || digit(text[i + 1]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i]) * 16 + digit(text[i + 1]));
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

Error cannot_get(const std::string& why, const std::string& hint) {
  return {Error::Kind::state, "state.key", why, hint};
}

std::vector<std::string> argv_of(const std::string& line) {
  if (line.find_first_of("|&;<>()$`\\\"'*?[]#~=%!{}\n") != std::string::npos) return {"sh", "-c", line};
  std::vector<std::string> argv;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string::npos;) {
    const std::size_t end = line.find_first_of(" \t", at);
    argv.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return argv;
}

/// What the command prints; what it says on standard error goes into the hint.
std::string ask_command(System& system, const std::string& line) {
  Stop never;
  std::string complaint;
  RunOptions options;
  options.timeout = kCommandLimit;
  options.capture_bytes = 4096;
  options.sink = [&complaint](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && complaint.size() < 2000) complaint += bytes;
  };
  Command command{argv_of(line), operators_environment(system), "", ""};
  if (command.argv.empty()) throw cannot_get("VERBA_STATE_KEY_COMMAND names no command", "");
  const Finished finished = wait_for(system, run(system, std::move(command), never, options));
  while (complaint.ends_with('\n')) complaint.pop_back();
  if (finished.why == Ended::timeout) {
    throw cannot_get("VERBA_STATE_KEY_COMMAND took longer than " + to_string(kCommandLimit), complaint);
  }
  if (!finished.status.success()) {
    throw cannot_get(fmt::format("VERBA_STATE_KEY_COMMAND ended with exit code {}", finished.status.code), complaint);
  }
  return finished.output;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Of the file which System::write_file writes before it takes the place of `of`: NAME.PROCESS-NUMBER.tmp.
std::optional<std::int64_t> writer_of(std::string_view name, const std::string& of) {
  if (!name.starts_with(of + ".") || !name.ends_with(".tmp")) return std::nullopt;
  name.remove_prefix(of.size() + 1);
  name.remove_suffix(std::string_view(".tmp").size());
  const auto dash = name.find('-');
  if (dash == std::string_view::npos || !number_in<std::int64_t>(name.substr(dash + 1))) return std::nullopt;
  return number_in<std::int64_t>(name.substr(0, dash));
}

}  // namespace

KeySource key_source(System& system, const std::string& state_path) {
  const auto said = [&](std::string_view name) { return system.variable(std::string(name)).value_or(""); };
  if (!said(kVariable).empty()) return {KeySource::Kind::variable, ""};
  if (std::string line = said(kCommandVariable); !line.empty()) return {KeySource::Kind::command, std::move(line)};
  if (std::string path = said(kFileVariable); !path.empty()) return {KeySource::Kind::file, std::move(path)};
  return {KeySource::Kind::file, directory_of(state_path) + "/key"};
}

std::string to_string(const KeySource& source) {
  switch (source.kind) {
    case KeySource::Kind::variable:
      return std::string(kVariable);
    case KeySource::Kind::command:
      return std::string(kCommandVariable);
    case KeySource::Kind::file:
      break;
  }
  return "'" + source.text + "'";
}

std::optional<std::string> read_key(System& system, const KeySource& source) {
  std::optional<std::string> text;
  if (source.kind == KeySource::Kind::variable) text = system.variable(std::string(kVariable));
  if (source.kind == KeySource::Kind::command) text = ask_command(system, source.text);
  if (source.kind == KeySource::Kind::file) text = system.read_file(source.text);
  if (!text) return std::nullopt;
  std::optional<std::string> key = from_hex(*text);
  if (key) return key;
  if (source.kind == KeySource::Kind::file) {
    throw cannot_get("'" + source.text + "' is no key: it should hold 64 hexadecimal digits",
                     "put the right file back; what was sealed with it cannot be read without it");
  }
  throw cannot_get("what " + to_string(source) + " gives is no key: it should be 64 hexadecimal digits",
                   "`openssl rand -hex 32` makes one for a new state");
}

void write_key(System& system, const std::string& path, std::string_view key) {
  system.write_file(path, hex(key) + "\n", 0600);
}

bool is_key_variable(std::string_view name) {
  return name == kVariable || name == kCommandVariable || name == kFileVariable;
}

std::string key_id(const Sealer& sealer) {
  return keyed_digest(sealer.digest_key(), "key id").hex().substr(0, 16);
}

std::string current_key_id(Store& store) {
  constexpr std::size_t page = 1000;
  std::string id;
  std::int64_t last = 0;
  for (std::vector<StoredEvent> events; last == 0 || events.size() == page;) {
    events = store.events(last, page);
    for (const StoredEvent& event : events) {
      last = event.id;
      if (event.type != kRekeyed) continue;
      std::string why;
      const std::optional<Value> detail = parse_json(event.detail, why);
      const Value* key = detail ? detail->find("key") : nullptr;
      if (key != nullptr && key->is_string()) id = key->string();
    }
    if (events.empty()) break;
  }
  return id;
}

void require_current_key(Store& store, const Sealer& sealer) {
  const std::string id = current_key_id(store);
  if (id.empty() || id == key_id(sealer)) return;
  throw Error(Error::Kind::state, "state.rekeyed", "this state was given another key by `verba state rekey`",
              "use the new key; if it was changed just now, run the command again");
}

std::string coming_key_path(const std::string& path) {
  return path + ".new";
}

void remove_unfinished_keys(System& system, const std::string& path) {
  const std::string directory = directory_of(path);
  const std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  for (const DirectoryEntry& entry : system.list_directory(directory).value_or(std::vector<DirectoryEntry>())) {
    for (const std::string& of : {name, coming_key_path(name)}) {
      const auto writer = writer_of(entry.name, of);
      if (writer && !system.process_start(*writer)) system.remove(directory + "/" + entry.name);
    }
  }
}

std::string settled_key(System& system, Store& store, const std::string& path, std::string key) {
  std::optional<std::string> coming = read_key(system, {KeySource::Kind::file, coming_key_path(path)});
  if (coming && current_key_id(store) == key_id(Sealer(*coming))) return *std::move(coming);
  return key;
}

}  // namespace verba
