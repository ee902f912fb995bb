// SPDX-License-Identifier: Apache-2.0
// What git says that a commit holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "manifest/locations/origin.h"

namespace verba {

struct TreeEntry {
  std::string mode;  ///< "100644"
  std::string type;  ///< "blob"
  std::string id;
  std::uint64_t size_bytes = 0;
  std::string path;

  bool is_link() const { return mode == "120000"; }
  bool is_submodule() const { return mode == "160000"; }
};

/// All that is to be unpacked into one tree: of a commit, and of its submodules where they are wanted.
struct CommitTree {
  std::vector<TreeEntry> entries;    ///< paths from the root of the tree
  std::vector<std::string> objects;  ///< directories of git's objects besides the commit's own repository
};

/// Of `git ls-tree -r -z`, with or without -l: "MODE TYPE ID [SIZE]<tab>PATH" and a NUL, each.
std::vector<TreeEntry> read_tree(std::string_view text);

/// Throws where it is more than is fetched.
void require_small(const std::string& address, const std::vector<TreeEntry>&);

/// For `git update-index -z --index-info`.
std::string index_lines(const std::vector<TreeEntry>&);

/// A name that no tree of a sound repository has; git refuses them too.
bool is_dangerous(std::string_view path);

/// Each text before a NUL; and back.
std::vector<std::string> split(std::string_view text);
std::string joined(const std::vector<std::string>& texts);

/// Paths and URLs of .gitmodules, from `git config -z --list`.
std::vector<std::pair<std::string, std::string>> read_modules(std::string_view text);

/// Where a submodule comes from; a relative URL starts at the repository that names it. Credentials go along to the
/// same host alone. What was fetched names no repository of this machine, unless it is one of this machine itself.
std::variant<Origin, BadLocation> submodule_origin(const Origin& parent, const std::string& url,
                                                   const std::string& commit);

}  // namespace verba
