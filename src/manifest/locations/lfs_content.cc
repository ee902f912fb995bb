// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/lfs_content.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "manifest/locations/lfs.h"

namespace verba {

Async<int> take_from_lfs(Repository& repository, std::string commit, std::vector<TreeEntry>& entries) {
  const std::vector<std::size_t> possible = possible_pointers(entries);
  GitCall read;
  read.repository = repository.path();
  read.arguments = {"cat-file", "--batch"};
  for (const std::size_t entry : possible) read.input += entries[entry].id + "\n";
  Async<GitAnswer> reading = repository.git(std::move(read));
  const GitAnswer contents = co_await reading;
  const std::vector<LfsPointer> pointers = read_pointers(possible, contents.output);
  if (pointers.empty()) co_return 0;
  for (const LfsPointer& pointer : pointers) entries[pointer.entry].size_bytes = pointer.size_bytes;
  require_small(repository.origin().address, entries);
  GitCall fetch;
  fetch.repository = repository.path();
  fetch.limit = fetch_limit;
  // By a name: for the commits of an address git-lfs would ask git, which has no remote.
  fetch.arguments = {"-c", "remote.origin.url=" + repository.origin().address, "lfs", "fetch", "origin", commit};
  Async<GitAnswer> fetching = repository.git(std::move(fetch));
  co_await fetching;
  GitCall keep;
  keep.repository = repository.path();
  keep.limit = fetch_limit;
  keep.arguments = {"hash-object", "-w", "--no-filters", "--stdin-paths"};
  for (const LfsPointer& pointer : pointers) keep.input += repository.path() + "/" + pointer.file() + "\n";
  Async<GitAnswer> keeping = repository.git(std::move(keep));
  const GitAnswer ids = co_await keeping;
  std::string_view rest = ids.output;
  for (const LfsPointer& pointer : pointers) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    entries[pointer.entry].id = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  co_return 0;
}

}  // namespace verba
