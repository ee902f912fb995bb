// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/repository.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "manifest/locations/commit_tree.h"

namespace verba {

Repository::Repository(System& system, Origin origin, std::string cache)
    : system_(system),
      origin_(std::move(origin)),
      cache_(std::move(cache)),
      home_(cache_ + "/" + sha256(origin_.address).hex().substr(0, 40)) {}

std::vector<std::string> Repository::wanted_paths() const {
  std::set<std::string> paths(origin_.sparse.begin(), origin_.sparse.end());
  if (!origin_.directory.empty()) paths.insert(origin_.directory);
  if (origin_.submodules) paths.insert(".gitmodules");
  return {paths.begin(), paths.end()};
}

Async<GitAnswer> Repository::git(GitCall call) {
  return run_git(system_, origin_, std::move(call));
}

/// One process at a time, and nothing where it is there already.
Async<GitAnswer> Repository::make_repository(const std::string& commit) {
  GitCall make;
  make.arguments = {"init", "--quiet", "--bare", "--template="};
  if (commit.size() == 64) make.arguments.push_back("--object-format=sha256");
  make.arguments.insert(make.arguments.end(), {"--", path()});
  make.lock = lock();
  make.limit = fetch_limit;
  return git(std::move(make));
}

Async<bool> Repository::is_repository() {
  GitCall look;
  look.repository = path();
  look.arguments = {"rev-parse", "--git-dir"};
  look.fine = {0, 128};
  Async<GitAnswer> asking = git(std::move(look));
  const GitAnswer answer = co_await asking;
  co_return answer.code == 0;
}

Async<int> Repository::fetch(std::string commit) {
  system_.make_directories(home_, 0700);
  if (system_.kind_of(path()) == DirectoryEntry::Kind::file) system_.remove(path());
  Async<GitAnswer> making = make_repository(commit);
  co_await making;
  Async<bool> looking = is_repository();
  const bool sound = co_await looking;
  if (!sound) {  // what is broken is made anew
    system_.remove(path());
    Async<GitAnswer> again = make_repository(commit);
    co_await again;
  }
  system_.make_directories(path() + "/info");
  // Stronger than a .gitattributes in the commit: files come as they are.
  system_.write_file(path() + "/info/attributes", "* !filter !text !eol !ident !working-tree-encoding !crlf\n");
  GitCall one = fetching({"--depth=1"});
  if (is_sparse()) one.arguments.emplace_back("--filter=blob:none");  // a server that cannot gives all
  one.arguments.insert(one.arguments.end(), {"--", origin_.address, commit + ":refs/verba/" + commit});
  one.fine = {0, 1, 128};
  Async<GitAnswer> trying = git(std::move(one));
  const GitAnswer answer = co_await trying;
  if (answer.code != 0) {
    Async<GitAnswer> all =
        git(fetching({"--", origin_.address, "+refs/heads/*:refs/verba/heads/*", "+refs/tags/*:refs/verba/tags/*"}));
    co_await all;
  }
  co_return 0;
}

GitCall Repository::fetching(std::vector<std::string> more) const {
  GitCall call;
  call.repository = path();
  call.lock = lock();
  call.limit = fetch_limit;
  call.arguments = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"};
  call.arguments.insert(call.arguments.end(), more.begin(), more.end());
  return call;
}

Async<std::string> Repository::list(std::string commit, bool with_sizes) {
  GitCall call;
  call.repository = path();
  call.arguments = {"ls-tree", "-r", "-z", "--full-tree"};
  if (with_sizes) call.arguments.emplace_back("-l");
  call.arguments.push_back(commit);
  if (is_sparse()) {
    call.arguments.emplace_back("--");
    for (std::string& wanted : wanted_paths()) call.arguments.push_back(std::move(wanted));
  }
  call.fine = {0, 128};
  Async<GitAnswer> asking = git(std::move(call));
  GitAnswer answer = co_await asking;
  if (answer.code != 0) {
    throw_location(fmt::format("'{}' has no commit {}", origin_.address, commit),
                   "check its digits, and that it was pushed there");
  }
  co_return std::move(answer.output);
}

Async<int> Repository::fetch_wanted(std::string commit) {
  Async<std::string> listing = list(commit, false);
  const std::string text = co_await listing;
  const std::vector<TreeEntry> entries = read_tree(text);
  for (const std::string& wanted : origin_.sparse) {
    const auto is_in = [&](const TreeEntry& entry) {
      return entry.path == wanted || entry.path.starts_with(wanted + "/");
    };
    if (std::ranges::any_of(entries, is_in)) continue;
    throw_location(fmt::format("'{}' has no '{}' at commit {}", origin_.address, wanted, commit.substr(0, 12)),
                   "check 'sparse': paths start at the repository's root");
  }
  std::set<std::string> ids;
  for (const TreeEntry& entry : entries) {
    if (!entry.is_submodule()) ids.insert(entry.id);
  }
  if (ids.empty()) co_return 0;
  GitCall call = fetching({"--filter=blob:none", "--stdin", "--", origin_.address});
  call.arguments.insert(call.arguments.begin(), {"-c", "fetch.negotiationAlgorithm=noop"});
  for (const std::string& id : ids) call.input += id + "\n";
  Async<GitAnswer> work = git(std::move(call));
  co_await work;
  co_return 0;
}

Async<int> Repository::fetch_unless_there(std::string commit) {
  if (system_.kind_of(path()) == DirectoryEntry::Kind::directory) {
    GitCall look;
    look.repository = path();
    look.arguments = {"cat-file", "-e", commit + "^{commit}"};
    look.fine = {0, 1, 128};
    Async<GitAnswer> looking = git(std::move(look));
    const GitAnswer answer = co_await looking;
    if (answer.code == 0) co_return 0;
  }
  Async<int> fetching = fetch(commit);
  co_await fetching;
  co_return 0;
}

}  // namespace verba
