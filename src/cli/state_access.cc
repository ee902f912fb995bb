// SPDX-License-Identifier: Apache-2.0
#include "cli/state_access.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/number.h"
#include "cli/state_key.h"
#include "manifest/locations/origin.h"
#include "os/process.h"
#include "view/text/state_text.h"

namespace verba {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr Milliseconds kAskAgain{200};
constexpr Milliseconds kKeyLockLimit{10'000};

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::variant<HeldLease, Holder> try_lock(Call& call, Store& store, const std::string& environment,
                                         const std::vector<std::string>& deployments, const std::string& reason) {
  LeaseRequest request{environment, deployments, owner_of(call.system), reason, call.system.now(), lease_length};
  auto answer = store.acquire(request, alive_on(call.system));
  if (auto* holder = std::get_if<Holder>(&answer)) return std::move(*holder);
  return HeldLease(store, std::get<Lease>(std::move(answer)));
}

/// Asks until the lease is ours or `limit` has passed; `told` is called once, when somebody is in the way.
HeldLease wait_for_lock(Call& call, Store& store, const std::string& environment,
                        const std::vector<std::string>& deployments, const std::string& reason, Milliseconds limit,
                        const std::function<void(const Holder&)>& told) {
  const auto until = call.system.steady() + limit;
  for (bool first = true;; first = false) {
    auto answer = try_lock(call, store, environment, deployments, reason);
    if (auto* held = std::get_if<HeldLease>(&answer)) return std::move(*held);
    const Holder& holder = std::get<Holder>(answer);
    if (first && limit.count() > 0) told(holder);
    if (call.system.steady() >= until) {
      throw Error(Error::Kind::locked, "state.locked", holder_text(holder),
                  limit.count() > 0
                      ? "it is still held after " + to_string(limit)
                      : "wait for it with --lock-timeout 5m; a lock whose process has died is taken over by itself");
    }
    Stop never;
    wait_for(call.system, sleep(call.system, kAskAgain, never));
  }
}

/// Two programs may need the first key at the same time: one makes it, under a lock of its own.
std::string make_key(Call& call, Store& store, const std::string& path) {
  const HeldLease only_one =
      wait_for_lock(call, store, "", {"key"}, "making the key", kKeyLockLimit, [](const Holder&) {});
  if (auto key = read_key(call.system, {KeySource::Kind::file, path})) return *key;
  const std::string key = call.system.random_bytes(kKeyBytes);
  const std::string directory = directory_of(path);
  call.system.make_directories(directory, 0700);
  // Neither state nor key belongs into a repository.
  if (directory.ends_with(".verba") && !call.system.kind_of(directory + "/.gitignore")) {
    call.system.write_file(directory + "/.gitignore", "*\n");
  }
  write_key(call.system, path, key);
  return key;
}

/// --state, when it is said: told at once that no state can be there, not when something is first written.
std::optional<std::string> said_state(Call& call) {
  const auto said = call.arguments.text("state");
  if (!said) return std::nullopt;
  const bool file =
      !said->empty() && call.system.kind_of(*said).value_or(DirectoryEntry::Kind::file) == DirectoryEntry::Kind::file;
  if (file) return said;
  throw Error(Error::Kind::usage, "usage.state",
              said->empty() ? "--state names no file" : "--state: '" + *said + "' is no regular file",
              "name a file; it is made when something is deployed: --state .verba/state.db");
}

}  // namespace

std::string state_path(Call& call, const std::vector<Location>& locations) {
  if (const auto said = said_state(call)) return *said;
  // Systems are shared by many projects; state is the project's.
  const std::string& first = locations[std::min(call.arguments.list("system").size(), locations.size() - 1)].text;
  if (is_remote_location(first)) return ".verba/state.db";
  const bool directory = call.system.kind_of(first) == DirectoryEntry::Kind::directory;
  std::string base = directory ? first : directory_of(first);
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  return base == "." ? ".verba/state.db" : base + "/.verba/state.db";
}

std::string state_path(Call& call) {
  if (const auto said = said_state(call)) return *said;
  if (!manifests_are_at_hand(call) && call.system.kind_of(".verba/state.db")) return ".verba/state.db";
  return state_path(call, find_locations(call));
}

Sealer open_sealer(Call& call, Store& store, const std::string& state_path, KeyUse use) {
  const KeySource source = key_source(call.system, state_path);
  std::optional<std::string> key = read_key(call.system, source);
  if (key && source.kind == KeySource::Kind::file) key = settled_key(call.system, store, source.text, *std::move(key));
  if (key) return Sealer(*key);
  const std::string& path = source.text;
  if (!store.environments().empty()) {
    const std::string missing = "the key of this state, '" + path + "', is not there";
    if (use == KeyUse::make) {
      throw Error(Error::Kind::state, "state.key", missing,
                  "put it back. If it is lost, `openssl rand -hex 32 > " + path +
                      "` begins anew: what was sealed stays unreadable");
    }
    say(call, "note: " + missing + ". What is sealed cannot be read without it.");
  }
  if (use == KeyUse::make) return Sealer(make_key(call, store, path));
  return Sealer(call.system.random_bytes(kKeyBytes));
}

std::string deployed_environment(Call& call, Store& store) {
  const auto all = store.environments();
  if (const auto said = call.arguments.text("env")) {
    if (all.empty() || std::ranges::binary_search(all, *said)) return *said;
    const std::vector<std::string_view> names(all.begin(), all.end());
    throw Error(Error::Kind::usage, "usage.unknown-environment",
                fmt::format("nothing is deployed in an environment '{}'", *said),
                did_you_mean(*said, names, fmt::format("something is in {}", fmt::join(all, ", "))));
  }
  if (all.size() == 1) return all.front();
  if (all.empty())
    throw Error(Error::Kind::usage, "usage.nothing-deployed", "nothing is deployed", "`verba apply` does that");
  std::string names;
  for (const auto& name : all) names += (names.empty() ? "" : ", ") + name;
  throw Error(Error::Kind::usage, "usage.which-environment", "there are several environments: say which one",
              "-e with one of: " + names);
}

Run find_run(Call& call, Store& store, const std::string& word) {
  if (word == "last") {
    const auto runs = store.runs(call.arguments.text("env").value_or(""), 1);
    if (!runs.empty()) return runs.front();
    throw Error(Error::Kind::usage, "usage.unknown-run", "nothing has been run yet");
  }
  const auto id = number_in<RunId>(word);
  if (const auto run = id ? store.run(*id) : std::nullopt) return *run;
  throw Error(Error::Kind::usage, "usage.unknown-run", "there is no run '" + word + "'", "`verba history` lists them");
}

Owner owner_of(System& system) {
  Owner owner;
  for (const auto name : {"USER", "LOGNAME"}) {
    if (const auto user = system.variable(name); user && owner.user.empty()) owner.user = *user;
  }
  if (const passwd* entry = owner.user.empty() ? ::getpwuid(::getuid()) : nullptr) owner.user = entry->pw_name;
  if (owner.user.empty()) owner.user = "unknown";
  owner.host = system.host();
  owner.boot_id = system.boot_id();
  owner.process = system.process();
  owner.process_start = system.process_start(owner.process).value_or(0);
  return owner;
}

IsAlive alive_on(System& system) {
  return [&system](const Owner& owner) {
    if (owner.host != system.host()) return true;
    if (owner.boot_id != system.boot_id()) return false;
    return system.process_start(owner.process) == std::optional(owner.process_start);
  };
}

HeldLease& HeldLease::operator=(HeldLease&& other) noexcept {
  if (this != &other) {
    release();
    store_ = std::exchange(other.store_, nullptr);
    lease_ = std::move(other.lease_);
  }
  return *this;
}

HeldLease::~HeldLease() {
  release();
}

void HeldLease::release() noexcept {
  if (store_ == nullptr) return;
  try {
    store_->release(lease_);
  } catch (const Error&) {
    // It expires by itself, and a later program sees that we are gone.
  }
  store_ = nullptr;
}

HeldLease lock(Call& call, Store& store, const std::string& environment, const std::vector<std::string>& deployments,
               const std::string& reason) {
  const Milliseconds limit = call.arguments.duration("lock-timeout").value_or(Milliseconds(0));
  return wait_for_lock(call, store, environment, deployments, reason, limit,
                       [&](const Holder& holder) { say(call, "Waiting: " + holder_text(holder)); });
}

void end_dead_runs(Call& call, Store& store, const std::string& environment) {
  for (const Holder& holder : store.leases(environment)) {
    const LeaseRequest request{
        environment, {holder.deployment}, owner_of(call.system), "tidying up", call.system.now()};
    const auto acquired = store.acquire(request, alive_on(call.system));
    if (const Lease* lease = std::get_if<Lease>(&acquired)) store.release(*lease);
  }
}

std::optional<std::string> ask(Call& call, Store& store, const HeldLease& held, const std::string& question) {
  const auto keep_lease = [&] { store.renew(held.lease(), call.system.now(), lease_length); };
  call.console.err(question);
  auto answer = call.console.read_line(keep_lease);
  if (!answer) say(call, "");
  keep_lease();
  return answer;
}

}  // namespace verba
