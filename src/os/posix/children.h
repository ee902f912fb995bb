// SPDX-License-Identifier: Apache-2.0
// The children that are alive: their output, their end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "os/posix/fd.h"
#include "os/posix/spawn.h"
#include "os/system.h"
#include "os/timers.h"

namespace verba::posix {

/// Starts children, watches them through an epoll descriptor, and calls their handlers. Borrows the descriptor and the
/// timers. Destroying it kills those that are left.
///
/// A child is finished when it has exited and its pipes are at their end; pipes that something in the background still
/// holds are given 200 ms. One with a trace prints into files and is finished when it has exited. It is reaped only
/// after its `exited` was called: until then its id cannot name another.
class Children {
 public:
  Children(int epoll, Timers& timers);
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  ProcessId start(const Command&, ProcessHandlers);
  void signal(ProcessId, int signal_number);
  void abandon(ProcessId);

  /// When we are about to die: TERM to the groups of all that have no trace, and KILL to what is left of them when
  /// their leaders have ended or half a second has passed.
  void end_all();

  bool none() const { return alive_ == 0; }
  /// The keys of its epoll events are never 0. False when the event was about what is gone.
  bool ready(std::uint64_t key);

 private:
  enum class Source : std::uint8_t { output, error, exit };
  struct Child;

  Child& vacant();
  Child* find(ProcessId);
  void watch(const Child&, Source, int fd);
  void forget(Fd&);
  void on_output(Child&, Stream, Fd&);
  bool on_exit(Child&);
  void watch_files(Child&);
  void unwatch_files(Child&);
  void look_later(Child&);
  bool on_growth();
  void end_files(Child&);
  bool read_file(Child&, Stream, off_t limit);
  void finish(Child&);

  int epoll_;
  Timers& timers_;
  Spawner spawner_;
  Fd nothing_;  ///< /dev/null
  Fd growth_;   ///< tells which files of output have grown; made when first needed, may not be had
  std::map<int, std::pair<Child*, Stream>> growing_;  ///< by watch
  std::vector<std::unique_ptr<Child>> all_;
  std::vector<std::uint32_t> vacant_;
  std::size_t alive_ = 0;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace verba::posix
