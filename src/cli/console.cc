// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

namespace verba {
namespace {

/// False when some of it was lost, other than by nobody reading any more.
bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, 1000);
    } else if (errno != EINTR) {
      return errno == EPIPE;
    }
  }
  return true;
}

ScreenSize screen_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

bool has_line() {
  pollfd ready{STDIN_FILENO, POLLIN, 0};
  return ::poll(&ready, 1, 0) > 0;
}

std::optional<std::string> read_line(const std::function<void()>& meanwhile) {
  constexpr int kEveryMs = 5000;
  std::string line;
  for (;;) {
    pollfd ready{STDIN_FILENO, POLLIN, 0};
    const int n = ::poll(&ready, 1, kEveryMs);
    if (n == 0) meanwhile();
    if (n <= 0) continue;
    char c = 0;
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
}

}  // namespace

Console make_console() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes shows as an error of the write, like a full disk
  Console console;
  const auto lost = std::make_shared<bool>(false);
  console.out = [lost](std::string_view text) { *lost = !write_all(STDOUT_FILENO, text) || *lost; };
  console.lost_output = [lost] { return *lost; };
  console.err = [](std::string_view text) { write_all(STDERR_FILENO, text); };
  console.in_terminal = ::isatty(STDIN_FILENO) == 1;
  console.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  console.err_terminal = ::isatty(STDERR_FILENO) == 1;
  console.size = screen_size;
  console.has_line = has_line;
  console.read_line = read_line;
  return console;
}

}  // namespace verba
