// SPDX-License-Identifier: Apache-2.0
//
// The child runs on a stack of its own in our memory (CLONE_VM | CLONE_VFORK) while we are held until its exec. So
// nothing in run_child may allocate, lock, or touch what we hold; it makes bare system calls, which the sanitizers do
// not intercept. All signals are blocked meanwhile: a handler of ours that ran in the child would write in our memory.
#include "os/posix/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "base/error.h"
#include "os/posix/failure.h"

/// clone() under the name that ThreadSanitizer does not know: it takes every clone for a fork, and then forgets, in the
/// memory that is ours, to deliver signals.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...) noexcept;

namespace verba::posix {
namespace {

constexpr std::string_view default_path = "/usr/local/bin:/usr/bin:/bin";

enum class Stage : std::uint8_t { streams, directory, trace, program };

/// What the child needs, and what it reports when it fails. Lives in our frame while we are held.
struct Birth {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* variables = nullptr;
  const char* directory = nullptr;  ///< null: stay
  Streams streams;
  int trace = -1;             ///< -1: none
  char* line = nullptr;       ///< of the trace: its first words, and room for the rest
  std::size_t line_size = 0;  ///< of the first words
  volatile int error_number = 0;
  volatile Stage stage = Stage::streams;
};

/// The kernel's own struct sigaction, all zero: the default disposition. Larger than any architecture's.
struct DefaultAction {
  std::uint64_t words[8] = {};
};
constexpr std::size_t kernel_mask_bytes = 8;

#define VERBA_BARE __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

VERBA_BARE long fail_child(Birth* birth, Stage stage) {
  birth->stage = stage;
  birth->error_number = errno;
  ::syscall(SYS_exit_group, 127);
  return -1;
}

/// Appends a blank and a number that is not negative.
VERBA_BARE void append_number(Birth* birth, long number) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  birth->line[birth->line_size++] = ' ';
  while (count > 0) birth->line[birth->line_size++] = digits[--count];
}

/// The line is whole or not there: one write to a file that is appended to.
VERBA_BARE void write_trace(Birth* birth) {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  append_number(birth, ::syscall(SYS_getpid));
  append_number(birth, now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
  birth->line[birth->line_size++] = '\n';
  const long written = ::syscall(SYS_write, birth->trace, birth->line, birth->line_size);
  if (written != static_cast<long>(birth->line_size)) fail_child(birth, Stage::trace);
}

VERBA_BARE int run_child(void* argument) {
  auto* birth = static_cast<Birth*>(argument);
  ::syscall(SYS_setsid);
  if (birth->trace >= 0) {
    write_trace(birth);
  } else {
    // However we die, it hears of it. (Only the child itself: its own children are its business.)
    ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  }
  const int wanted[3] = {birth->streams.input, birth->streams.output, birth->streams.error};
  for (int number = 0; number < 3; ++number) {
    // Ours are never below 3 (see make_posix_system), so none is overwritten before it was used.
    if (::syscall(SYS_dup3, wanted[number], number, 0) < 0) fail_child(birth, Stage::streams);
  }
  const DefaultAction action;
  for (int number = 1; number < 32; ++number) {  // nobody handles or ignores real-time signals
    ::syscall(SYS_rt_sigaction, number, &action, nullptr, kernel_mask_bytes);  // KILL and STOP refuse: fine
  }
  // All of ours close themselves on exec; this is for what libraries may have left open. An old kernel says no: fine.
  ::syscall(SYS_close_range, 3u, ~0u, 0u);
  if (birth->directory != nullptr && ::syscall(SYS_chdir, birth->directory) != 0) fail_child(birth, Stage::directory);
  const std::uint64_t nothing_blocked = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing_blocked, nullptr, kernel_mask_bytes);
  ::syscall(SYS_execve, birth->program, birth->arguments, birth->variables);
  return static_cast<int>(fail_child(birth, Stage::program));
}

/// No signal is delivered to this thread while it lives.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

[[noreturn]] void fail_start(const Command& command, const Birth& birth) {
  const int error_number = birth.error_number;
  if (birth.stage == Stage::directory) {
    fail("system.start", fmt::format("cannot enter the directory '{}'", command.directory), error_number);
  }
  if (birth.stage == Stage::trace) {
    fail("system.start", fmt::format("cannot write '{}'", command.trace.file),
         error_number == 0 ? ENOSPC : error_number);
  }
  const std::string doing = fmt::format("cannot start '{}'", birth.program);
  if (birth.stage == Stage::program && error_number == ENOENT && ::access(birth.program, F_OK) == 0) {
    throw Error(Error::Kind::system, "system.start", doing + ": the interpreter that its first line names is missing");
  }
  if (error_number == ENOEXEC) {
    throw Error(Error::Kind::system, "system.start", doing + ": it is neither a program nor has it a #! line");
  }
  if (error_number == E2BIG) {
    throw Error(Error::Kind::system, "system.start", doing + ": its arguments and environment are too large",
                "pass large values through standard input or a file");
  }
  fail("system.start", doing, error_number);
}

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::access(path.c_str(), X_OK) == 0 && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Spawner::Spawner() : stack_(new char[stack_bytes]) {}
Spawner::~Spawner() = default;

std::string Spawner::find_program(const Command& command) const {
  const std::string& name = command.argv.at(0);
  if (name.find('/') != std::string::npos) return name;
  std::string_view path = default_path;
  for (const auto& [key, value] : command.environment) {
    if (key == "PATH") path = value;
  }
  std::string candidate;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string_view folder = path.substr(begin, end - begin);
    candidate.clear();
    if (!folder.starts_with('/') && !command.directory.empty()) candidate.append(command.directory).push_back('/');
    candidate.append(folder.empty() ? std::string_view(".") : folder).append("/").append(name);
    if (is_executable_file(candidate)) return candidate;
    begin = end + 1;
  }
  throw Error(Error::Kind::system, "system.no-program", fmt::format("program '{}' is not on PATH", name));
}

void Spawner::lay_out(const Command& command) {
  arguments_.clear();
  for (const std::string& argument : command.argv) arguments_.push_back(const_cast<char*>(argument.c_str()));
  arguments_.push_back(nullptr);

  std::size_t bytes = 0;
  for (const auto& [name, value] : command.environment) bytes += name.size() + value.size() + 2;
  environment_.clear();
  environment_.reserve(bytes);  // never moves while pointers into it are taken
  variables_.clear();
  for (const auto& [name, value] : command.environment) {
    variables_.push_back(environment_.data() + environment_.size());
    environment_.append(name).append(1, '=').append(value).append(1, '\0');
  }
  variables_.push_back(nullptr);
}

void Spawner::open_trace(const std::string& file) {
  if (trace_ && trace_file_ == file) return;
  trace_ = Fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (!trace_) fail("system.start", fmt::format("cannot write '{}'", file), errno);
  trace_file_ = file;
}

void Spawner::trace_end(const Trace& trace, ExitStatus status) {
  if (trace.file.empty() || trace.file != trace_file_) return;
  const int code = status.signal != 0 ? 128 + status.signal : status.code;
  const std::string line = fmt::format("ended {} {}\n", trace.label, code);
  // A full disk is no harm here: the state is about to hear of it, and the child may have written it itself.
  [[maybe_unused]] const ssize_t written = ::write(trace_.get(), line.data(), line.size());
}

pid_t Spawner::spawn(const Command& command, const Streams& streams) {
  if (command.argv.empty()) bug("a command without a program");
  const std::string program = find_program(command);
  lay_out(command);
  Birth birth;
  birth.program = program.c_str();
  birth.arguments = arguments_.data();
  birth.variables = variables_.data();
  birth.directory = command.directory.empty() ? nullptr : command.directory.c_str();
  birth.streams = streams;
  std::string line;
  if (!command.trace.file.empty()) {
    open_trace(command.trace.file);
    const Trace& trace = command.trace;
    line = fmt::format("began {} {} {}", trace.label, trace.witnessed ? "witnessed" : "alone", trace.slot);
    birth.line_size = line.size();
    line.resize(line.size() + 64);
    birth.line = line.data();
    birth.trace = trace_.get();
  }

  pid_t pid = -1;
  int clone_error = 0;
  {
    const BlockedSignals blocked;
    pid = ::__clone(run_child, stack_.get() + stack_bytes, CLONE_VM | CLONE_VFORK | SIGCHLD, &birth);
    clone_error = errno;
  }
  if (pid < 0) fail("system.start", fmt::format("cannot start '{}'", program), clone_error);
  if (birth.error_number == 0) return pid;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  fail_start(command, birth);
}

}  // namespace verba::posix
