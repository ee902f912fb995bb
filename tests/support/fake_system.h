// SPDX-License-Identifier: Apache-2.0
// A world in memory for tests: its clock jumps, its programs and servers are functions, its calls can be made to fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "os/system.h"
#include "os/timers.h"

namespace verba {

/// What a program of the fake world does once it was started.
struct Performance {
  struct Chunk {
    Stream stream = Stream::output;
    std::string bytes = {};
    Milliseconds at{0};  ///< since the start; not after `duration`
  };
  ExitStatus status = {};
  std::vector<Chunk> output = {};
  Milliseconds duration{0};
  bool ignores_term = false;

  /// Prints `output`, exits with `code` at once.
  static Performance exit(int code, std::string output = {});
};

/// Deterministic: the same calls give the same answers. Time stands still except in poll(), which jumps to the next
/// thing that is due. Links do not exist in it. Public members are for the test to set and look at.
class FakeSystem final : public System {
 public:
  FakeSystem();

  // What the test says
  /// The programs: called at each start. Throwing an Error is a program that cannot be started. By default everything
  /// exits with 0 at once.
  std::function<Performance(const Command&)> programs;
  /// All servers: called for each request that is sent. By default nobody is there.
  std::function<WebAnswer(const WebRequest&)> servers;
  Milliseconds web_duration{0};  ///< how long an answer takes
  std::map<std::string, std::string> environment{{"HOME", "/home/user"}, {"PATH", "/usr/bin:/bin"}};
  std::string directory = "/project";  ///< where relative paths start; exists
  std::string host_name = "host";
  std::string boot = "00000000-0000-4000-8000-000000000000";
  Instant began{1'795'000'000'000};                              ///< now() at first
  std::map<std::int64_t, std::int64_t> processes{{1000, 5000}};  ///< of the host: id and start; ours is 1000

  /// Adds a file and the directories above it. Neither logged nor counted.
  void add_file(const std::string& path, std::string content);
  /// The content, or "(absent)".
  std::string content(const std::string& path) const;
  /// Paths of all files, sorted.
  std::vector<std::string> paths() const;

  /// The `number`th call from now that touches files or starts a program (1: the next) throws Error(system,
  /// "system.injected") and does nothing. 0: none.
  void fail_call(int number) { failing_ = number == 0 ? 0 : calls_ + number; }
  /// How many such calls there were.
  int calls() const { return calls_; }

  /// As if Ctrl-C were pressed at that time from now.
  TimerId interrupt_after(Milliseconds length);
  void interrupt() { interrupt_after(Milliseconds(0)); }

  /// Time passes in which nothing happens.
  void advance(Milliseconds length) { time_ += length; }

  std::set<std::int64_t> groups;  ///< process groups left by one who died

  // What the test may look at
  std::vector<std::string> log;      ///< "write /project/x", "start sh -c :", "signal 15", in order
  std::vector<Command> commands;     ///< everything that was started
  std::vector<WebRequest> requests;  ///< everything that was sent
  std::size_t alive() const { return children_.size(); }
  std::size_t most_alive = 0;  ///< the most at any one time

  std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes) override;
  std::optional<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t count) override;
  void write_file(const std::string& path, std::string_view content, unsigned mode) override;
  std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path) override;
  std::optional<DirectoryEntry::Kind> kind_of(const std::string& path) override;
  bool is_executable(const std::string&) override { return false; }
  void make_directories(const std::string& path, unsigned mode) override;
  void empty(const std::string& path) override;
  void remove(const std::string& path) override;
  std::string absolute(const std::string& path) override;

  Instant now() override;
  std::chrono::nanoseconds steady() override { return time_; }
  std::string random_bytes(std::size_t count) override;
  std::optional<std::string> variable(const std::string& name) override;
  std::vector<std::pair<std::string, std::string>> variables() override;
  std::string host() override { return host_name; }
  std::string boot_id() override { return boot; }
  std::int64_t process() override { return 1000; }
  std::optional<std::int64_t> process_start(std::int64_t process) override;

  bool group_is_alive(std::int64_t group, std::int64_t) override { return groups.contains(group); }
  void signal_group(std::int64_t group, int signal_number) override;

  ProcessId start(const Command&, ProcessHandlers) override;
  void signal(ProcessId, int signal_number) override;
  void abandon(ProcessId) override;

  WebRequestId send(WebRequest, std::function<void(WebAnswer)>) override;
  void forget(WebRequestId id) override { timers_.cancel(id); }

  TimerId after(Milliseconds, std::function<void()>) override;
  void cancel(TimerId) override;
  void on_interrupt(std::function<void()>) override;
  void poll() override;

 private:
  struct Child {
    ProcessHandlers handlers;
    bool ignores_term = false;
    std::vector<TimerId> events;
  };

  void touch(const std::string& what);
  void end(ProcessId, ExitStatus);
  void add_directories(const std::string& path);

  std::map<std::string, std::string> files_;
  std::map<std::string, bool> directories_;
  std::map<ProcessId, Child> children_;
  Timers timers_;
  std::chrono::nanoseconds time_{0};
  std::function<void()> on_interrupt_;
  ProcessId last_process_ = 2000;
  std::uint64_t chance_ = 0;
  int calls_ = 0;
  int failing_ = 0;
};

}  // namespace verba
