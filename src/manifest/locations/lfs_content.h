// SPDX-License-Identifier: Apache-2.0
// What Git LFS keeps of a commit, fetched by git-lfs.
#pragma once

#include <string>
#include <vector>

#include "manifest/locations/commit_tree.h"
#include "manifest/locations/repository.h"
#include "os/async.h"

namespace verba {

/// Puts it in the place of its pointers among the entries of a fetched commit, as objects of the repository. Borrows
/// both until it is done. Throws as run_git(), and when it is too much.
Async<int> take_from_lfs(Repository& repository, std::string commit, std::vector<TreeEntry>& entries);

}  // namespace verba
