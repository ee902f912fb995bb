// SPDX-License-Identifier: Apache-2.0
// HTTP by libcurl's multi interface, on the one event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "os/posix/fd.h"
#include "os/system.h"
#include "os/timers.h"

namespace verba::posix {

struct Curl;      // libcurl as it was loaded
struct Transfer;  // a request under way

/// Requests under way and the connections that are kept. libcurl is loaded by the constructor, which throws
/// Error(system, "system.http") where that cannot be: programs that ask nobody never pay for it. Borrows the timers.
///
/// libcurl's sockets are in an epoll set of their own, which is one descriptor for the loop: see fd().
class Web {
 public:
  explicit Web(Timers& timers);
  ~Web();
  Web(const Web&) = delete;
  Web& operator=(const Web&) = delete;

  WebRequestId send(WebRequest, std::function<void(WebAnswer)> answered);
  void forget(WebRequestId);

  bool none() const { return transfers_.empty(); }
  /// Readable when there is something for ready() to do.
  int fd() const { return sockets_.get(); }
  void ready();

 private:
  void set_up(Transfer&);
  void timed_out();
  void deliver();
  void answer(Transfer&, int result);
  static int on_socket(void* easy, int socket, int what, void* self, void*);
  static int on_timer(void* multi, long milliseconds, void* self);

  Timers& timers_;
  std::unique_ptr<Curl> curl_;
  Fd sockets_;
  void* multi_ = nullptr;
  TimerId timer_ = 0;
  WebRequestId last_ = 0;
  std::map<WebRequestId, std::unique_ptr<Transfer>> transfers_;
};

}  // namespace verba::posix
