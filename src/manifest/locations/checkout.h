// SPDX-License-Identifier: Apache-2.0
// The files of one commit, on this machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/system.h"

namespace verba {

/// How locations are fetched.
struct FetchSettings {
  std::string cache;                                       ///< directory for repositories, absolute
  bool offline = false;                                    ///< the network is not asked; what was fetched before serves
  std::function<void(const std::string& line)> tell = {};  ///< for the person, while something takes its time
};

struct Checkout {
  std::string root;                   ///< absolute; no link in it leads out
  std::string commit;                 ///< all digits
  std::string branch;                 ///< or tag, as was said; "" is neither
  std::vector<std::string> files;     ///< paths of all files and links, from the root, sorted
  std::vector<std::string> links;     ///< those of `files` that are links, sorted
  std::vector<std::string> left_out;  ///< links that lead out or to nothing: they are not there
};

/// The commit that the origin names, fetched (that one alone, without its past) unless the cache has it. A commit in
/// the cache needs no network; branches and tags are looked up each time, but for `offline`. What is in the tree is
/// what is in the commit, byte for byte: no filter, hook or LFS, and submodules only where the origin wants them; files
/// that somebody changed are put back; what somebody added is not among `files`. With `sparse` only that is fetched,
/// where the server can do that, and only that is there. Several processes may do this at once. Throws Error(manifest)
/// as run_git(), and when the repository is too large or the commit is not signed as wanted.
Async<Checkout> check_out(System& system, Origin origin, FetchSettings settings);

/// Where repositories are kept: XDG_CACHE_HOME/verba/git, or ~/.cache/verba/git; "" where neither is known.
std::string git_cache_directory(System&);

}  // namespace verba
