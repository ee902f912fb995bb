// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/git_ssh.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "os/process.h"
#include "os/ssh/words.h"

namespace verba {
namespace {

/// What ssh takes for the host: "ssh://git@host:2222", "git@host"; "" of what git does not get to by ssh.
std::string ssh_host_of(const std::string& address) {
  const auto scheme = address.find("://");
  if (scheme == std::string::npos) return address.substr(0, address.find(':'));
  return address.starts_with("ssh://") ? address.substr(0, address.find('/', scheme + 3)) : std::string();
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// The key that the host shows, and where to write it.
Async<std::string> shown_by(System& system, std::string host) {
  const std::string directory = "/tmp/verba-key-" + hex(system.random_bytes(8));
  system.make_directories(directory, 0700);
  Stop never;
  Async<OfferedKey> looking = offered_key(system, {}, std::move(host), directory + "/known", never);
  const OfferedKey key = co_await looking;
  system.remove(directory);
  if (key.line.empty()) co_return std::string("none that could be read");
  co_return fmt::format("{}; then add this line to ~/.ssh/known_hosts: {}", key.fingerprint, key.line);
}

Async<BadLocation> about_host(System& system, std::string host, SshTrouble trouble) {
  const bool has_changed = trouble == SshTrouble::changed_host;
  BadLocation finding;
  finding.message =
      fmt::format("the host key of '{}' is {}", host, has_changed ? "not the one in known_hosts" : "not known");
  // A command of the operator's own may say where keys are kept: asked by it, a host could be taken for known.
  if (system.variable("GIT_SSH_COMMAND") || system.variable("GIT_SSH")) {
    finding.hint = has_changed ? "somebody may be in between: compare its key with what its owner says"
                               : "compare its key with what its owner says, then add it to known_hosts";
    co_return finding;
  }
  Async<std::string> asking = shown_by(system, std::move(host));
  const std::string shown = co_await asking;
  finding.hint = about_host_key(trouble, shown, false);
  co_return finding;
}

}  // namespace

Async<std::optional<BadLocation>> ssh_trouble(System& system, Origin origin, std::string complaint) {
  const std::string host = ssh_host_of(origin.address);
  if (host.empty()) co_return std::nullopt;
  SshTrouble trouble = trouble_of(complaint);
  if (trouble == SshTrouble::other && complaint.find("Host key verification failed") != std::string::npos) {
    trouble = SshTrouble::unknown_host;
  }
  if (trouble == SshTrouble::unknown_host || trouble == SshTrouble::changed_host) {
    Async<BadLocation> looking = about_host(system, host, trouble);
    BadLocation finding = co_await looking;
    co_return finding;
  }
  if (origin.ssh_key.empty() || trouble == SshTrouble::other) co_return std::nullopt;
  if (!has_ssh_key(system, origin.ssh_key)) {
    co_return BadLocation{fmt::format("there is no key '{}'", origin.ssh_key),
                          "`sshPrivateKeyPath` starts at the directory of its manifest"};
  }
  BadLocation finding{"", about_open_key(origin.ssh_key)};
  if (trouble == SshTrouble::denied) {
    Stop never;
    Async<std::string> looking = about_key(system, {origin.ssh_key, "", "load it into ssh-agent with ssh-add"}, never);
    finding.hint = co_await looking;
  }
  co_return finding;
}

}  // namespace verba
