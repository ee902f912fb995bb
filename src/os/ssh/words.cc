// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace verba {
namespace {

constexpr Milliseconds meeting_limit{60'000};
constexpr Milliseconds keygen_limit{3'000};
constexpr std::size_t complaint_bytes = 8 << 10;

}  // namespace

Async<Said> ask_ssh(System& system, std::vector<std::string> argv, Variables environment, Stop& stop,
                    Milliseconds limit) {
  Said said;
  RunOptions options;
  options.timeout = limit;
  options.capture_bytes = complaint_bytes;
  options.sink = [&said](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && said.errors.size() < complaint_bytes) said.errors += bytes;
  };
  Command command;
  command.argv = std::move(argv);
  command.environment = std::move(environment);
  Async<Finished> child = run(system, std::move(command), stop, std::move(options));
  said.finished = co_await child;
  co_return said;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    std::erase(line, '\r');
    if (!line.empty()) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

SshTrouble trouble_of(std::string_view complaint) {
  const auto says = [&](std::string_view words) { return complaint.find(words) != std::string_view::npos; };
  if (says("HOST IDENTIFICATION HAS CHANGED") || says("has changed")) return SshTrouble::changed_host;
  if (says("host key is known")) return SshTrouble::unknown_host;
  if (says("are too open")) return SshTrouble::open_key;
  return says("Permission denied") ? SshTrouble::denied : SshTrouble::other;
}

void answer_by(Variables& environment, const std::string& program) {
  std::erase_if(environment, [](const auto& variable) { return variable.first.starts_with("SSH_ASKPASS"); });
  environment.emplace_back("SSH_ASKPASS", program);
  environment.emplace_back("SSH_ASKPASS_REQUIRE", "force");
}

bool has_ssh_key(System& system, const std::string& file) {
  return system.kind_of(file).has_value() || system.kind_of(file + ".pub").has_value();
}

Async<std::string> about_key(System& system, SshKey key, Stop& stop) {
  std::vector<std::string> argv = {"ssh-keygen", "-y"};
  if (key.askpass.empty()) argv.insert(argv.end(), {"-P", ""});
  argv.insert(argv.end(), {"-f", key.file});
  Variables environment = operators_environment(system);
  if (!key.askpass.empty()) answer_by(environment, key.askpass);
  Async<Said> opening = ask_ssh(system, std::move(argv), std::move(environment), stop, keygen_limit);
  const Said said = co_await opening;
  if (said.finished.status.success()) {
    co_return fmt::format("it does not accept the key '{}': is its public half in authorized_keys there?", key.file);
  }
  if (said.errors.find("passphrase") == std::string::npos) {
    const std::vector<std::string> lines = lines_of(said.errors);
    co_return lines.empty() ? std::string() : lines.back();
  }
  if (key.askpass.empty()) {
    co_return fmt::format("the key '{}' has a passphrase: {}", key.file, key.unlock);
  }
  co_return fmt::format("`passphrase` does not open the key '{}'", key.file);
}

std::string about_host_key(SshTrouble trouble, std::string_view shown, bool is_pinned) {
  if (trouble == SshTrouble::unknown_host && !is_pinned) {
    return fmt::format("compare the fingerprint with what its owner says. It shows {}", shown);
  }
  return fmt::format("somebody may be in between. It shows {}{}", shown,
                     is_pinned ? "" : "; if the host was made anew, remove the old line with `ssh-keygen -R`");
}

std::string about_open_key(const std::string& file) {
  return fmt::format("others can read the key, so ssh does not take it: chmod 600 {}", quoted(file));
}

Async<OfferedKey> offered_key(System& system, std::vector<std::string> options, std::string host, std::string file,
                              Stop& stop) {
  std::erase_if(options, [](const std::string& option) {
    return option.starts_with("StrictHostKeyChecking=") || option.starts_with("UserKnownHostsFile=") ||
           option.starts_with("GlobalKnownHostsFile=") || option.starts_with("PreferredAuthentications=") ||
           option.starts_with("BatchMode=") || option.starts_with("HostKeyAlias=");
  });
  std::vector<std::string> argv = {"ssh", "-T"};
  for (const std::string& option : options) argv.insert(argv.end(), {"-o", option});
  for (const char* option : {"BatchMode=yes", "StrictHostKeyChecking=accept-new", "GlobalKnownHostsFile=/dev/null",
                             "HashKnownHosts=no", "PreferredAuthentications=none", "ControlPath=none"}) {
    argv.insert(argv.end(), {"-o", option});
  }
  argv.insert(argv.end(), {"-o", "UserKnownHostsFile=" + file, "--", host, "exit"});
  Async<Said> meeting = ask_ssh(system, std::move(argv), operators_environment(system), stop, meeting_limit);
  co_await meeting;
  const std::vector<std::string> shown = lines_of(system.read_file(file).value_or(""));
  if (shown.empty()) co_return OfferedKey{};
  Async<Said> printing =
      ask_ssh(system, {"ssh-keygen", "-l", "-f", file}, operators_environment(system), stop, keygen_limit);
  const Said print = co_await printing;
  const std::vector<std::string> words = lines_of(print.finished.output);
  co_return OfferedKey{words.empty() ? "a key" : words.front(), shown.front()};
}

}  // namespace verba
