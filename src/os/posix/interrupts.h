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

  /// Without a handler: keeps those signals that would end the program until let_go(), and makes `fd()` readable when
  /// one comes. What is ignored stays ignored. With a handler, here or
  /// in another object: nothing.
  void hold();
  bool holds() const { return held_ != 0; }
  /// They end the program again. The signal that came meanwhile, which is then the caller's to pass on; else 0.
  int let_go();
  /// Calls the handler once for each signal that came. False when none had.
  bool ready();

 private:
  Fd event_;
  std::function<void()> handler_;
  unsigned held_ = 0;  ///< bit N: signal N
};

}  // namespace verba::posix
