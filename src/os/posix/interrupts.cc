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

/// The only variables of the program that are not owned by an object: a signal handler has no other way to know, and to
/// tell. A signalfd would need none, but then every thread, whoever starts it, would have to block the signals.
std::atomic<int> signal_event{-1};
std::atomic<int> last_signal{0};

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

void on_signal(int number) {
  const int error_number = errno;
  last_signal.store(number, std::memory_order_relaxed);
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
    held_ = 0;
    signal_event = event_.get();
    set_disposition(on_signal);
  } else if (was) {
    set_disposition(SIG_DFL);
    signal_event = -1;
  }
}

void Interrupts::hold() {
  if (active() || signal_event >= 0) return;
  signal_event = event_.get();
  for (const int number : ending_signals) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_DFL) continue;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    if (::sigaction(number, &action, nullptr) == 0) held_ |= 1U << static_cast<unsigned>(number);
  }
}

int Interrupts::let_go() {
  if (!holds()) return 0;
  for (const int number : ending_signals) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    if ((held_ >> static_cast<unsigned>(number) & 1U) != 0) ::sigaction(number, &action, nullptr);
  }
  held_ = 0;
  signal_event = -1;
  std::uint64_t count = 0;
  return ::read(event_.get(), &count, sizeof count) == sizeof count ? last_signal.load() : 0;
}

bool Interrupts::ready() {
  if (holds()) return true;  // let_go() tells which it was
  std::uint64_t count = 0;
  if (::read(event_.get(), &count, sizeof count) != sizeof count) return false;
  for (; count > 0 && handler_; --count) {
    const std::function<void()> handler = handler_;  // it may replace itself
    handler();
  }
  return true;
}

}  // namespace verba::posix
