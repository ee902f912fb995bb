// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/gathering.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "manifest/locations/lfs_content.h"

namespace verba {
namespace {

constexpr int submodule_depth = 8;

/// Where in the tree a repository's files come.
struct Spot {
  std::string prefix;  ///< of their paths: "libs/one/"
  int depth = 0;
};

using Modules = std::vector<std::pair<std::string, std::string>>;

/// Paths and URLs of the commit's submodules.
Async<Modules> modules_of(Repository& repository, std::string commit) {
  GitCall look;
  look.repository = repository.path();
  look.arguments = {"config", "--blob", commit + ":.gitmodules", "-z", "--list"};
  look.fine = {0, 1, 128};
  Async<GitAnswer> looking = repository.git(std::move(look));
  const GitAnswer answer = co_await looking;
  co_return read_modules(answer.output);
}

Repository submodule_of(System& system, const Repository& parent, const TreeEntry& entry, const Modules& modules) {
  const std::string& address = parent.origin().address;
  const auto found = std::ranges::find(modules, entry.path, &Modules::value_type::first);
  if (found == modules.end()) {
    throw_location(fmt::format("'{}' does not say where its submodule '{}' comes from", address, entry.path),
                   "mend .gitmodules there, or leave 'submodules' out");
  }
  auto origin = submodule_origin(parent.origin(), found->second, entry.id);
  if (const BadLocation* bad = std::get_if<BadLocation>(&origin)) {
    throw_location(fmt::format("the submodule '{}' of '{}': {}", entry.path, address, bad->message), bad->hint);
  }
  return Repository(system, std::get<Origin>(std::move(origin)), parent.cache());
}

/// Adds what is in a fetched commit. Gives its submodules, where they are wanted.
Async<std::vector<TreeEntry>> gather_files(Repository& repository, std::string commit, std::string prefix,
                                           CommitTree& tree) {
  const Origin& origin = repository.origin();
  if (repository.is_sparse()) {
    Async<int> work = repository.fetch_wanted(commit);
    co_await work;
  }
  Async<std::string> listing = repository.list(commit, true);
  const std::string text = co_await listing;
  std::vector<TreeEntry> entries = read_tree(text);
  if (origin.lfs) {
    Async<int> work = take_from_lfs(repository, commit, entries);
    co_await work;
  }
  std::vector<TreeEntry> submodules;
  for (TreeEntry& entry : entries) {
    if (is_dangerous(entry.path)) {
      throw_location(fmt::format("'{}' holds a file of the name '{}'", origin.address, entry.path), "remove it there");
    }
    const bool followed = entry.is_submodule() && origin.submodules;
    if (!followed) entry.path.insert(0, prefix);
    (followed ? submodules : tree.entries).push_back(std::move(entry));
  }
  co_return submodules;
}

Async<int> gather_at(System& system, Repository repository, std::string commit, Spot spot, CommitTree& tree) {
  Async<std::vector<TreeEntry>> files = gather_files(repository, commit, spot.prefix, tree);
  const std::vector<TreeEntry> submodules = co_await files;
  if (submodules.empty()) co_return 0;
  if (spot.depth == submodule_depth) {
    throw_location(
        fmt::format("submodules of submodules are {} deep, and '{}' has more", spot.depth, repository.origin().address),
        "leave 'submodules' out");
  }
  Async<Modules> looking = modules_of(repository, commit);
  const Modules modules = co_await looking;
  for (const TreeEntry& entry : submodules) {
    Repository submodule = submodule_of(system, repository, entry, modules);
    tree.objects.push_back(submodule.path() + "/objects");
    Async<int> fetching = submodule.fetch_unless_there(entry.id);
    co_await fetching;
    Spot within{spot.prefix + entry.path + "/", spot.depth + 1};
    Async<int> gathering = gather_at(system, std::move(submodule), entry.id, std::move(within), tree);
    co_await gathering;
  }
  co_return 0;
}

}  // namespace

Async<CommitTree> gather(System& system, Repository repository, std::string commit) {
  CommitTree tree;
  Async<int> work = gather_at(system, std::move(repository), std::move(commit), {}, tree);
  co_await work;
  co_return tree;
}

}  // namespace verba
