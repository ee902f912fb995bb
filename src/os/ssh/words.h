// SPDX-License-Identifier: Apache-2.0
// What ssh says when it cannot get in, and what that means to people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "os/async.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

/// How a short command of ssh's ended, and what it said.
struct Said {
  Finished finished;
  std::string errors;  ///< standard error; at most some KiB
};
Async<Said> ask_ssh(System& system, std::vector<std::string> argv, Variables environment, Stop& stop,
                    Milliseconds limit);

/// Those that are not empty.
std::vector<std::string> lines_of(std::string_view text);

enum class SshTrouble : std::uint8_t {
  other,
  unknown_host,  ///< nothing is known of the host's key
  changed_host,  ///< the host's key is another one than what is known
  open_key,      ///< others can read the private key
  denied,        ///< the host does not let us in
};
SshTrouble trouble_of(std::string_view complaint);

/// Has ssh ask this program instead of a person.
void answer_by(Variables& environment, const std::string& program);

/// The private half may be with an agent.
bool has_ssh_key(System& system, const std::string& file);

/// A private key that a host may have refused.
struct SshKey {
  std::string file;
  std::string askpass;      ///< a program that answers with the passphrase; "": none was said
  std::string_view unlock;  ///< what to do with the passphrase that it wants, for people
};
/// Why, for people.
Async<std::string> about_key(System& system, SshKey key, Stop& stop);
std::string about_open_key(const std::string& file);

/// The key that a host shows.
struct OfferedKey {
  std::string fingerprint;  ///< as ssh-keygen -l prints it
  std::string line;         ///< of known_hosts; "": none could be read
  std::string key() const { return line.substr(line.find(' ') + 1); }
};
/// What to do about the key of a host. `shown`: what it shows; pinned: its manifest says the key.
std::string about_host_key(SshTrouble trouble, std::string_view shown, bool is_pinned);
/// Asks for it without logging in. `options`: ("Port=22") of the way there; what they say of keys of hosts does not
/// count. `file`: in a directory of our own, written and left behind.
Async<OfferedKey> offered_key(System& system, std::vector<std::string> options, std::string host, std::string file,
                              Stop& stop);

}  // namespace verba
