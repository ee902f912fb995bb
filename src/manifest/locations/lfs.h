// SPDX-License-Identifier: Apache-2.0
// Files that Git LFS keeps beside a repository. A commit has a pointer in their place:
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/locations/commit_tree.h"

namespace verba {

struct LfsPointer {
  std::size_t entry = 0;  ///< of the tree's entries
  std::string oid;        ///< the content's SHA-256, in hexadecimal
  std::uint64_t size_bytes = 0;

  /// Where git-lfs puts the content, from the repository on.
  std::string file() const { return "lfs/objects/" + oid.substr(0, 2) + "/" + oid.substr(2, 2) + "/" + oid; }
};

/// Which entries could be pointers: those are small files.
std::vector<std::size_t> possible_pointers(const std::vector<TreeEntry>&);

/// Those that are. `contents`: of the `possible` ones in their order, as `git cat-file --batch` prints them.
std::vector<LfsPointer> read_pointers(const std::vector<std::size_t>& possible, std::string_view contents);

}  // namespace verba
