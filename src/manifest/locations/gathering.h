// SPDX-License-Identifier: Apache-2.0
// All that one commit brings: its own files, those of its submodules, and what Git LFS keeps of them.
#pragma once

#include <string>

#include "manifest/locations/commit_tree.h"
#include "manifest/locations/repository.h"
#include "os/async.h"

namespace verba {

/// Of a commit that the repository has: submodules and what Git LFS keeps are fetched where the origin wants them.
/// Throws as run_git(), and when it is too much or holds what no sound repository does.
Async<CommitTree> gather(System& system, Repository repository, std::string commit);

}  // namespace verba
