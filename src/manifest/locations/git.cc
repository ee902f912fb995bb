// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/git.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

#include "manifest/locations/git_ssh.h"

namespace verba {
namespace {

constexpr std::size_t answer_bytes = std::size_t{256} << 20;
constexpr std::size_t complaint_bytes = std::size_t{64} << 10;
constexpr std::size_t complaint_shown = 400;
constexpr int lock_failed = 75;
constexpr std::string_view largest_file_bytes = "8589934592";  // a pack has no end where the other side wills it

/// What the operator's environment may not say to our git: other repositories, traces with credentials in them.
bool is_of_another_repository(std::string_view name) {
  static constexpr std::array<std::string_view, 16> others = {
      "GIT_DIR",          "GIT_WORK_TREE",          "GIT_INDEX_FILE",
      "GIT_COMMON_DIR",   "GIT_NAMESPACE",          "GIT_OBJECT_DIRECTORY",
      "GIT_PREFIX",       "GIT_SHALLOW_FILE",       "GIT_ALTERNATE_OBJECT_DIRECTORIES",
      "GIT_GRAFT_FILE",   "GIT_REPLACE_REF_BASE",   "GIT_NO_REPLACE_OBJECTS",
      "GIT_CURL_VERBOSE", "GIT_IMPLICIT_WORK_TREE", "GIT_EXEC_PATH",
      "GIT_CONFIG"};
  return name.starts_with("GIT_TRACE") || std::ranges::find(others, name) != others.end();
}

void set(Variables& variables, const std::string& name, std::string value) {
  const auto found = std::ranges::find(variables, name, &std::pair<std::string, std::string>::first);
  if (found != variables.end()) {
    found->second = std::move(value);
  } else {
    variables.emplace_back(name, std::move(value));
  }
}

/// "https://host" of an address: what its credentials are for.
std::string site_of(const std::string& address) {
  return address.substr(0, address.find('/', address.find("://") + 3));
}

/// Each in quotes, as a path may have a colon in it.
std::string in_one_list(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) {
    list += list.empty() ? "\"" : ":\"";
    for (const char c : path) {
      if (c == '"' || c == '\\') list += '\\';
      list += c;
    }
    list += '"';
  }
  return list;
}

Variables environment_of(System& system, const Origin& origin, const GitCall& call) {
  Variables all;
  for (auto& variable : operators_environment(system)) {
    if (!is_of_another_repository(variable.first)) all.push_back(std::move(variable));
  }
  set(all, "LC_ALL", "C");
  set(all, "GIT_TERMINAL_PROMPT", "0");
  // What is asked for in secret is not got in the clear, wherever the server sends us on to.
  set(all, "GIT_ALLOW_PROTOCOL", origin.address.starts_with("https:") ? "https:ssh" : "https:http:ssh:git:file");
  set(all, "GIT_LFS_SKIP_SMUDGE", "1");
  set(all, "GIT_NO_LAZY_FETCH", "1");
  if (!call.index.empty()) set(all, "GIT_INDEX_FILE", call.index);
  if (!call.objects.empty()) set(all, "GIT_ALTERNATE_OBJECT_DIRECTORIES", in_one_list(call.objects));
  if (!origin.ssh_key.empty()) {
    const std::string ssh = system.variable("GIT_SSH_COMMAND").value_or("ssh");
    set(all, "GIT_SSH_VARIANT", "ssh");
    set(all, "GIT_SSH_COMMAND", ssh + " -o IdentitiesOnly=yes -i " + quoted(origin.ssh_key));
  }
  if (!origin.user.empty() || !origin.password.empty()) {
    set(all, "VERBA_GIT_USER", origin.user);
    set(all, "VERBA_GIT_PASSWORD", origin.password);
  }
  return all;
}

std::vector<std::string> settings_of(const Origin& origin) {
  std::vector<std::string> all = {"core.hooksPath=/dev/null",
                                  "core.fsmonitor=false",
                                  "core.bare=false",
                                  "core.autocrlf=false",
                                  "core.safecrlf=false",
                                  "core.symlinks=true",
                                  "core.protectHFS=true",
                                  "core.protectNTFS=true",
                                  "core.attributesFile=/dev/null",
                                  "protocol.ext.allow=never",
                                  "submodule.recurse=false",
                                  "fetch.recurseSubmodules=false",
                                  "fetch.fsckObjects=true",
                                  "fetch.fsck.zeroPaddedFilemode=ignore",
                                  "fetch.writeCommitGraph=false",
                                  "gc.auto=0",
                                  "maintenance.auto=false",
                                  "credential.interactive=false",
                                  "http.lowSpeedLimit=1000",
                                  "http.lowSpeedTime=30"};
  if (!origin.verify_tls) all.emplace_back("http.sslVerify=false");
  if (!origin.user.empty() || !origin.password.empty()) {
    // For this site alone: not for where it may send us on to.
    const std::string helper = "credential." + site_of(origin.address) + ".helper=";
    all.push_back(helper);
    all.push_back(helper +
                  "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$VERBA_GIT_USER\" "
                  "\"$VERBA_GIT_PASSWORD\"; }; f");
  }
  return all;
}

Command command_of(System& system, const Origin& origin, const GitCall& call) {
  Command command;
  if (!call.lock.empty()) {
    command.argv = {"flock",
                    "--no-fork",
                    "--exclusive",
                    "--timeout",
                    "600",
                    "--conflict-exit-code",
                    std::to_string(lock_failed),
                    call.lock,
                    "prlimit",
                    fmt::format("--fsize={}", largest_file_bytes)};
  }
  command.argv.emplace_back("git");
  for (std::string& setting : settings_of(origin)) {
    command.argv.emplace_back("-c");
    command.argv.push_back(std::move(setting));
  }
  if (!call.repository.empty()) command.argv.push_back("--git-dir=" + call.repository);
  if (!call.tree.empty()) command.argv.push_back("--work-tree=" + call.tree);
  command.argv.insert(command.argv.end(), call.arguments.begin(), call.arguments.end());
  command.environment = environment_of(system, origin, call);
  command.input = call.input;
  return command;
}

/// What git's words come to, by what stands in them.
struct Meaning {
  std::string_view words;
  std::string_view hint;
  bool unreachable = false;
};

constexpr std::string_view refused_credentials = "Authentication failed";

const Meaning& meaning_of(std::string_view complaint) {
  static constexpr std::string_view network =
      "check the address and the network; --offline uses what was fetched before";
  static constexpr std::string_view address = "check the address, and whether you may read it";
  static constexpr std::array<Meaning, 25> all = {{
      {"could not read Username", "it wants credentials: set up a credential helper of git, or use SSH"},
      {"could not read Password", "it wants a password: set up a credential helper of git, or use SSH"},
      {refused_credentials, "the credentials were refused: look at the credential helper of git"},
      {"Permission denied", "it was not let in: load the key into ssh-agent, or name it in your ssh configuration"},
      {"Protocol \"http\" not", "it leads from https to http: name the address that it leads to in the end"},
      {"does not match target host", "the certificate is for another name: use the name that it is for"},
      {"certificate",
       "the server's certificate is not trusted here: add its CA to this machine, or name it by GIT_SSL_CAINFO"},
      {"'lfs' is not a git command", "install git-lfs"},
      {"dubious ownership", "say `git config --global --add safe.directory DIRECTORY` if you trust it"},
      {"not our ref", "there is no such commit there"},
      {"Could not resolve", "check the host's name and the network; --offline uses what was fetched before", true},
      {"returned error: 5", "the server is in trouble: run it again later; --offline uses what was fetched before",
       true},
      {"HTTP 5", "the server is in trouble: run it again later; --offline uses what was fetched before",
       true},  // git-lfs
      {"dial tcp", network, true},
      {"returned error: 429", "the server was asked too much: run it again later", true},
      {"returned error: 4", address},
      {"unable to access", network, true},
      {"Connection", network, true},
      {"unable to connect", network, true},
      {"No route to host", network, true},
      {"Network is unreachable", network, true},
      {"signal 25", "it is larger than 8 GiB; keep manifests in a repository of their own"},
      {"fsck", "the repository holds what git takes for dangerous or broken; have it repaired"},
      {"not found", "check the address, and whether you may read it"},
      {"", address},
  }};
  return *std::ranges::find_if(
      all, [&](const Meaning& each) { return complaint.find(each.words) != std::string_view::npos; });
}

/// The reason, where a line ends with a colon: it is at the end of the next one.
std::string reason_in(std::string_view rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  const auto number = line.rfind("errno=");
  return std::string(number == std::string_view::npos ? line : line.substr(number + 6));
}

/// The line that says most, without a stop at its end: the first that git calls fatal or an error, or what came before
/// when that says nothing; else the last one.
std::string essence_of(const std::string& complaint) {
  std::string last;
  for (std::size_t begin = 0; begin < complaint.size();) {
    const std::size_t end = std::min(complaint.find('\n', begin), complaint.size());
    std::string line = complaint.substr(begin, end - begin);
    while (line.ends_with('\r') || line.ends_with('.')) line.pop_back();
    begin = end + 1;
    if (line.empty() || line.starts_with("Errors logged to") || line.starts_with("Use `git lfs logs")) continue;
    for (const std::string_view word : {"fatal: ", "error: "}) {
      if (!line.starts_with(word)) continue;
      const bool empty = line.ends_with("Could not read from remote repository") ||
                         line.find("failed to fetch some objects from") != std::string::npos;
      if (empty && !last.empty()) return last;
      line.erase(0, word.size());
      return line.ends_with(':') && begin < complaint.size() ? line + " " + reason_in(complaint.substr(begin)) : line;
    }
    last = std::move(line);
  }
  return last;
}

std::string masked(std::string text, const std::string& secret) {
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
  return text;
}

[[noreturn]] void fail(const Origin& origin, const Finished& finished, const std::string& complaint,
                       const std::optional<BadLocation>& ssh) {
  const std::string& where = origin.address;
  if (finished.why == Ended::timeout) {
    throw_unreachable(fmt::format("git took too long with '{}'", where),
                      "check the network; --offline uses what was fetched before");
  }
  if (finished.output_cut) {
    throw_location(fmt::format("'{}' holds too many files", where), "keep manifests in a repository of their own");
  }
  if (finished.status.code == lock_failed) {
    throw_unreachable(fmt::format("another process fetches '{}' and does not come to an end", where),
                      "run it again later");
  }
  std::string words = masked(masked(without_credentials(essence_of(complaint)), origin.password), origin.user);
  if (words.size() > complaint_shown) words = words.substr(0, complaint_shown) + "...";
  if (words.empty()) words = fmt::format("exit code {}", finished.status.code);
  if (ssh && !ssh->message.empty()) words = ssh->message;
  const Meaning& meaning = meaning_of(complaint);
  const std::string message = fmt::format("git cannot fetch '{}': {}", where, words);
  if (ssh) throw_location(message, ssh->hint);
  if (meaning.unreachable) throw_unreachable(message, std::string(meaning.hint));
  const bool by_location = !origin.password.empty() && meaning.words == refused_credentials;
  throw_location(message,
                 by_location ? "the user and password in the location were refused" : std::string(meaning.hint));
}

}  // namespace

Async<GitAnswer> run_git(System& system, Origin origin, GitCall call) {
  std::string complaint;
  RunOptions options;
  options.timeout = call.limit;
  options.capture_bytes = answer_bytes;
  options.sink = [&complaint](Stream stream, std::string_view bytes) {
    if (stream == Stream::error)
      complaint += bytes.substr(0, complaint_bytes - std::min(complaint_bytes, complaint.size()));
  };
  Stop never;
  Command command = command_of(system, origin, call);
  Async<Finished> work = run(system, std::move(command), never, std::move(options));
  Finished finished = co_await work;
  const bool fine = finished.why == Ended::itself && finished.status.signal == 0 && !finished.output_cut &&
                    std::ranges::find(call.fine, finished.status.code) != call.fine.end();
  if (!fine) {
    Async<std::optional<BadLocation>> looking = ssh_trouble(system, origin, complaint);
    const std::optional<BadLocation> ssh = co_await looking;
    fail(origin, finished, complaint, ssh);
  }
  GitAnswer answer{finished.status.code, std::move(finished.output)};
  co_return answer;
}

}  // namespace verba
