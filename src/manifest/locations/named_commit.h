// SPDX-License-Identifier: Apache-2.0
// What a branch, a tag or HEAD of a repository names now.
#pragma once

#include <string>

#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/system.h"

namespace verba {

/// All digits of the commit; asks the repository's server. Throws as run_git(), and when there is no such name, or more
/// than one.
Async<std::string> commit_named(System& system, Origin origin);

}  // namespace verba
