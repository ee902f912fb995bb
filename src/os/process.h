// SPDX-License-Identifier: Apache-2.0
// Running one child to its end, as a coroutine.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/async.h"
#include "os/system.h"

namespace verba {

/// A request to stop, shared by the one who asks and those who work. One thread.
class Stop {
 public:
  /// Registers `action` for the life of the returned object; called once, when stop is requested (at once if it was).
  class Watch {
   public:
    Watch(Stop& stop, std::function<void()> action);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class Stop;
    Stop& stop_;
    std::function<void()> action_;
  };

  bool requested() const { return requested_; }
  void request();

 private:
  std::vector<Watch*> watches_;
  bool requested_ = false;
};

enum class Ended : std::uint8_t { itself, timeout, stopped };

struct Finished {
  ExitStatus status;
  Ended why = Ended::itself;
  std::string output;       ///< standard output, when captured
  bool output_cut = false;  ///< more than `capture_bytes` came; the rest went only to the sink
};

struct RunOptions {
  std::optional<Milliseconds> timeout;
  Milliseconds grace{5000};                            ///< between TERM and KILL of the group
  std::size_t capture_bytes = 0;                       ///< keep that much of standard output
  std::function<void(Stream, std::string_view)> sink;  ///< gets every byte as it comes; may be empty
};

/// Starts `command` and waits for its end. At the timeout, or when `stop` is requested: TERM to the group, after
/// `grace` KILL; when its leader has ended, KILL to what is left of it. When stop was requested before, nothing is
/// started (the status then says SIGTERM). A command that cannot be started throws Error(system). Borrows system and
/// stop. Destroying it kills the group.
Async<Finished> run(System& system, Command command, Stop& stop, RunOptions options);

/// What children of ours start from: the operator's variables, without what is ours (VERBA_*, the key of a state above
/// all).
Variables operators_environment(System&);

/// `text` as one word of a POSIX shell.
std::string quoted(std::string_view text);

/// Waits that long, or until stop is requested (then false).
Async<bool> sleep(System& system, Milliseconds length, Stop& stop);

/// Runs `work` to its end by polling: for commands that do one thing.
template <class T>
T wait_for(System& system, Async<T> work) {
  std::optional<Result<T>> result;
  Background background = start<T>(std::move(work), [&result](Result<T> r) { result.emplace(std::move(r)); });
  while (!result) system.poll();
  if (result->index() == 1) std::rethrow_exception(std::get<1>(*result));
  return std::move(std::get<0>(*result));
}

}  // namespace verba
