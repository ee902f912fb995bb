// SPDX-License-Identifier: Apache-2.0
#include "os/posix/surroundings.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "os/posix/failure.h"
#include "os/posix/files.h"

namespace verba::posix {

Instant now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Milliseconds>(since).count()};
}

std::chrono::nanoseconds steady() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t used = 0; used < count;) {
    const ssize_t n = ::getrandom(bytes.data() + used, count - used, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("system.random", "cannot get random bytes", errno);
    used += static_cast<std::size_t>(n);
  }
  return bytes;
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::vector<std::pair<std::string, std::string>> variables() {
  std::vector<std::pair<std::string, std::string>> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    all.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  std::ranges::stable_sort(all, {}, &std::pair<std::string, std::string>::first);
  return all;
}

std::string host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) fail("system.host", "cannot get the name of this host", errno);
  return name.data();
}

std::string boot_id() {
  std::string id = read_file("/proc/sys/kernel/random/boot_id", 4096).value_or("");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

namespace {

struct ProcessStat {
  char state = '?';
  std::int64_t group = 0;
  std::int64_t start = 0;  ///< in ticks since boot
};

std::optional<ProcessStat> stat_of(std::string_view process) {
  const std::optional<std::string> text = read_file(fmt::format("/proc/{}/stat", process), 1 << 16);
  // "PID (NAME) STATE ..." and the name may hold anything: count from its last parenthesis. The state is field 3.
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 >= text->size()) return std::nullopt;
  ProcessStat stat;
  stat.state = (*text)[name_end + 2];
  std::size_t at = name_end + 1;
  for (int field = 3; field <= 22; ++field, at = text->find(' ', at + 1)) {
    if (at == std::string::npos) return std::nullopt;
    if (field != 5 && field != 22) continue;
    std::int64_t& number = field == 5 ? stat.group : stat.start;
    if (std::from_chars(text->data() + at + 1, text->data() + text->size(), number).ec != std::errc())
      return std::nullopt;
  }
  return stat;
}

/// Whoever has ended and was not fetched by its parent is of a group, too: those do not count.
bool has_living_member(std::int64_t group) {
  for (const DirectoryEntry& entry : list_directory("/proc").value_or(std::vector<DirectoryEntry>())) {
    if (entry.name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::optional<ProcessStat> stat = stat_of(entry.name);
    if (stat && stat->group == group && stat->state != 'Z' && stat->state != 'X') return true;
  }
  return false;
}

}  // namespace

std::optional<std::int64_t> process_start(std::int64_t process) {
  const std::optional<ProcessStat> stat = stat_of(std::to_string(process));
  return stat && stat->state != 'Z' ? std::optional(stat->start) : std::nullopt;  // a zombie does nothing any more
}

bool group_is_alive(std::int64_t group, std::int64_t began_ms) {
  if (group <= 1 || (::kill(static_cast<pid_t>(-group), 0) != 0 && errno == ESRCH)) return false;
  if (const std::optional<ProcessStat> leader = stat_of(std::to_string(group))) {
    // The kernel rounds a start to its ticks, and the trace is written a moment later.
    constexpr std::int64_t tolerance_ms = 2000;
    const std::int64_t started_ms = leader->start * 1000 / ::sysconf(_SC_CLK_TCK);
    if (std::abs(started_ms - began_ms) > tolerance_ms) return false;
    if (leader->state != 'Z') return true;
  }
  return has_living_member(group);  // an id is not given again while a group has it
}

}  // namespace verba::posix
