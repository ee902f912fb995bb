// SPDX-License-Identifier: Apache-2.0
// One multiplexed connection of OpenSSH for each host and identity, for as long as this lives.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "os/async.h"
#include "os/process.h"
#include "os/ssh/target.h"
#include "os/system.h"

namespace verba {

/// What ssh prints about itself, and the private directory of the sockets.
///
/// A master is a process of its own (ssh -f -M -N). It is opened when it is first needed and closed by the destructor;
/// when we are killed, it ends by itself after some minutes without use, and the next run removes what is left of it.
/// Passwords and passphrases reach it through SSH_ASKPASS and a file of mode 0600 that is removed as soon as it is in.
/// Host keys are always checked. One thread.
class SshConnections {
 public:
  explicit SshConnections(System& system);
  ~SshConnections();
  SshConnections(const SshConnections&) = delete;
  SshConnections& operator=(const SshConnections&) = delete;

  /// The socket of a master that is connected. Several may wait for the same. Throws Error(system): "ssh.connect",
  /// "ssh.host-key", "ssh.stopped" (when `stop` was requested).
  Async<std::string> socket(std::shared_ptr<const SshTarget> target, Stop& stop);

  /// What has `line`, a command line, run over such a socket.
  std::vector<std::string> session(const std::string& socket, std::string line) const;

 private:
  struct Connection;
  Async<std::string> connect(Connection& connection);
  std::vector<std::string> options_of(const Connection&, const std::string& jump_socket);
  void write_helpers(const Connection&);
  void remove_secret(const Connection&);
  Async<std::string> explained(Connection&, std::vector<std::string> options, std::string complaint);
  Async<std::string> offered(Connection&, std::vector<std::string> options);
  bool is_there(const Connection&) const;
  const std::string& directory();
  void remove_leftovers(const std::string& base);
  void write_client();
  void close() noexcept;

  System& system_;
  std::string directory_;
  std::string client_;  ///< see os/ssh/session_client.cc; "": not to be had
  Stop closing_;
  std::map<std::string, std::unique_ptr<Connection>> all_;  ///< by identity
};

}  // namespace verba
