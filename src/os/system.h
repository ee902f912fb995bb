// SPDX-License-Identifier: Apache-2.0
// The world outside the program behind one interface, so that tests can replace it: files, clock, randomness,
// environment, child processes, HTTP, timers, and the one event loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace verba {

/// Where a child is written down, so that a later process can tell what became of it when we die: see os/trace.h.
struct Trace {
  std::string file = {};   ///< appended to; "" is: nowhere
  std::string label = {};  ///< names the child in it; no blanks
  bool witnessed = false;  ///< the child itself writes its end, too
  std::string slot = "0";  ///< names its files of output; no blanks; of those alive at once each has another
};

/// A program to start. An argument list, never a shell line.
using Variables = std::vector<std::pair<std::string, std::string>>;

struct Command {
  std::vector<std::string> argv = {};  ///< argv[0] is looked up on `environment`'s PATH unless it has a '/'
  Variables environment = {};          ///< all that the child gets
  std::string directory = {};          ///< working directory; "" is ours
  std::string input = {};              ///< standard input, whole (a file in memory, not a pipe); "" is an empty one
  /// With a file in it: the beginning of the child is written there before it executes, its end once it was seen. Its
  /// output and errors go into the files FILE-SLOT.out and FILE-SLOT.err (emptied first) and come to us from there. So
  /// it can work on to its own end when we die, and what it printed is not lost.
  Trace trace = {};
};

struct ExitStatus {
  int code = 0;    ///< exit code, when signal is 0
  int signal = 0;  ///< the signal that ended it
  bool success() const { return code == 0 && signal == 0; }
};

enum class Stream : std::uint8_t { output, error };

using ProcessId = std::int64_t;  ///< also the id of its process group and session
using TimerId = std::uint64_t;

/// Called from poll() only. `exited` comes when the process has ended and its output is read; what still holds the
/// output then, in the background, is not waited for. During `exited` the process may still be signalled (what is left
/// of its group); after it nothing more is called for it. Either may start, signal and abandon processes.
struct ProcessHandlers {
  std::function<void(Stream, std::string_view bytes)> output = {};
  std::function<void(ExitStatus)> exited = {};
};

/// A request over HTTP or HTTPS, sent as it stands here: the path is not tidied, redirects are not followed, nothing is
/// tried twice. Certificates are checked. Proxies are those of the environment (http_proxy, https_proxy, no_proxy).
struct WebRequest {
  std::string method = "GET";
  std::string url = {};    ///< http:// or https://; encoded
  Variables headers = {};  ///< names and values, besides Host and Content-Length
  std::string body = {};
  std::string ca_file = {};  ///< certificates (PEM) to trust in place of the machine's; "": those
  bool direct = false;       ///< by no proxy
  Milliseconds connect_timeout{10'000};
  Milliseconds timeout{60'000};                     ///< for all of it
  std::size_t limit_bytes = std::size_t{16} << 20;  ///< of the answer; one that is larger is a failure
};

struct WebAnswer {
  int status = 0;          ///< 0: there is no whole answer, and `failure` says why
  Variables headers = {};  ///< of the last answer; names in lower case
  std::string body = {};
  std::string failure = {};  ///< "Failed to connect to 127.0.0.1 port 80": one sentence
  bool sent = false;         ///< with a failure: the server may have got the request

  /// "" when there is none of that name (in lower case).
  std::string_view header(std::string_view name) const {
    for (const auto& [known, value] : headers) {
      if (known == name) return value;
    }
    return {};
  }
};

using WebRequestId = std::uint64_t;

struct DirectoryEntry {
  std::string name;
  enum class Kind : std::uint8_t { file, directory, other } kind = Kind::file;  ///< symbolic links are followed
};

/// Every call throws Error(system) when the world says no, with the path or program named; "absent" is a value where
/// the signature shows it. Used by one thread.
class System {
 public:
  virtual ~System() = default;

  // Files
  /// Nothing when there is no such file. Refuses more than `limit_bytes` (Error "system.file-too-large").
  virtual std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes = 1ull << 30) = 0;
  /// So many bytes from `offset`; fewer, or none, at the end of the file. Nothing when there is no such file.
  virtual std::optional<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t count) = 0;
  /// Replaces atomically (temporary file beside it, fsync, rename); parents must exist.
  virtual void write_file(const std::string& path, std::string_view content, unsigned mode = 0644) = 0;
  /// Sorted by name. Nothing when there is no such directory.
  virtual std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path) = 0;
  virtual std::optional<DirectoryEntry::Kind> kind_of(const std::string& path) = 0;
  /// A file that its owner may execute; absent is false.
  virtual bool is_executable(const std::string& path) = 0;
  virtual void make_directories(const std::string& path, unsigned mode = 0755) = 0;
  /// What is in a file, in place; absent is fine.
  virtual void empty(const std::string& path) = 0;
  /// A file or a whole tree; links are not followed; absent is fine.
  virtual void remove(const std::string& path) = 0;
  /// Absolute, without "." and "..", links resolved as far as the path exists.
  virtual std::string absolute(const std::string& path) = 0;

  // Time, chance, surroundings
  virtual Instant now() = 0;
  virtual std::chrono::nanoseconds steady() = 0;  ///< never goes back; for lengths of time
  virtual std::string random_bytes(std::size_t count) = 0;
  virtual std::optional<std::string> variable(const std::string& name) = 0;
  virtual Variables variables() = 0;   ///< sorted
  virtual std::string host() = 0;      ///< host name
  virtual std::string boot_id() = 0;   ///< changes with every boot of the host
  virtual std::int64_t process() = 0;  ///< our process id
  /// When a process of this host began, in the kernel's own ticks; nothing when there is none. Tells a process from
  /// a later one of the same id.
  virtual std::optional<std::int64_t> process_start(std::int64_t process) = 0;

  /// Is anything left of a process group of this host that was begun at `began_ms` (milliseconds since boot)? Tells it
  /// from a later group of the same id.
  virtual bool group_is_alive(std::int64_t group, std::int64_t began_ms) = 0;
  /// To a whole group that is no child of ours; gone is fine.
  virtual void signal_group(std::int64_t group, int signal_number) = 0;

  // Children. Each leads a session and process group of its own. Those left when the System is destroyed are killed;
  // when we die without that, those without a trace get TERM.
  virtual ProcessId start(const Command&, ProcessHandlers) = 0;
  /// To the whole group; gone is fine.
  virtual void signal(ProcessId, int signal_number) = 0;
  /// Nobody is interested any more: kills the group, and no handler of that process is called again. Gone is fine.
  virtual void abandon(ProcessId) = 0;

  // The network
  /// Connections are kept for later requests. `answered` is called once, from poll(); it may send and forget others.
  /// Nothing of the network is an Error: what went wrong is in the answer. Throws Error(system) where HTTP cannot be
  /// spoken at all. See os/web.h for waiting in a coroutine.
  virtual WebRequestId send(WebRequest, std::function<void(WebAnswer)> answered) = 0;
  /// Nobody is interested any more: `answered` is not called again. One that was answered is fine.
  virtual void forget(WebRequestId) = 0;

  // The loop
  virtual TimerId after(Milliseconds, std::function<void()>) = 0;
  virtual void cancel(TimerId) = 0;
  /// Called (from poll) for each SIGINT, SIGTERM and (unless it is ignored) SIGHUP. Empty puts the default back.
  virtual void on_interrupt(std::function<void()>) = 0;
  /// Waits for events and calls their handlers. Returns after at least one event was handled. REQUIRES: something to
  /// wait for.
  virtual void poll() = 0;
};

}  // namespace verba
