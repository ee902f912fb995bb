// SPDX-License-Identifier: Apache-2.0
// Starting a program at the lowest price the kernel offers.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/posix/fd.h"
#include "os/system.h"

namespace verba::posix {

/// What becomes descriptors 0, 1 and 2 of the child. Borrowed.
struct Streams {
  int input = -1;
  int output = -1;
  int error = -1;
};

/// Starts programs. The child shares our memory until it executes the program, so the price does not grow with our
/// heap, and a failed exec is told by a plain store. Keeps its buffers from one start to the next. One thread.
class Spawner {
 public:
  Spawner();
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  /// The child leads its own session, has only those three descriptors, no blocked signals, and default signal
  /// dispositions. Throws Error(system) when the program cannot be started; there is no child then.
  pid_t spawn(const Command&, const Streams&);
  /// Writes into the trace that the child of this label has ended (128 + N when signal N ended it).
  void trace_end(const Trace&, ExitStatus);

 private:
  std::string find_program(const Command&) const;
  void lay_out(const Command&);
  void open_trace(const std::string& file);

  static constexpr std::size_t stack_bytes = std::size_t{64} << 10;
  std::unique_ptr<char[]> stack_;
  std::string environment_;  ///< "A=1\0B=2\0"
  std::vector<char*> arguments_;
  std::vector<char*> variables_;
  std::string trace_file_;
  Fd trace_;
};

}  // namespace verba::posix
