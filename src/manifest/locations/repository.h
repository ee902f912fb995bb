// SPDX-License-Identifier: Apache-2.0
// What git keeps of one address in the cache.
#pragma once

#include <string>
#include <vector>

#include "manifest/locations/git.h"
#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/system.h"

namespace verba {

inline constexpr Milliseconds fetch_limit{20 * 60'000};

/// A bare repository below `cache`, made when something is first fetched into it; of an origin with `sparse` another
/// one, in which files may be missing. Several processes may use it at once. Borrows the system; outlives what it
/// gives. All of it throws as run_git().
class Repository {
 public:
  Repository(System& system, Origin origin, std::string cache);

  const Origin& origin() const { return origin_; }
  const std::string& cache() const { return cache_; }
  const std::string& home() const { return home_; }  ///< of all that the cache has of the address
  std::string path() const { return home_ + (is_sparse() ? "/sparse" : "/repository"); }
  std::string lock() const { return home_ + "/lock"; }
  bool is_sparse() const { return !origin_.sparse.empty(); }
  /// What is fetched when not all is; sorted.
  std::vector<std::string> wanted_paths() const;

  Async<GitAnswer> git(GitCall call);
  /// The commit alone; where the server does not give that, all branches and tags.
  Async<int> fetch(std::string commit);
  Async<int> fetch_unless_there(std::string commit);
  /// The files that are wanted of a commit of which only the directories were fetched.
  Async<int> fetch_wanted(std::string commit);
  /// `git ls-tree` of a fetched commit, of what is wanted of it.
  Async<std::string> list(std::string commit, bool with_sizes);

 private:
  Async<GitAnswer> make_repository(const std::string& commit);
  Async<bool> is_repository();
  GitCall fetching(std::vector<std::string> more) const;

  System& system_;
  const Origin origin_;
  const std::string cache_;
  const std::string home_;
};

}  // namespace verba
