// SPDX-License-Identifier: Apache-2.0
// Commands on another machine, over a multiplexed connection of OpenSSH.
#pragma once

#include <memory>
#include <string>

#include "os/executor.h"
#include "os/ssh/connections.h"

namespace verba {

/// Where on the machine commands run.
struct SshPlace {
  std::string work_directory;  ///< "": the home directory; not absolute: from there
  std::string become;          ///< the user to become with `sudo -n`; "": who logged in
};

/// Programs there start from that machine's variables. A program that was begun and whose end is not seen, because the
/// connection broke, is in doubt (WorkDone::doubt). It may still be at work there: for some seconds a new connection is
/// tried, and where there is one, its end is waited for (WorkDone::at_rest).
class SshExecutor final : public Executor {
 public:
  SshExecutor(System& system, SshConnections& connections, std::shared_ptr<const SshTarget> target, SshPlace place)
      : system_(system), connections_(connections), target_(std::move(target)), place_(std::move(place)) {}

  std::string directory_for(const std::string& manifest_directory, const std::string& written) const override;
  Async<WorkDone> run(Work work, Stop& stop, RunOptions options) override;

 private:
  /// Throws when it is certain that nothing was begun.
  Async<WorkDone> run_there(Work work, Stop& stop, RunOptions options);
  Async<bool> await_rest(std::int64_t group, std::string mark, std::optional<Milliseconds> limit, Stop& stop);
  Async<Finished> tell(std::string socket, std::string line, std::optional<Milliseconds> limit, Stop& stop);

  System& system_;
  SshConnections& connections_;
  std::shared_ptr<const SshTarget> target_;
  SshPlace place_;
};

}  // namespace verba
