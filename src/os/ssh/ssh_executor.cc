// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/ssh_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "base/error.h"
#include "os/not_begun.h"
#include "os/ssh/framing.h"
#include "os/ssh/remote_script.h"

namespace verba {
namespace {

/// What still holds the streams after the end, in the background, is not waited for.
constexpr Milliseconds linger{200};
/// Over the grace, for the way there and back of the word to end.
constexpr Milliseconds patience{10'000};
/// How long a new connection is tried for after one has broken, and how often.
constexpr Milliseconds reconnect_limit{10'000};
constexpr Milliseconds between_tries{1'000};
constexpr Milliseconds end_grace{5'000};
constexpr std::size_t complaint_bytes = 4 << 10;

/// The first complaint may be the one that matters, or the last.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    if (end > begin) line.append(line.empty() ? "" : "; ").append(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return line;
}

/// A command under way there. Awaiting it ends when all is known that can be known. Stays where it is.
class RemoteRun {
 public:
  struct Way {
    std::string name;  ///< of the account
    std::string socket;
    std::string become;
    std::string mark;
  };
  RemoteRun(System& system, const SshConnections& connections, Way way, RunOptions options)
      : system_(system),
        connections_(connections),
        way_(std::move(way)),
        options_(std::move(options)),
        output_(way_.mark, true),
        errors_(way_.mark, false) {}
  RemoteRun(const RemoteRun&) = delete;
  RemoteRun& operator=(const RemoteRun&) = delete;
  ~RemoteRun() {
    cancel_timers();
    if (client_) system_.abandon(*client_);
    if (ender_) system_.abandon(*ender_);
  }

  void begin(const Command& command) {
    client_ = system_.start(command, {.output = [this](Stream stream, std::string_view bytes) { take(stream, bytes); },
                                      .exited = [this](ExitStatus status) { client_ended(status); }});
    if (options_.timeout) {
      timeout_ = system_.after(*options_.timeout, [this] { break_off(Ended::timeout); });
    }
  }

  /// The first reason counts.
  void break_off(Ended why) {
    if (over_ || why_ != Ended::itself) return;
    why_ = why;
    if (output_.began()) send_end();
    // Nobody there says that it has ended: then nobody knows.
    give_up_ = system_.after(options_.grace + patience, [this] {
      if (ender_) system_.abandon(*std::exchange(ender_, std::nullopt));
      if (client_) system_.abandon(*std::exchange(client_, std::nullopt));
      settle();
    });
  }

  bool await_ready() const noexcept { return over_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

  WorkDone done(bool reports);
  /// Its process group there, once it has begun.
  std::optional<std::int64_t> group() const { return output_.process(); }

 private:
  void take(Stream stream, std::string_view bytes) {
    const bool is_output = stream == Stream::output;
    Framing& framing = is_output ? output_ : errors_;
    const bool had_begun = output_.began();
    framing.take(bytes, printed(stream), [this](std::string_view text) { keep(noise_, text); });
    if (output_.began()) hand_on_kept();
    if (!had_begun && output_.began() && why_ != Ended::itself && !over_) send_end();
    if (output_.ended() && errors_.ended() && client_ && !linger_) {
      linger_ = system_.after(linger, [this] {
        if (client_) system_.abandon(*std::exchange(client_, std::nullopt));
        settle();
      });
    }
  }

  Framing::Sink printed(Stream stream) {
    if (stream == Stream::error) return [this](std::string_view text) { keep(complaint_, text); };
    return [this](std::string_view text) {
      hand_on_kept();
      hand_on(Stream::output, text);
    };
  }

  /// What comes before it begins may be why it does not.
  void keep(std::string& kept, std::string_view text) {
    if (output_.began() || kept.size() + text.size() > complaint_bytes) return hand_on(Stream::error, text);
    kept += text;
  }

  void hand_on_kept() {
    for (std::string* kept : {&noise_, &complaint_}) {
      if (!kept->empty()) hand_on(Stream::error, std::exchange(*kept, {}));
    }
  }

  void hand_on(Stream stream, std::string_view text) {
    if (stream == Stream::output && options_.capture_bytes > 0) {
      const std::size_t room = options_.capture_bytes - captured_.size();
      captured_.append(text.substr(0, room));
      if (text.size() > room) cut_ = true;
    }
    if (options_.sink) options_.sink(stream, text);
  }

  void client_ended(ExitStatus status) {
    client_.reset();
    client_status_ = status;
    const Framing::Sink noise = [this](std::string_view text) { keep(noise_, text); };
    output_.end(printed(Stream::output), noise);
    errors_.end(printed(Stream::error), noise);
    settle();
  }

  void send_end() {
    Command command;
    command.argv = connections_.session(way_.socket, remote_end(*output_.process(), options_.grace, way_.become));
    command.environment = operators_environment(system_);
    ender_ = system_.start(command, {.output = {}, .exited = [this](ExitStatus status) {
                                       ender_.reset();
                                       killed_ = status.success();
                                       settle();
                                     }});
  }

  void settle() {
    if (over_ || client_ || ender_) return;
    over_ = true;
    cancel_timers();
    if (waiting_) std::exchange(waiting_, {}).resume();  // may destroy this
  }

  void cancel_timers() {
    for (auto* timer : {&timeout_, &give_up_, &linger_}) {
      if (*timer) system_.cancel(**timer);
      timer->reset();
    }
  }

  System& system_;
  const SshConnections& connections_;
  Way way_;
  RunOptions options_;
  Framing output_, errors_;
  std::string captured_;
  std::string complaint_;  ///< what ssh and the shell there said before anything began
  std::string noise_;      ///< what the host printed before that
  bool cut_ = false;
  std::optional<ProcessId> client_, ender_;
  std::optional<TimerId> timeout_, give_up_, linger_;
  ExitStatus client_status_;
  Ended why_ = Ended::itself;
  bool killed_ = false;  ///< nothing is left of its group
  bool over_ = false;
  std::coroutine_handle<> waiting_;
};

/// REQUIRES: over. Throws when it is certain that nothing was begun.
WorkDone RemoteRun::done(bool reports) {
  WorkDone done;
  done.finished.why = why_;
  done.finished.output = std::move(captured_);
  done.finished.output_cut = cut_;
  if (output_.ended()) {
    done.finished.status.code = output_.code();
    if (reports) done.report = output_.report();
    return done;
  }
  done.finished.status.signal = SIGTERM;
  if (why_ != Ended::itself && killed_) return done;
  if (output_.began()) {
    done.doubt = fmt::format("the connection to {} was lost while it ran", way_.name);
    return done;
  }
  // ssh gives 255 for its own failures; anything else is what the shell or sudo there said.
  if (!complaint_.empty() && !noise_.empty()) hand_on(Stream::error, std::exchange(noise_, {}));
  const std::string words = in_one_line(complaint_.empty() ? noise_ : complaint_);
  const bool refused = complaint_.find("Session open refused") != std::string::npos ||
                       complaint_.find("Control socket connect") != std::string::npos ||
                       complaint_.find("kex_exchange_identification") != std::string::npos;
  if (client_status_.signal == 0 && (client_status_.code != 255 || refused)) {
    const bool sessions = complaint_.find("Session open refused") != std::string::npos;
    const Error why(
        Error::Kind::system, "ssh.begin",
        fmt::format("nothing could be begun on {}: {}", way_.name,
                    words.empty() ? fmt::format("exit code {}", client_status_.code) : words),
        sessions ? "its sshd allows no more sessions at a time: give the account a smaller `concurrency`" : "");
    const int code = client_status_.code;
    throw NotBegun(why, code == NotBegun::no_program || code == NotBegun::cannot_start ? code : 1);
  }
  hand_on_kept();
  done.doubt = fmt::format("the connection to {} was lost when it was to begin", way_.name);
  return done;
}

std::string new_mark(System& system) {
  std::string text = "verba-";
  for (const char c : system.random_bytes(16)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

}  // namespace

std::string SshExecutor::directory_for(const std::string&, const std::string& written) const {
  if (written.empty() || place_.work_directory.empty()) return written.empty() ? place_.work_directory : written;
  return written.starts_with('/') ? written : place_.work_directory + "/" + written;
}

/// A short command over a connection that stands.
Async<Finished> SshExecutor::tell(std::string socket, std::string line, std::optional<Milliseconds> limit, Stop& stop) {
  Command command;
  command.argv = connections_.session(socket, std::move(line));
  command.environment = operators_environment(system_);
  RunOptions options;
  options.timeout = limit;
  Async<Finished> child = verba::run(system_, std::move(command), stop, std::move(options));
  Finished finished = co_await child;
  co_return finished;
}

/// True once nothing of the group is at work there any more; when there is no time to wait it is ended.
Async<bool> SshExecutor::await_rest(std::int64_t group, std::string mark, std::optional<Milliseconds> limit,
                                    Stop& stop) {
  const auto give_up = system_.steady() + reconnect_limit;
  while (!stop.requested() && system_.steady() < give_up) {
    std::string socket;
    try {
      Async<std::string> connecting = connections_.socket(target_, stop);
      socket = co_await connecting;
    } catch (const Error&) {
      socket.clear();  // not yet
    }
    if (!socket.empty()) {
      Async<Finished> waiting = tell(socket, remote_wait(group, mark, place_.become), limit, stop);
      const Finished waited = co_await waiting;
      if (waited.why == Ended::itself && waited.status.success()) co_return true;
      if (waited.why != Ended::itself) {
        Stop never;
        Async<Finished> ending = tell(socket, remote_end(group, end_grace, place_.become), end_grace + patience, never);
        const Finished ended = co_await ending;
        co_return ended.status.success();
      }
    }
    Async<bool> pause = sleep(system_, between_tries, stop);
    co_await pause;
  }
  co_return false;
}

Async<WorkDone> SshExecutor::run(Work work, Stop& stop, RunOptions options) {
  try {
    Async<WorkDone> there = run_there(std::move(work), stop, std::move(options));
    WorkDone done = co_await there;
    co_return done;
  } catch (const NotBegun&) {
    throw;
  } catch (const Error& error) {
    throw NotBegun(error);
  }
}

Async<WorkDone> SshExecutor::run_there(Work work, Stop& stop, RunOptions options) {
  if (stop.requested()) {
    WorkDone never;
    never.finished.status.signal = SIGTERM;
    never.finished.why = Ended::stopped;
    co_return never;
  }
  Async<std::string> connecting = connections_.socket(target_, stop);
  RemoteRun::Way way{target_->name, "", place_.become, new_mark(system_)};
  way.socket = co_await connecting;
  Command command;
  command.argv = connections_.session(way.socket, remote_command(way.mark, place_.become));
  command.environment = operators_environment(system_);
  command.input = remote_script(work, work.directory, !place_.become.empty()) + way.mark + "\n";
  if (work.file) command.input += work.file->content;
  command.input += work.input;
  // What it prints and how it ends comes back to us alone, so its end is no end of the step: another label.
  command.trace = work.trace;
  command.trace.label += ":remote";
  command.trace.witnessed = false;
  const bool reports = work.reports;
  const std::string mark = way.mark;
  const std::optional<Milliseconds> limit = options.timeout;
  const auto sink = options.sink;
  work = {};  // its input may be large
  RemoteRun remote(system_, connections_, std::move(way), std::move(options));
  remote.begin(command);
  command = {};
  {
    const Stop::Watch watch(stop, [&remote] { remote.break_off(Ended::stopped); });
    co_await remote;
  }
  WorkDone done = remote.done(reports);
  if (!done.doubt.empty() && remote.group()) {
    if (sink) sink(Stream::error, "verba: the connection is lost; waiting for the end of what runs there\n");
    Async<bool> resting = await_rest(*remote.group(), mark, limit, stop);
    done.at_rest = co_await resting;
    if (done.at_rest) done.doubt += ", and it has ended since";
  }
  co_return done;
}

}  // namespace verba
