// SPDX-License-Identifier: Apache-2.0
#include "os/posix/posix_system.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>

#include "base/error.h"
#include "os/posix/children.h"
#include "os/posix/failure.h"
#include "os/posix/fd.h"
#include "os/posix/files.h"
#include "os/posix/interrupts.h"
#include "os/posix/surroundings.h"
#include "os/posix/web.h"
#include "os/timers.h"

namespace verba {
namespace {

constexpr std::uint64_t interrupt_key = 0;
constexpr std::uint64_t web_key = ~std::uint64_t{1};  ///< of no child

posix::Fd make_epoll() {
  posix::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) posix::fail("system.poll", "cannot make the event loop", errno);
  return epoll;
}

class PosixSystem final : public System {
 public:
  PosixSystem() : epoll_(make_epoll()), children_(epoll_.get(), timers_) { watch(interrupts_.fd(), interrupt_key); }

  std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes) override {
    return posix::read_file(path, limit_bytes);
  }
  std::optional<std::string> read_part(const std::string& path, std::uint64_t offset, std::size_t count) override {
    return posix::read_part(path, offset, count);
  }
  void write_file(const std::string& path, std::string_view content, unsigned mode) override {
    posix::write_file(path, content, mode);
  }
  std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path) override {
    return posix::list_directory(path);
  }
  std::optional<DirectoryEntry::Kind> kind_of(const std::string& path) override { return posix::kind_of(path); }
  bool is_executable(const std::string& path) override { return posix::is_executable(path); }
  void make_directories(const std::string& path, unsigned mode) override { posix::make_directories(path, mode); }
  void empty(const std::string& path) override { posix::empty(path); }
  void remove(const std::string& path) override { posix::remove(path); }
  std::string absolute(const std::string& path) override { return posix::absolute(path); }

  Instant now() override { return posix::now(); }
  std::chrono::nanoseconds steady() override { return posix::steady(); }
  std::string random_bytes(std::size_t count) override { return posix::random_bytes(count); }
  std::optional<std::string> variable(const std::string& name) override { return posix::variable(name); }
  std::vector<std::pair<std::string, std::string>> variables() override { return posix::variables(); }
  std::string host() override { return posix::host(); }
  std::string boot_id() override { return posix::boot_id(); }
  std::int64_t process() override { return ::getpid(); }
  std::optional<std::int64_t> process_start(std::int64_t process) override { return posix::process_start(process); }

  bool group_is_alive(std::int64_t group, std::int64_t began_ms) override {
    return posix::group_is_alive(group, began_ms);
  }
  void signal_group(std::int64_t group, int signal_number) override {
    if (group > 1) ::kill(static_cast<pid_t>(-group), signal_number);
  }

  ProcessId start(const Command& command, ProcessHandlers handlers) override {
    return children_.start(command, std::move(handlers));
  }
  void signal(ProcessId id, int signal_number) override { children_.signal(id, signal_number); }
  void abandon(ProcessId id) override { children_.abandon(id); }

  WebRequestId send(WebRequest request, std::function<void(WebAnswer)> answered) override {
    if (!web_) {
      auto web = std::make_unique<posix::Web>(timers_);
      watch(web->fd(), web_key);
      web_ = std::move(web);
    }
    return web_->send(std::move(request), std::move(answered));
  }
  void forget(WebRequestId id) override {
    if (web_) web_->forget(id);
  }

  TimerId after(Milliseconds length, std::function<void()> call) override {
    return timers_.add(posix::steady() + length, std::move(call));
  }
  void cancel(TimerId id) override { timers_.cancel(id); }
  void on_interrupt(std::function<void()> handler) override { interrupts_.set(std::move(handler)); }

  void poll() override {
    const ChildrenFirst children_first(*this);
    for (bool handled = false; !handled;) {
      if (children_.none() && timers_.empty() && !interrupts_.active() && (!web_ || web_->none())) {
        bug("poll() with nothing to wait for");
      }
      handled = wait_once();
      if (!timers_.empty() && timers_.call_due(posix::steady())) handled = true;
    }
  }

 private:
  /// A signal that ends us while nobody handles it ends our children before.
  class ChildrenFirst {
   public:
    explicit ChildrenFirst(PosixSystem& system) : system_(system) {
      if (!system_.children_.none()) system_.interrupts_.hold();
    }
    ~ChildrenFirst() {
      const int came = system_.interrupts_.let_go();
      if (came == 0) return;
      system_.children_.end_all();
      ::raise(came);
    }
    ChildrenFirst(const ChildrenFirst&) = delete;
    ChildrenFirst& operator=(const ChildrenFirst&) = delete;

   private:
    PosixSystem& system_;
  };

  void watch(int fd, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      posix::fail("system.poll", "cannot make the event loop", errno);
    }
  }

  /// Milliseconds until the next timer, rounded up; -1 when there is none.
  int patience() const {
    const std::optional<Timers::Time> next = timers_.next();
    if (!next) return -1;
    const auto left = std::chrono::ceil<Milliseconds>(*next - posix::steady()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
  }

  bool wait_once() {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
    if (count < 0 && errno != EINTR) posix::fail("system.poll", "cannot wait for events", errno);
    bool handled = false;
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
      if (ready(key)) handled = true;
    }
    return handled;
  }

  bool ready(std::uint64_t key) {
    if (key == interrupt_key) return interrupts_.ready();
    if (key != web_key) return children_.ready(key);
    web_->ready();
    return true;
  }

  posix::Fd epoll_;
  Timers timers_;
  posix::Interrupts interrupts_;
  posix::Children children_;
  std::unique_ptr<posix::Web> web_;  ///< when first needed
};

/// A program that was started without one of the standard descriptors would get it as a pipe or a database, and
/// children would have it overwritten.
void ensure_standard_descriptors() {
  for (int number = 0; number < 3; ++number) {
    if (::fcntl(number, F_GETFD) < 0 && errno == EBADF) {
      [[maybe_unused]] const int fd = ::open("/dev/null", O_RDWR);  // takes the lowest free number: this one
    }
  }
}

}  // namespace

std::unique_ptr<System> make_posix_system() {
  ensure_standard_descriptors();
  return std::make_unique<PosixSystem>();
}

}  // namespace verba
