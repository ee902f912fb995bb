// SPDX-License-Identifier: Apache-2.0
// Another machine, and how to get in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace verba {

/// All that a connection to a host depends on. A plain value; holds secrets.
struct SshTarget {
  enum class Login : std::uint8_t {
    own,       ///< ssh's configuration, keys and agents of whoever runs us
    key,       ///< the private key `key_file`; `secret` is its passphrase, or ""
    password,  ///< `secret` is the password
  };

  std::string name;  ///< the account's, for people
  std::string host;  ///< a name or an address, or a `Host` of ssh's configuration
  std::string user;  ///< "": as ssh's configuration says
  int port = 0;      ///< 0: as ssh's configuration says
  Login login = Login::own;
  std::string key_file;  ///< absolute
  std::string secret;
  std::string host_key;                   ///< pinned, as "ssh-ed25519 AAAA..."; "": known_hosts decides
  std::shared_ptr<const SshTarget> jump;  ///< through which; null: directly
};

/// The same text for targets that can share a connection, another for those that cannot.
std::string identity_of(const SshTarget&);

/// "deploy@web1.example.org port 2222", for people.
std::string place_of(const SshTarget&);

/// What ssh could take for an option or a shell for a command is no name. Letters, digits and - _ . : % in a host,
/// letters, digits and - _ . + @ in a user (never first: -).
bool is_host(std::string_view);
bool is_login_name(std::string_view);

}  // namespace verba
