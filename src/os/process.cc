// SPDX-License-Identifier: Apache-2.0
#include "os/process.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace verba {

Stop::Watch::Watch(Stop& stop, std::function<void()> action) : stop_(stop), action_(std::move(action)) {
  if (stop_.requested_) {
    action_();
  } else {
    stop_.watches_.push_back(this);
  }
}

Stop::Watch::~Watch() {
  std::erase(stop_.watches_, this);
}

void Stop::request() {
  requested_ = true;
  // An action may destroy watches, its own among them.
  while (!watches_.empty()) {
    Watch* watch = watches_.front();
    watches_.erase(watches_.begin());
    const std::function<void()> action = std::move(watch->action_);
    action();
  }
}

namespace {

/// A child under way; awaiting it gives how it ended. Its address is known to the system: it stays where it is.
class Running {
 public:
  Running(System& system, RunOptions options) : system_(system), options_(std::move(options)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    cancel_timers();
    if (id_ && !ended_) system_.abandon(*id_);
  }

  void begin(const Command& command) {
    id_ = system_.start(command, {.output = [this](Stream stream, std::string_view bytes) { keep(stream, bytes); },
                                  .exited = [this](ExitStatus status) { end(status); }});
    if (options_.timeout) {
      timeout_ = system_.after(*options_.timeout, [this] { break_off(Ended::timeout); });
    }
  }

  /// The first reason counts.
  void break_off(Ended why) {
    if (ended_ || finished_.why != Ended::itself) return;
    finished_.why = why;
    system_.signal(*id_, SIGTERM);
    grace_ = system_.after(options_.grace, [this] { system_.signal(*id_, SIGKILL); });
  }

  bool await_ready() const noexcept { return ended_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  Finished await_resume() { return std::move(finished_); }

 private:
  void keep(Stream stream, std::string_view bytes) {
    if (stream == Stream::output && options_.capture_bytes > 0) {
      const std::size_t room = options_.capture_bytes - finished_.output.size();
      finished_.output.append(bytes.substr(0, room));
      if (bytes.size() > room) finished_.output_cut = true;
    }
    if (options_.sink) options_.sink(stream, bytes);
  }

  void end(ExitStatus status) {
    ended_ = true;
    finished_.status = status;
    cancel_timers();
    // What the leader of a broken-off group left behind goes too.
    if (finished_.why != Ended::itself) system_.signal(*id_, SIGKILL);
    if (waiting_) std::exchange(waiting_, {}).resume();  // may destroy this
  }

  void cancel_timers() {
    if (timeout_) system_.cancel(*std::exchange(timeout_, std::nullopt));
    if (grace_) system_.cancel(*std::exchange(grace_, std::nullopt));
  }

  System& system_;
  RunOptions options_;
  Finished finished_;
  std::optional<ProcessId> id_;
  std::optional<TimerId> timeout_;
  std::optional<TimerId> grace_;
  std::coroutine_handle<> waiting_;
  bool ended_ = false;
};

/// A timer under way; awaiting it says whether it ran out.
class Sleeping {
 public:
  Sleeping(System& system, Milliseconds length) : system_(system) {
    timer_ = system_.after(length, [this] { end(true); });
  }
  Sleeping(const Sleeping&) = delete;
  Sleeping& operator=(const Sleeping&) = delete;
  ~Sleeping() { system_.cancel(timer_); }

  void end(bool ran_out) {
    if (ended_) return;
    ended_ = true;
    ran_out_ = ran_out;
    if (waiting_) std::exchange(waiting_, {}).resume();  // may destroy this
  }

  bool await_ready() const noexcept { return ended_; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  bool await_resume() const noexcept { return ran_out_; }

 private:
  System& system_;
  TimerId timer_ = 0;
  std::coroutine_handle<> waiting_;
  bool ended_ = false;
  bool ran_out_ = false;
};

Finished never_started() {
  Finished finished;
  finished.status.signal = SIGTERM;
  finished.why = Ended::stopped;
  return finished;
}

}  // namespace

Async<Finished> run(System& system, Command command, Stop& stop, RunOptions options) {
  if (stop.requested()) co_return never_started();
  Running running(system, std::move(options));
  running.begin(command);
  command = {};  // its input may be large, and the child has it
  const Stop::Watch watch(stop, [&running] { running.break_off(Ended::stopped); });
  Finished finished = co_await running;
  co_return finished;
}

Async<bool> sleep(System& system, Milliseconds length, Stop& stop) {
  Sleeping sleeping(system, length);
  const Stop::Watch watch(stop, [&sleeping] { sleeping.end(false); });
  const bool ran_out = co_await sleeping;
  co_return ran_out;
}

Variables operators_environment(System& system) {
  Variables variables = system.variables();
  std::erase_if(variables, [](const auto& variable) { return variable.first.starts_with("VERBA_"); });
  return variables;
}

std::string quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) c == '\'' ? word += "'\\''" : word += c;
  return word + "'";
}

}  // namespace verba
