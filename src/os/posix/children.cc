// SPDX-License-Identifier: Apache-2.0
//
// Events outlive what they are about: a child that is being born holds copies of our descriptors for a moment, so
// closing one does not take it out of the epoll set, and one batch of events may speak of a child whose end an earlier
// event of the batch brought. Hence: every descriptor is taken out of the set before it is closed, keys carry the
// generation of their slot, and no wait here can block.
#include "os/posix/children.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "os/posix/failure.h"
#include "os/posix/surroundings.h"
#include "os/trace.h"

namespace verba::posix {
namespace {

constexpr std::size_t buffer_bytes = std::size_t{64} << 10;
constexpr int reads_at_once = 16;  ///< so that one talkative child does not starve the others
constexpr Milliseconds drain_limit{200};
constexpr Milliseconds look_interval{50};
constexpr off_t look_bytes = off_t{1} << 20;
constexpr off_t everything = std::numeric_limits<off_t>::max();
constexpr std::uint64_t growth_key = ~std::uint64_t{0};

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

struct Pipe {
  Fd read;
  Fd write;
};

/// Our end does not block; the child's is an ordinary one.
Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("system.start", "cannot make a pipe", errno);
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) fail("system.start", "cannot make a pipe", errno);
  return pipe;
}

/// Standard input as a nameless file in memory: the child reads it at its own pace, and nobody has to feed it.
Fd make_input(std::string_view content) {
  Fd file(::memfd_create("verba-input", MFD_CLOEXEC | MFD_NOEXEC_SEAL));
  if (!file && errno == EINVAL) file = Fd(::memfd_create("verba-input", MFD_CLOEXEC));
  if (!file) fail("system.start", "cannot hold the standard input of a program", errno);
  while (!content.empty()) {
    const ssize_t n = ::write(file.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("system.start", "cannot hold the standard input of a program", errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

/// Does nobody write to this file, not even what an earlier child left in the background? The kernel grants a lease for
/// reading only then (fcntl(2)); where it knows none, the answer is no.
bool is_at_rest(const Fd& readable) {
  if (::fcntl(readable.get(), F_SETLEASE, F_RDLCK) != 0) return false;
  return ::fcntl(readable.get(), F_SETLEASE, F_UNLCK) == 0;
}

/// Both ends are of the same file, which is empty. An earlier child's is taken over: making and removing one costs more
/// than most else in a start.
Pipe make_output_file(const std::string& path) {
  Pipe ends;
  ends.read = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (ends.read && (!is_at_rest(ends.read) || ::fstat(ends.read.get(), &status) != 0)) {
    ends.read.close();
    ::unlink(path.c_str());
  }
  const int emptied = status.st_size > 0 ? O_TRUNC : 0;
  ends.write = Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | emptied, 0600));
  if (ends.write && !ends.read) ends.read = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ends.read || !ends.write) fail("system.start", fmt::format("cannot write '{}'", path), errno);
  return ends;
}

ExitStatus status_from(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {.code = info.si_status, .signal = 0};
  return {.code = 0, .signal = info.si_status};
}

}  // namespace

struct Children::Child {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  pid_t pid = 0;  ///< 0: vacant
  Fd end;         ///< the pidfd
  Fd output;
  Fd error;
  bool exited = false;
  bool abandoned = false;
  ExitStatus status;
  TimerId drain = 0;
  bool in_files = false;  ///< its output
  TimerId look = 0;       ///< at the files, where the kernel does not tell that they have grown
  int watches[2] = {-1, -1};
  Trace trace;
  ProcessHandlers handlers;

  std::uint64_t key(Source source) const {
    return std::uint64_t{generation} << 32 | std::uint64_t{index} << 2 | static_cast<std::uint64_t>(source);
  }
};

Children::Children(int epoll, Timers& timers)
    : epoll_(epoll),
      timers_(timers),
      nothing_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
      buffer_(new char[buffer_bytes]) {
  if (!nothing_) fail("system.start", "cannot open '/dev/null'", errno);
}

Children::~Children() {
  for (const auto& child : all_) {
    if (child->pid == 0) continue;
    ::kill(-child->pid, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child->pid), &info, WEXITED | WNOHANG);
    timers_.cancel(child->drain);
    timers_.cancel(child->look);
  }
}

Children::Child& Children::vacant() {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<std::uint32_t>(all_.size()));
    all_.push_back(std::make_unique<Child>());
    all_.back()->index = vacant_.back();
    all_.back()->generation = 1;
  }
  return *all_[vacant_.back()];
}

void Children::watch(const Child& child, Source source, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = child.key(source);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("system.start", "cannot watch a program", errno);
}

void Children::forget(Fd& fd) {
  if (!fd) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd.get(), nullptr);
  fd.close();
}

ProcessId Children::start(const Command& command, ProcessHandlers handlers) {
  const bool traced = !command.trace.file.empty();
  Pipe output = traced ? make_output_file(printed_file(command.trace, Stream::output)) : make_pipe();
  Pipe error = traced ? make_output_file(printed_file(command.trace, Stream::error)) : make_pipe();
  Fd input;
  if (!command.input.empty()) input = make_input(command.input);
  Child& child = vacant();
  child.trace = command.trace;
  if (traced)
    watch_files(child);  // before it can print anything: what came earlier would only be seen with what follows
  pid_t pid = -1;
  try {
    pid = spawner_.spawn(
        command,
        {.input = input ? input.get() : nothing_.get(), .output = output.write.get(), .error = error.write.get()});
    child.end = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!child.end) fail("system.start", "cannot watch a program", errno);
    if (!traced) {
      watch(child, Source::output, output.read.get());
      watch(child, Source::error, error.read.get());
    }
    watch(child, Source::exit, child.end.get());
  } catch (const Error&) {
    // If the child runs, nobody would notice its end: take it back. Closing takes the pipes out of the set.
    if (pid > 0) {
      ::kill(-pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    child.end.close();
    unwatch_files(child);
    forget(output.read);
    forget(error.read);
    throw;
  }
  vacant_.pop_back();
  ++alive_;
  child.pid = pid;
  child.output = std::move(output.read);
  child.error = std::move(error.read);
  child.handlers = std::move(handlers);
  return pid;
}

void Children::watch_files(Child& child) {
  child.in_files = true;
  if (!growth_) {
    growth_ = Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = growth_key;
    if (growth_ && ::epoll_ctl(epoll_, EPOLL_CTL_ADD, growth_.get(), &event) != 0) growth_.close();
  }
  for (const Stream stream : {Stream::output, Stream::error}) {
    int& watched = child.watches[static_cast<std::size_t>(stream)];
    watched = growth_ ? ::inotify_add_watch(growth_.get(), printed_file(child.trace, stream).c_str(), IN_MODIFY) : -1;
    if (watched < 0) return look_later(child);
    growing_[watched] = {&child, stream};
  }
}

/// Later again, as long as there is more than one look takes, or the kernel does not tell that there is.
void Children::look_later(Child& child) {
  if (child.look != 0) return;
  child.look = timers_.add(steady() + look_interval, [this, &child] {
    child.look = 0;
    bool more = read_file(child, Stream::output, look_bytes);
    more = read_file(child, Stream::error, look_bytes) || more;
    if (more || child.watches[1] < 0) look_later(child);
  });
}

/// Reads files in the order in which they have grown. Once through the events that are there: more come while we read.
bool Children::on_growth() {
  alignas(inotify_event) char events[4096];
  bool any = false;
  const ssize_t size = ::read(growth_.get(), events, sizeof events);
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(events + at);
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    const auto grown = growing_.find(event->wd);
    if (grown == growing_.end()) continue;  // of a child that is gone
    if (read_file(*grown->second.first, grown->second.second, look_bytes)) look_later(*grown->second.first);
    any = true;
  }
  return any;
}

/// What has come since, and then no more.
void Children::end_files(Child& child) {
  if (growth_) on_growth();
  for (const Stream stream : {Stream::output, Stream::error}) read_file(child, stream, everything);
  unwatch_files(child);
  child.output.close();
  child.error.close();
}

void Children::unwatch_files(Child& child) {
  timers_.cancel(std::exchange(child.look, 0));
  for (int& watched : child.watches) {
    if (watched < 0) continue;
    growing_.erase(watched);
    ::inotify_rm_watch(growth_.get(), std::exchange(watched, -1));
  }
  child.in_files = false;
}

/// At most what is in it now, or `limit` bytes: whatever writes on, in the background too, neither starves the others
/// nor keeps us for ever. Is there more?
bool Children::read_file(Child& child, Stream stream, off_t limit) {
  const Fd& file = stream == Stream::output ? child.output : child.error;
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return false;
  const off_t unread = status.st_size - ::lseek(file.get(), 0, SEEK_CUR);
  for (off_t left = std::min(unread, limit); left > 0;) {
    const ssize_t n = ::read(file.get(), buffer_.get(), std::min(buffer_bytes, static_cast<std::size_t>(left)));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    left -= n;
    const std::string_view bytes(buffer_.get(), static_cast<std::size_t>(n));
    if (child.handlers.output && !child.abandoned) child.handlers.output(stream, bytes);
    if (!file) return false;  // abandoned by its handler
  }
  return unread > limit;
}

Children::Child* Children::find(ProcessId id) {
  for (const auto& child : all_) {
    if (child->pid != 0 && child->pid == id) return child.get();
  }
  return nullptr;
}

void Children::signal(ProcessId id, int signal_number) {
  if (const Child* child = find(id)) ::kill(-child->pid, signal_number);
}

void Children::abandon(ProcessId id) {
  Child* child = find(id);
  if (child == nullptr || child->abandoned) return;
  child->abandoned = true;
  ::kill(-child->pid, SIGKILL);
  forget(child->output);
  forget(child->error);
}

void Children::end_all() {
  const auto all = [this](int signal_number) {
    for (const auto& child : all_) {
      if (child->pid != 0 && child->trace.file.empty()) ::kill(-child->pid, signal_number);
    }
  };
  const auto at_work = [](const std::unique_ptr<Child>& child) {
    siginfo_t info{};
    return child->pid != 0 && child->trace.file.empty() &&
           ::waitid(P_PID, static_cast<id_t>(child->pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  };
  all(SIGTERM);
  for (int looks = 0; looks < 50 && std::ranges::any_of(all_, at_work); ++looks) ::usleep(10'000);
  all(SIGKILL);
}

bool Children::ready(std::uint64_t key) {
  const std::size_t index = (key & 0xffff'ffff) >> 2;
  if (key == growth_key) return on_growth();
  if (index >= all_.size()) return false;
  Child& child = *all_[index];
  const auto source = static_cast<Source>(key & 3);
  if (child.pid == 0 || child.key(source) != key) return false;
  if (source == Source::exit) return on_exit(child);
  const bool output = source == Source::output;
  on_output(child, output ? Stream::output : Stream::error, output ? child.output : child.error);
  if (child.exited && !child.output && !child.error) finish(child);
  return true;
}

void Children::on_output(Child& child, Stream stream, Fd& pipe) {
  for (int reads = 0; pipe && reads < reads_at_once; ++reads) {
    const ssize_t n = ::read(pipe.get(), buffer_.get(), buffer_bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return forget(pipe);
    const std::string_view bytes(buffer_.get(), static_cast<std::size_t>(n));
    if (child.handlers.output && !child.abandoned) child.handlers.output(stream, bytes);
  }
}

bool Children::on_exit(Child& child) {
  siginfo_t info{};
  const int waited = ::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG | WNOWAIT);
  if (child.exited || waited != 0 || info.si_pid == 0) return false;
  child.exited = true;
  child.status = status_from(info);
  forget(child.end);
  if (child.in_files) {
    end_files(child);
    finish(child);
    return true;
  }
  on_output(child, Stream::output, child.output);
  on_output(child, Stream::error, child.error);
  if (!child.output && !child.error) {
    finish(child);
  } else {
    child.drain = timers_.add(steady() + drain_limit, [this, &child] { finish(child); });
  }
  return true;
}

void Children::finish(Child& child) {
  forget(child.output);
  forget(child.error);
  timers_.cancel(std::exchange(child.drain, 0));
  spawner_.trace_end(child.trace, child.status);
  const ProcessHandlers handlers = std::exchange(child.handlers, {});
  if (handlers.exited && !child.abandoned) handlers.exited(child.status);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED | WNOHANG);
  child.pid = 0;
  child.exited = child.abandoned = false;
  ++child.generation;
  vacant_.push_back(child.index);
  --alive_;
}

}  // namespace verba::posix
