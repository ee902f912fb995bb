// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/connections.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <list>
#include <vector>

#include "base/error.h"
#include "os/posix/files.h"
#include "os/ssh/carried_client.h"
#include "os/ssh/words.h"

namespace verba {
namespace {

constexpr Milliseconds connect_limit{60'000};
constexpr Milliseconds close_limit{3'000};
constexpr std::string_view directory_prefix = "verba-ssh-";
/// A socket has about 108 bytes for its path, of which ssh takes some for a temporary name.
constexpr std::size_t longest_base = 48;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// ssh puts things in the place of %.
std::string without_percent(std::string_view path) {
  std::string text;
  for (const char c : path) text.append(c == '%' ? 2 : 1, c);
  return text;
}

/// ssh over a socket: never a connection of its own. Without the master there is no way: ssh would else open one, and
/// ask for passwords.
std::vector<std::string> over(const std::string& socket, std::vector<std::string> more) {
  std::vector<std::string> argv = {
      "ssh",           "-F", "/dev/null",      "-S", socket, "-o", "ControlMaster=no", "-o", "ProxyCommand=false", "-o",
      "BatchMode=yes", "-o", "LogLevel=ERROR", "-T"};
  std::ranges::move(more, std::back_inserter(argv));
  return argv;
}

/// Ids of processes mean something to one namespace of the kernel: containers may share a directory.
std::string process_world() {
  struct stat status {};
  return fmt::format("{:04x}", ::stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino & 0xffff : 0);
}

/// Of runs that were killed, by their names. What others may have put there is none of ours.
std::vector<std::string> leftovers(System& system, const std::string& base) {
  std::vector<std::string> paths;
  const std::string here = fmt::format("-{}-", process_world());
  const auto entries = system.list_directory(base);
  for (const DirectoryEntry& entry : entries.value_or(std::vector<DirectoryEntry>())) {
    if (!entry.name.starts_with(directory_prefix)) continue;
    const char* const end = entry.name.data() + entry.name.size();
    std::int64_t process = 0;
    std::int64_t began = 0;
    const auto first = std::from_chars(entry.name.data() + directory_prefix.size(), end, process);
    if (first.ec != std::errc() || first.ptr == end) continue;
    const auto second = std::from_chars(first.ptr + 1, end, began);
    if (second.ec != std::errc() || !std::string_view(second.ptr, end).starts_with(here)) continue;
    if (system.process_start(process) == began) continue;
    std::string path = base + "/" + entry.name;
    if (posix::is_own(path)) paths.push_back(std::move(path));
  }
  return paths;
}

/// A line of ssh's, without the place that it says first, where that is the host itself.
std::string without_place(const std::string& line, const std::string& host) {
  const std::string place = fmt::format("ssh: connect to host {} port ", host);
  const auto colon = line.find(": ", place.size());
  return line.starts_with(place) && colon != std::string::npos ? line.substr(colon + 2) : line;
}

}  // namespace

struct SshConnections::Connection {
  explicit Connection(System& world) : system(world) {}
  ~Connection() {
    if (waking) system.cancel(*waking);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void wake();

  System& system;
  std::shared_ptr<const SshTarget> target;
  std::string path;  ///< of the socket; other files are named after it
  bool opened = false;
  bool opening = false;
  std::exception_ptr failure = {};
  std::list<std::function<void()>> waiting = {};
  std::optional<TimerId> waking = {};
  Background work = {};

  /// Awaiting it ends when the opening has ended, or when stop is requested.
  class Opened {
   public:
    Opened(Connection& connection, Stop& stop) : connection_(connection) {
      place_ = connection.waiting.insert(connection.waiting.end(), [this] { end(); });
      watch_ = std::make_unique<Stop::Watch>(stop, [this] { end(); });
    }
    ~Opened() { leave(); }
    Opened(const Opened&) = delete;
    Opened& operator=(const Opened&) = delete;
    bool await_ready() const noexcept { return ended_; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { resume_ = waiting; }
    void await_resume() const noexcept {}

   private:
    void end() {
      if (ended_) return;
      ended_ = true;
      leave();
      if (resume_) std::exchange(resume_, {}).resume();  // may destroy this
    }
    void leave() {
      if (!listed_) return;
      listed_ = false;
      connection_.waiting.erase(place_);
    }
    Connection& connection_;
    std::list<std::function<void()>>::iterator place_;
    std::unique_ptr<Stop::Watch> watch_;
    std::coroutine_handle<> resume_;
    bool ended_ = false;
    bool listed_ = true;
  };
};

/// Those that wait take themselves off the list. One of them may open it anew; the others then wait on.
void SshConnections::Connection::wake() {
  waking.reset();
  while (!waiting.empty() && !opening) {
    const std::function<void()> first = waiting.front();
    first();
  }
}

SshConnections::SshConnections(System& system) : system_(system) {}

SshConnections::~SshConnections() {
  close();
}

/// Never throws: who closes is done, or has a trouble of its own.
void SshConnections::close() noexcept {
  try {
    closing_.request();
    std::vector<Background> under_way;
    std::size_t left = 0;
    Stop never;
    for (auto& [identity, connection] : all_) {
      connection->work = {};
      if (!connection->opened || !is_there(*connection)) continue;
      ++left;
      under_way.push_back(start<Said>(ask_ssh(system_, over(connection->path, {"-O", "exit", "verba"}),
                                              operators_environment(system_), never, close_limit),
                                      [&left](const Result<Said>&) { --left; }));
    }
    while (left > 0) system_.poll();
    if (!directory_.empty()) system_.remove(directory_);
  } catch (...) {
    return;  // a master that does not hear us ends by itself
  }
}

std::vector<std::string> SshConnections::session(const std::string& socket, std::string line) const {
  std::vector<std::string> argv = over(socket, {"--", "verba", std::move(line)});
  if (!client_.empty()) argv.insert(argv.begin(), client_);
  return argv;
}

bool SshConnections::is_there(const Connection& connection) const {
  return system_.kind_of(connection.path).has_value();
}

/// Made when it is first needed: private, and with a name that says whose it is and that nobody can have taken before.
const std::string& SshConnections::directory() {
  if (!directory_.empty()) return directory_;
  std::string base = system_.variable("XDG_RUNTIME_DIR").value_or("");
  const bool fits = base.starts_with('/') && base.size() <= longest_base && base.find('%') == std::string::npos &&
                    system_.kind_of(base) == DirectoryEntry::Kind::directory;
  if (!fits) base = "/tmp";
  const std::int64_t process = system_.process();
  std::string path =
      fmt::format("{}/{}{}-{}-{}-{}", base, directory_prefix, process, system_.process_start(process).value_or(0),
                  process_world(), hex(system_.random_bytes(5)));
  system_.make_directories(path, 0700);
  directory_ = path;
  remove_leftovers(base);
  write_client();
  return directory_;
}

/// Where no program may be executed, ssh itself does what it does.
void SshConnections::write_client() {
  const std::string path = directory_ + "/session";
  system_.write_file(path, carried_client(), 0700);
  try {
    Stop never;
    wait_for(system_, ask_ssh(system_, {path}, operators_environment(system_), never, close_limit));
    client_ = path;
  } catch (const Error&) {
    client_.clear();
  }
}

/// A master of theirs may still serve a script that works to its end: it is told to begin nothing new, and ends with
/// the last one.
void SshConnections::remove_leftovers(const std::string& base) {
  std::vector<Background> under_way;
  std::size_t left = 0;
  Stop never;
  const std::vector<std::string> paths = leftovers(system_, base);
  for (const std::string& path : paths) {
    for (const DirectoryEntry& file : system_.list_directory(path).value_or(std::vector<DirectoryEntry>())) {
      if (file.kind != DirectoryEntry::Kind::other) continue;
      ++left;
      under_way.push_back(start<Said>(ask_ssh(system_, over(path + "/" + file.name, {"-O", "stop", "verba"}),
                                              operators_environment(system_), never, close_limit),
                                      [&left](const Result<Said>&) { --left; }));
    }
  }
  while (left > 0) system_.poll();
  for (const std::string& path : paths) {
    try {
      system_.remove(path);
    } catch (const Error&) {
      continue;  // another time
    }
  }
}

Async<std::string> SshConnections::socket(std::shared_ptr<const SshTarget> target, Stop& stop) {
  auto& known = all_[identity_of(*target)];
  if (!known) {
    known = std::make_unique<Connection>(system_);
    known->target = target;
    known->path = fmt::format("{}/{}", directory(), all_.size());
  }
  Connection& connection = *known;
  if (connection.opened && !is_there(connection)) connection.opened = false;  // it has ended: a new one
  if (!connection.opened && !connection.opening) {
    connection.opening = true;
    connection.failure = {};
    connection.work = start<std::string>(connect(connection), [&connection](Result<std::string> result) {
      connection.opening = false;
      connection.opened = result.index() == 0;
      if (result.index() == 1) connection.failure = std::get<1>(result);
      // Later, so that whoever is woken may open it anew.
      connection.waking = connection.system.after(Milliseconds(0), [&connection] { connection.wake(); });
    });
  }
  if (connection.opening) {
    Connection::Opened opened(connection, stop);
    co_await opened;
  }
  if (stop.requested() && !connection.opened) {
    throw Error(Error::Kind::system, "ssh.stopped", fmt::format("stopped while it connected to {}", target->name));
  }
  if (connection.failure) std::rethrow_exception(connection.failure);
  co_return connection.path;
}

std::vector<std::string> SshConnections::options_of(const Connection& connection, const std::string& jump_socket) {
  const SshTarget& target = *connection.target;
  const bool asks = !target.secret.empty();
  std::vector<std::string> options = {asks ? "BatchMode=no" : "BatchMode=yes",
                                      "StrictHostKeyChecking=yes",
                                      "UpdateHostKeys=no",
                                      "ConnectTimeout=15",
                                      "ServerAliveInterval=10",
                                      "ServerAliveCountMax=3",
                                      "NumberOfPasswordPrompts=1",
                                      "ClearAllForwardings=yes",
                                      "ForwardAgent=no",
                                      "ForwardX11=no",
                                      "PermitLocalCommand=no",
                                      "RemoteCommand=none",
                                      "RequestTTY=no",
                                      "LogLevel=ERROR"};
  const auto add = [&](const std::string& name, const std::string& value) { options.push_back(name + "=" + value); };
  if (target.port != 0) add("Port", std::to_string(target.port));
  if (!target.user.empty()) add("User", target.user);
  if (target.login == SshTarget::Login::key) {
    add("IdentityFile", fmt::format("\"{}\"", without_percent(target.key_file)));
    add("IdentitiesOnly", "yes");
    add("PreferredAuthentications", "publickey");
  } else if (target.login == SshTarget::Login::password) {
    add("PreferredAuthentications", "password,keyboard-interactive");
    add("PubkeyAuthentication", "no");
  }
  if (!target.host_key.empty()) {
    add("UserKnownHostsFile", connection.path + ".hosts");
    add("GlobalKnownHostsFile", "/dev/null");
    add("HostKeyAlias", "verba-pinned");
  }
  if (!jump_socket.empty()) {
    std::string command;
    for (const std::string& word : over(jump_socket, {"-W", "[%h]:%p", "verba"})) {
      command += (command.empty() ? "" : " ") + (word.find('%') == std::string::npos ? quoted(word) : word);
    }
    add("ProxyCommand", command);
  }
  return options;
}

/// What ssh reads besides its command line.
void SshConnections::write_helpers(const Connection& connection) {
  const SshTarget& target = *connection.target;
  if (!target.host_key.empty()) {
    system_.write_file(connection.path + ".hosts", "verba-pinned " + target.host_key + "\n", 0600);
  }
  if (target.secret.empty()) return;
  system_.write_file(connection.path + ".secret", target.secret + "\n", 0600);
  // It answers what it is for, and nothing else that ssh or a server may ask.
  const std::string question = target.login == SshTarget::Login::key ? "*assphrase*" : "*assword*";
  system_.write_file(connection.path + ".askpass",
                     fmt::format("#!/bin/sh\ncase \"$1\" in {}) exec cat -- {};; esac\nexit 1\n", question,
                                 quoted(connection.path + ".secret")),
                     0700);
}

void SshConnections::remove_secret(const Connection& connection) {
  if (connection.target->secret.empty()) return;
  system_.remove(connection.path + ".secret");
  system_.remove(connection.path + ".askpass");
}

Async<std::string> SshConnections::connect(Connection& connection) {
  const SshTarget& target = *connection.target;
  std::string jump;
  if (target.jump) {
    Async<std::string> way = socket(target.jump, closing_);
    jump = co_await way;
  }
  if (target.login == SshTarget::Login::key && !has_ssh_key(system_, target.key_file)) {
    throw Error(
        Error::Kind::system, "ssh.connect",
        fmt::format("cannot connect to {} ({}): there is no key '{}'", target.name, place_of(target), target.key_file),
        "`privateKeyPath` starts at the directory of its manifest");
  }
  write_helpers(connection);
  const std::vector<std::string> options = options_of(connection, jump);
  std::vector<std::string> argv = {"ssh", "-f", "-N", "-M", "-T", "-S", connection.path, "-o", "ControlPersist=300"};
  for (const std::string& option : options) argv.insert(argv.end(), {"-o", option});
  argv.insert(argv.end(), {"--", target.host});
  Variables environment = operators_environment(system_);
  if (!target.secret.empty()) {
    answer_by(environment, connection.path + ".askpass");
    // Should we be killed while it connects, somebody has to remove the secret: this shell is told by TERM, and has
    // nobody left to complain to.
    constexpr std::string_view around =
        R"(trap 'kill $p' TERM; trap '' PIPE; "$@" & p=$!; wait $p; c=$?; trap '' TERM; )"
        R"(rm -f -- "$0.secret" "$0.askpass"; exit $c)";
    argv.insert(argv.begin(), {"sh", "-c", std::string(around), connection.path});
  }
  Async<Said> opening = ask_ssh(system_, std::move(argv), std::move(environment), closing_, connect_limit);
  const Said said = co_await opening;
  remove_secret(connection);
  if (said.finished.why == Ended::itself && said.finished.status.success()) co_return connection.path;
  std::string complaint = said.errors;
  if (said.finished.why == Ended::timeout) complaint = "it took longer than " + to_string(connect_limit);
  Async<std::string> telling = explained(connection, options, complaint);
  std::string never = co_await telling;
  co_return never;
}

/// Throws what there is to say about a connection that could not be made.
Async<std::string> SshConnections::explained(Connection& connection, std::vector<std::string> options,
                                             std::string complaint) {
  const SshTarget& target = *connection.target;
  const std::string whom = fmt::format("{} ({})", target.name, place_of(target));
  const SshTrouble trouble = trouble_of(complaint);
  if (trouble != SshTrouble::unknown_host && trouble != SshTrouble::changed_host) {
    const std::vector<std::string> lines = lines_of(complaint);
    std::string hint = lines.size() > 1 ? lines.front() : std::string();
    const bool is_key = target.login == SshTarget::Login::key;
    if (is_key && trouble == SshTrouble::open_key) hint = about_open_key(target.key_file);
    if (is_key && trouble == SshTrouble::denied) {
      write_helpers(connection);
      const std::string askpass = target.secret.empty() ? "" : connection.path + ".askpass";
      Async<std::string> looking = about_key(system_, {target.key_file, askpass, "say it in `passphrase`"}, closing_);
      hint = co_await looking;
      remove_secret(connection);
    }
    throw Error(Error::Kind::system, "ssh.connect",
                fmt::format("cannot connect to {}: {}", whom,
                            lines.empty() ? "ssh failed" : without_place(lines.back(), target.host)),
                hint);
  }
  Async<std::string> look = offered(connection, std::move(options));
  const std::string shown = co_await look;
  const bool is_pinned = !target.host_key.empty();
  const bool is_another = trouble == SshTrouble::changed_host || is_pinned;
  const std::string what = is_pinned    ? "not the one in `hostKey`"
                           : is_another ? "not the one in known_hosts"
                                        : "not known";
  throw Error(Error::Kind::system, "ssh.host-key", fmt::format("the host key of {} is {}", whom, what),
              about_host_key(trouble, shown, is_pinned));
}

/// The key that the host shows, and where to write it; seen over the same way as everything else.
Async<std::string> SshConnections::offered(Connection& connection, std::vector<std::string> options) {
  Async<OfferedKey> looking =
      offered_key(system_, std::move(options), connection.target->host, connection.path + ".offered", closing_);
  const OfferedKey key = co_await looking;
  if (key.line.empty()) co_return std::string("none that could be read");
  if (!connection.target->host_key.empty()) {
    co_return fmt::format("{}; if that is its key now, write `hostKey: {}` in the account", key.fingerprint, key.key());
  }
  co_return fmt::format("{}; then write `hostKey: {}` in the account, or add this line to known_hosts: {}",
                        key.fingerprint, key.key(), key.line);
}

}  // namespace verba
