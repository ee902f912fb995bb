// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM as events of the loop.
#pragma once

#include <functional>

#include "os/posix/fd.h"

namespace verba::posix {

/// While a handler is set, the two signals make `fd()` readable instead of ending the program. One object of this class
/// may have a handler at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int fd() const { return event_.get(); }
  bool active() const { return static_cast<bool>(handler_); }
  /// An empty one puts the default back.
  void set(std::function<void()> handler);
  /// Calls the handler once for each signal that came. False when none had.
  bool ready();

 private:
  Fd event_;
  std::function<void()> handler_;
};

}  // namespace verba::posix
