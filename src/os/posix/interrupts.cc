// SPDX-License-Identifier: Apache-2.0
#include "os/posix/interrupts.h"

#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "os/posix/failure.h"

namespace verba::posix {
namespace {

/// The one variable of the program that is not owned by an object: a signal handler has no other way to know. A
/// signalfd would need none, but then every thread, whoever starts it, would have to block the signals.
std::atomic<int> signal_event{-1};

void on_signal(int) {
  const int error_number = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(signal_event.load(std::memory_order_relaxed), &one, sizeof one);
  errno = error_number;
}

void set_disposition(void (*disposition)(int)) {
  struct sigaction action {};
  action.sa_handler = disposition;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);  // nohup(1) is taken at its word
}

}  // namespace

Interrupts::Interrupts() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) fail("system.interrupts", "cannot watch for signals", errno);
}

Interrupts::~Interrupts() {
  set({});
}

void Interrupts::set(std::function<void()> handler) {
  const bool was = active();
  handler_ = std::move(handler);
  if (active()) {
    signal_event = event_.get();
    set_disposition(on_signal);
  } else if (was) {
    set_disposition(SIG_DFL);
    signal_event = -1;
  }
}

bool Interrupts::ready() {
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof count) != sizeof count) return false;
  for (; count > 0 && handler_; --count) {
    const std::function<void()> handler = handler_;  // it may replace itself
    handler();
  }
  return true;
}

}  // namespace verba::posix
