// SPDX-License-Identifier: Apache-2.0
// The shell text that has a command run on another machine. What is said on ssh's command line is the same for every
// command; all that is the command's own, values above all, goes through standard input.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "os/executor.h"

namespace verba {

/// For ssh's command line: reads lines to one that is `mark`, which is $0 for them, and evaluates them. Understood by
/// any login shell.
/// `user`: of sudo, or "".
std::string remote_command(const std::string& mark, const std::string& user);

/// What is to be read: sets everything up, says that it begins, runs the command, says how it ended (os/ssh/framing.h).
/// After it on standard input comes the content of work.file, then work.input. `directory` begins at the home directory
/// unless it is absolute. Throws Error(system) for a variable that no shell can set.
std::string remote_script(const Work& work, const std::string& directory, bool as_other_user);

/// For ssh's command line: TERM to a process group, after `grace` KILL; exit 0 once nothing is left of it.
std::string remote_end(std::int64_t group, Milliseconds grace, const std::string& user);

/// Likewise: exit 0 once nothing is left of the group that reads after `mark`; a later group of the same number is
/// none.
std::string remote_wait(std::int64_t group, const std::string& mark, const std::string& user);

}  // namespace verba
