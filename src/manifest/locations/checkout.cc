// SPDX-License-Identifier: Apache-2.0
// The cache: DIRECTORY/HASH-OF-URL/ has `repository` (bare), `sparse` (another, in which files may be missing), `refs/`
// (what branches and tags named when they were last looked up) and, for each commit, COMMIT/ with `tree`, `index`
// (git's, to see what was changed since) and `files`. Of a part of a commit, or with its submodules, the entry has
// another name. It comes into being whole, by a rename.
#include "manifest/locations/checkout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>

#include "base/digest.h"
#include "base/error.h"
#include "manifest/locations/commit_tree.h"
#include "manifest/locations/git.h"
#include "manifest/locations/lfs.h"
#include "os/process.h"

namespace verba {
namespace {

constexpr Milliseconds fetch_limit{20 * 60'000};
constexpr std::size_t files_limit = 200'000;
constexpr std::uint64_t tree_limit_bytes = std::uint64_t{2} << 30;
constexpr std::uint64_t list_limit_bytes = std::uint64_t{256} << 20;

constexpr int submodule_depth = 8;

void require_small(const Origin& origin, const CommitTree& tree) {
  std::uint64_t total_bytes = 0;
  for (const TreeEntry& entry : tree.entries) total_bytes += entry.size_bytes;
  if (tree.entries.size() <= files_limit && total_bytes <= tree_limit_bytes) return;
  throw_location(
      fmt::format("'{}' is too large: {} files, {} MiB", origin.address, tree.entries.size(), total_bytes >> 20),
      fmt::format("at most {} files and {} MiB are fetched: name what is needed with 'sparse'", files_limit,
                  tree_limit_bytes >> 20));
}

class CheckingOut {
 public:
  CheckingOut(System& system, Origin origin, FetchSettings settings)
      : system_(system),
        origin_(std::move(origin)),
        settings_(std::move(settings)),
        home_(settings_.cache + "/" + sha256(origin_.address).hex().substr(0, 40)) {}

  Async<Checkout> run() {
    if (settings_.cache.empty())
      throw_location("there is no place to keep repositories", "set HOME, or XDG_CACHE_HOME");
    Checkout result;
    result.commit = origin_.ref;
    if (origin_.ref_kind != Origin::Ref::commit) {
      Async<std::string> looking = look_up();
      result.commit = co_await looking;
      result.branch = origin_.ref;
    }
    const std::string entry = home_ + "/" + result.commit + suffix();
    if (system_.kind_of(entry) == DirectoryEntry::Kind::directory) {
      Async<bool> restoring = restore(entry);
      const bool sound = co_await restoring;
      if (!sound) system_.remove(entry);
    }
    if (!system_.kind_of(entry)) {
      if (settings_.offline) fail_offline();
      Async<int> fetching = fetch(result.commit);
      co_await fetching;
      Async<int> unpacking = unpack(result.commit, entry);
      co_await unpacking;
    }
    if (!origin_.allowed_signers.empty()) {
      Async<int> verifying = verify(result.commit);
      co_await verifying;
    }
    if (origin_.ref_kind != Origin::Ref::commit && !settings_.offline) remember(result.commit);
    read_entry(entry, result);
    co_return result;
  }

 private:
  bool is_sparse() const { return !origin_.sparse.empty(); }
  std::string repository() const { return home_ + (is_sparse() ? "/sparse" : "/repository"); }

  /// What is fetched when not all is; sorted.
  std::vector<std::string> wanted_paths() const {
    std::set<std::string> paths(origin_.sparse.begin(), origin_.sparse.end());
    if (!origin_.directory.empty()) paths.insert(origin_.directory);
    if (origin_.submodules) paths.insert(".gitmodules");
    return {paths.begin(), paths.end()};
  }

  std::string suffix() const {
    std::string text;
    if (is_sparse()) text += "-" + sha256(joined(wanted_paths())).hex().substr(0, 16);
    return text + (origin_.submodules ? "-submodules" : "") + (origin_.lfs ? "-lfs" : "");
  }

  std::string reference_file() const {
    return home_ + "/refs/" + sha256(fmt::format("{} {}", static_cast<int>(origin_.ref_kind), origin_.ref)).hex();
  }

  [[noreturn]] void fail_offline() const {
    throw_location(fmt::format("'{}' has not been fetched before", shown(origin_)), "run it once without --offline");
  }

  Async<GitAnswer> git(GitCall call) { return run_git(system_, origin_, std::move(call)); }

  /// The commit that a branch, a tag or HEAD names now.
  Async<std::string> look_up() {
    if (settings_.offline) {
      const auto known = system_.read_file(reference_file());
      if (!known) fail_offline();
      std::string commit = *known;
      while (commit.ends_with('\n')) commit.pop_back();
      co_return commit;
    }
    GitCall call;
    call.arguments = {"ls-remote", "--quiet", "--", origin_.address, "HEAD"};
    for (const char* form : {"refs/heads/{}", "refs/tags/{}", "refs/tags/{}^{{}}"}) {
      if (!origin_.ref.empty()) call.arguments.push_back(fmt::format(fmt::runtime(form), origin_.ref));
    }
    Async<GitAnswer> asking = git(std::move(call));
    GitAnswer answer = co_await asking;
    co_return chosen(answer.output);
  }

  /// Of the lines "COMMIT<tab>NAME".
  std::string chosen(std::string_view text) const {
    std::string branch;
    std::string tag;
    std::string head;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      const std::size_t tab = line.find('\t');
      if (tab == std::string_view::npos) continue;
      const std::string_view commit = line.substr(0, tab);
      const std::string_view name = line.substr(tab + 1);
      const bool sound = (commit.size() == 40 || commit.size() == 64) &&
                         commit.find_first_not_of("0123456789abcdef") == std::string_view::npos;
      if (!sound) continue;
      if (name == "HEAD") head = commit;
      if (name == "refs/heads/" + origin_.ref) branch = commit;
      if (name == "refs/tags/" + origin_.ref && tag.empty()) tag = commit;
      if (name == "refs/tags/" + origin_.ref + "^{}") tag = commit;  // what an annotated tag is about
    }
    return chosen_of(head, branch, tag);
  }

  std::string chosen_of(const std::string& head, const std::string& branch, const std::string& tag) const {
    using Ref = Origin::Ref;
    const std::string where = origin_.address;
    if (origin_.ref_kind == Ref::head) {
      if (head.empty())
        throw_location(fmt::format("'{}' has no commit yet", where), "push to it, or name a branch with ?ref=");
      return head;
    }
    if (origin_.ref_kind == Ref::any && !branch.empty() && !tag.empty() && branch != tag) {
      throw_location(fmt::format("'{}' of '{}' is a branch and a tag", origin_.ref, where), "write ?branch= or ?tag=");
    }
    const std::string& found =
        origin_.ref_kind == Ref::tag || (origin_.ref_kind == Ref::any && branch.empty()) ? tag : branch;
    if (!found.empty()) return found;
    const std::string_view what = origin_.ref_kind == Ref::tag      ? "tag"
                                  : origin_.ref_kind == Ref::branch ? "branch"
                                                                    : "branch or tag";
    throw_location(fmt::format("'{}' has no {} '{}'", where, what, origin_.ref),
                   "check the name; of a commit all 40 digits are wanted");
  }

  void remember(const std::string& commit) {
    const std::string file = reference_file();
    if (system_.read_file(file) == commit + "\n") return;
    system_.make_directories(home_ + "/refs", 0700);
    system_.write_file(file, commit + "\n", 0600);
  }

  /// One process at a time, and nothing where it is there already.
  Async<GitAnswer> make_repository(const std::string& commit) {
    GitCall make;
    make.arguments = {"init", "--quiet", "--bare", "--template="};
    if (commit.size() == 64) make.arguments.push_back("--object-format=sha256");
    make.arguments.insert(make.arguments.end(), {"--", repository()});
    make.lock = home_ + "/lock";
    make.limit = fetch_limit;
    return git(std::move(make));
  }

  Async<bool> is_repository() {
    GitCall look;
    look.repository = repository();
    look.arguments = {"rev-parse", "--git-dir"};
    look.fine = {0, 128};
    Async<GitAnswer> asking = git(std::move(look));
    const GitAnswer answer = co_await asking;
    co_return answer.code == 0;
  }

  /// The commit alone; where the server does not give that, all branches and tags.
  Async<int> fetch(std::string commit) {
    system_.make_directories(home_, 0700);
    if (system_.kind_of(repository()) == DirectoryEntry::Kind::file) system_.remove(repository());
    Async<GitAnswer> making = make_repository(commit);
    co_await making;
    Async<bool> looking = is_repository();
    const bool sound = co_await looking;
    if (!sound) {  // what is broken is made anew
      system_.remove(repository());
      Async<GitAnswer> again = make_repository(commit);
      co_await again;
    }
    system_.make_directories(repository() + "/info");
    // Stronger than a .gitattributes in the commit: files come as they are.
    system_.write_file(repository() + "/info/attributes", "* !filter !text !eol !ident !working-tree-encoding !crlf\n");
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

  GitCall fetching(std::vector<std::string> more) const {
    GitCall call;
    call.repository = repository();
    call.lock = home_ + "/lock";
    call.limit = fetch_limit;
    call.arguments = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"};
    call.arguments.insert(call.arguments.end(), more.begin(), more.end());
    return call;
  }

  /// The listing of a fetched commit, of what is wanted of it.
  Async<std::string> list(std::string commit, bool with_sizes) {
    GitCall call;
    call.repository = repository();
    call.arguments = {"ls-tree", "-r", "-z", "--full-tree"};
    if (with_sizes) call.arguments.emplace_back("-l");
    call.arguments.push_back(commit);
    if (is_sparse()) {
      call.arguments.emplace_back("--");
      for (std::string& path : wanted_paths()) call.arguments.push_back(std::move(path));
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

  /// The files that are wanted of a commit of which only the directories were fetched.
  Async<int> fetch_wanted(std::string commit) {
    Async<std::string> listing = list(commit, false);
    const std::string text = co_await listing;
    const std::vector<TreeEntry> entries = read_tree(text);
    for (const std::string& path : origin_.sparse) {
      const auto is_in = [&](const TreeEntry& entry) {
        return entry.path == path || entry.path.starts_with(path + "/");
      };
      if (std::ranges::any_of(entries, is_in)) continue;
      throw_location(fmt::format("'{}' has no '{}' at commit {}", origin_.address, path, commit.substr(0, 12)),
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

  /// Adds what is in a fetched commit, with `prefix` before its paths.
  Async<int> gather(std::string commit, std::string prefix, int depth, CommitTree& tree) {
    if (is_sparse()) {
      Async<int> work = fetch_wanted(commit);
      co_await work;
    }
    Async<std::string> listing = list(commit, true);
    const std::string text = co_await listing;
    std::vector<TreeEntry> entries = read_tree(text);
    if (origin_.lfs) {
      Async<int> work = take_from_lfs(commit, entries);
      co_await work;
    }
    std::vector<TreeEntry> submodules;
    for (TreeEntry& entry : entries) {
      if (is_dangerous(entry.path)) {
        throw_location(fmt::format("'{}' holds a file of the name '{}'", origin_.address, entry.path),
                       "remove it there");
      }
      const bool followed = entry.is_submodule() && origin_.submodules;
      if (!followed) entry.path.insert(0, prefix);
      (followed ? submodules : tree.entries).push_back(std::move(entry));
    }
    if (submodules.empty()) co_return 0;
    if (depth == submodule_depth) {
      throw_location(fmt::format("submodules of submodules are {} deep, and '{}' has more", depth, origin_.address),
                     "leave 'submodules' out");
    }
    GitCall look;
    look.repository = repository();
    look.arguments = {"config", "--blob", commit + ":.gitmodules", "-z", "--list"};
    look.fine = {0, 1, 128};
    Async<GitAnswer> looking = git(std::move(look));
    const GitAnswer answer = co_await looking;
    const auto modules = read_modules(answer.output);
    for (const TreeEntry& submodule : submodules) {
      Async<int> work = gather_submodule(submodule, modules, prefix, depth, tree);
      co_await work;
    }
    co_return 0;
  }

  /// Puts what Git LFS keeps in the place of its pointers, as objects of the repository.
  Async<int> take_from_lfs(std::string commit, std::vector<TreeEntry>& entries) {
    const std::vector<std::size_t> possible = possible_pointers(entries);
    GitCall read;
    read.repository = repository();
    read.arguments = {"cat-file", "--batch"};
    for (const std::size_t entry : possible) read.input += entries[entry].id + "\n";
    Async<GitAnswer> reading = git(std::move(read));
    const GitAnswer contents = co_await reading;
    const std::vector<LfsPointer> pointers = read_pointers(possible, contents.output);
    if (pointers.empty()) co_return 0;
    for (const LfsPointer& pointer : pointers) entries[pointer.entry].size_bytes = pointer.size_bytes;
    require_small(origin_, {entries, {}});
    GitCall fetch;
    fetch.repository = repository();
    fetch.limit = fetch_limit;
    // By a name: for the commits of an address git-lfs would ask git, which has no remote.
    fetch.arguments = {"-c", "remote.origin.url=" + origin_.address, "lfs", "fetch", "origin", commit};
    Async<GitAnswer> fetching = git(std::move(fetch));
    co_await fetching;
    GitCall keep;
    keep.repository = repository();
    keep.limit = fetch_limit;
    keep.arguments = {"hash-object", "-w", "--no-filters", "--stdin-paths"};
    for (const LfsPointer& pointer : pointers) keep.input += repository() + "/" + pointer.file() + "\n";
    Async<GitAnswer> keeping = git(std::move(keep));
    const GitAnswer ids = co_await keeping;
    std::string_view rest = ids.output;
    for (const LfsPointer& pointer : pointers) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      entries[pointer.entry].id = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    co_return 0;
  }

  Async<int> gather_submodule(TreeEntry entry, std::vector<std::pair<std::string, std::string>> modules,
                              std::string prefix, int depth, CommitTree& tree) {
    const auto found = std::ranges::find(modules, entry.path, &std::pair<std::string, std::string>::first);
    if (found == modules.end()) {
      throw_location(fmt::format("'{}' does not say where its submodule '{}' comes from", origin_.address, entry.path),
                     "mend .gitmodules there, or leave 'submodules' out");
    }
    auto origin = submodule_origin(origin_, found->second, entry.id);
    if (const BadLocation* bad = std::get_if<BadLocation>(&origin)) {
      throw_location(fmt::format("the submodule '{}' of '{}': {}", entry.path, origin_.address, bad->message),
                     bad->hint);
    }
    CheckingOut submodule(system_, std::get<Origin>(std::move(origin)), settings_);
    tree.objects.push_back(submodule.repository() + "/objects");
    Async<int> fetching = submodule.fetch_unless_there(entry.id);
    co_await fetching;
    Async<int> gathering = submodule.gather(entry.id, prefix + entry.path + "/", depth + 1, tree);
    co_await gathering;
    co_return 0;
  }

  Async<int> fetch_unless_there(std::string commit) {
    if (system_.kind_of(repository()) == DirectoryEntry::Kind::directory) {
      GitCall look;
      look.repository = repository();
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

  /// Makes the entry of a fetched commit.
  Async<int> unpack(std::string commit, std::string entry) {
    remove_left_behind();
    const std::string fresh =
        fmt::format("{}/new-{}-{}-{}", home_, system_.process(), system_.process_start(system_.process()).value_or(0),
                    system_.steady().count());
    system_.make_directories(fresh + "/tree", 0700);
    CommitTree tree;
    Async<int> gathering = gather(commit, "", 0, tree);
    co_await gathering;
    require_small(origin_, tree);
    system_.write_file(fresh + "/objects", joined(tree.objects), 0600);
    GitCall fill = in_entry(fresh, {"update-index", "-z", "--index-info"});
    fill.input = index_lines(tree.entries);
    Async<GitAnswer> filling = git(std::move(fill));
    co_await filling;
    Async<GitAnswer> writing = git(in_entry(fresh, {"checkout-index", "--all", "--index", "--force", "--quiet"}));
    co_await writing;
    std::vector<std::string> files;
    std::vector<std::string> links;
    for (const TreeEntry& each : tree.entries) {
      if (!each.is_submodule()) files.push_back(each.path);
      if (each.is_link()) links.push_back(each.path);
    }
    std::ranges::sort(files);
    std::ranges::sort(links);
    const std::vector<std::string> left_out = remove_links_that_lead_out(fresh + "/tree", links);
    if (!left_out.empty()) {
      GitCall forget = in_entry(fresh, {"update-index", "--force-remove", "-z", "--stdin"});
      forget.input = joined(left_out);
      Async<GitAnswer> forgetting = git(std::move(forget));
      co_await forgetting;
    }
    system_.write_file(fresh + "/files", joined(files), 0600);
    system_.write_file(fresh + "/links", joined(links), 0600);
    system_.write_file(fresh + "/left-out", joined(left_out), 0600);
    Async<int> moving = move(fresh, entry);
    co_await moving;
    co_return 0;
  }

  GitCall in_entry(const std::string& entry, std::vector<std::string> arguments) const {
    GitCall call;
    call.repository = repository();
    call.tree = entry + "/tree";
    call.index = entry + "/index";
    call.objects = split(system_.read_file(entry + "/objects", list_limit_bytes).value_or(""));
    call.limit = fetch_limit;
    call.arguments = std::move(arguments);
    return call;
  }

  /// Into place, unless another process was quicker: then its work serves as well.
  Async<int> move(std::string fresh, std::string entry) {
    Command command;
    command.argv = {"mv", "--no-target-directory", "--", fresh, entry};
    command.environment = operators_environment(system_);
    Stop never;
    Async<Finished> work = verba::run(system_, std::move(command), never, {});
    const Finished moved = co_await work;
    if (!moved.status.success()) {
      system_.remove(fresh);
      if (system_.kind_of(entry) != DirectoryEntry::Kind::directory) {
        throw_location(fmt::format("the cache '{}' cannot be written", home_), "check the disk and the rights there");
      }
    }
    co_return 0;
  }

  /// What processes that died left half done.
  void remove_left_behind() {
    for (const DirectoryEntry& entry : system_.list_directory(home_).value_or(std::vector<DirectoryEntry>())) {
      if (!entry.name.starts_with("new-")) continue;
      long long process = 0;
      const std::string_view number = std::string_view(entry.name).substr(4);
      std::from_chars(number.data(), number.data() + number.size(), process);
      const auto began = system_.process_start(process);
      if (!began || !entry.name.starts_with(fmt::format("new-{}-{}-", process, *began))) {
        system_.remove(home_ + "/" + entry.name);
      }
    }
  }

  std::vector<std::string> remove_links_that_lead_out(const std::string& tree, const std::vector<std::string>& links) {
    const std::string root = system_.absolute(tree);
    std::vector<std::string> left_out;
    for (const std::string& link : links) {
      if (!stays_inside(root, tree + "/" + link)) left_out.push_back(link);
    }
    for (const std::string& link : left_out) system_.remove(tree + "/" + link);
    return left_out;
  }

  bool stays_inside(const std::string& root, const std::string& link) {
    try {
      // What leads to nothing now may lead to something later.
      return system_.kind_of(link) && system_.absolute(link).starts_with(root + "/");
    } catch (const Error&) {
      return false;  // a circle
    }
  }

  /// Only signatures by ssh keys count, and only those of the file: not the keys that this machine trusts otherwise.
  Async<int> verify(std::string commit) {
    if (system_.kind_of(origin_.allowed_signers) != DirectoryEntry::Kind::file) {
      throw_location(fmt::format("there is no file '{}'", origin_.allowed_signers), "check 'allowedSigners'");
    }
    GitCall call;
    call.repository = repository();
    for (const char* program : {"gpg.program", "gpg.openpgp.program", "gpg.x509.program"}) {
      call.arguments.insert(call.arguments.end(), {"-c", fmt::format("{}=/bin/false", program)});
    }
    call.arguments.insert(
        call.arguments.end(),
        {"-c", "gpg.ssh.program=ssh-keygen", "-c", "gpg.minTrustLevel=fully", "-c", "gpg.ssh.revocationFile=", "-c",
         "gpg.ssh.allowedSignersFile=" + origin_.allowed_signers, "verify-commit", "--raw", commit});
    call.fine = {0, 1, 128};
    Async<GitAnswer> asking = git(std::move(call));
    const GitAnswer answer = co_await asking;
    if (answer.code != 0) {
      throw_location(fmt::format("commit {} of '{}' is not signed by one of '{}'", commit.substr(0, 12),
                                 origin_.address, origin_.allowed_signers),
                     "have it signed (git commit -S, gpg.format=ssh), or look at who committed it");
    }
    co_return 0;
  }

  /// Puts back what was changed in the tree since. False when the entry is broken.
  Async<bool> restore(std::string entry) {
    GitCall look = in_entry(entry, {"diff-files", "--quiet", "--ignore-submodules"});
    look.fine = {0, 1, 128};
    Async<GitAnswer> looking = git(std::move(look));
    const GitAnswer changed = co_await looking;
    if (changed.code != 1) co_return changed.code == 0;
    GitCall repair = in_entry(entry, {"checkout-index", "--all", "--index", "--force", "--quiet"});
    repair.lock = home_ + "/lock";
    repair.fine = {0, 1, 128};
    Async<GitAnswer> repairing = git(std::move(repair));
    const GitAnswer repaired = co_await repairing;
    co_return repaired.code == 0;
  }

  void read_entry(const std::string& entry, Checkout& result) {
    result.root = entry + "/tree";
    const auto read = [&](const char* name, std::vector<std::string>& into) {
      into = split(system_.read_file(entry + name, list_limit_bytes).value_or(""));
    };
    read("/files", result.files);
    read("/links", result.links);
    read("/left-out", result.left_out);
  }

  System& system_;
  const Origin origin_;
  const FetchSettings settings_;
  const std::string home_;
};

}  // namespace

Async<Checkout> check_out(System& system, Origin origin, FetchSettings settings) {
  CheckingOut work(system, std::move(origin), std::move(settings));
  Async<Checkout> checking = work.run();
  Checkout result = co_await checking;
  co_return result;
}

std::string git_cache_directory(System& system) {
  std::string base = system.variable("XDG_CACHE_HOME").value_or("");
  if (!base.starts_with('/')) {
    const std::string home = system.variable("HOME").value_or("");
    if (!home.starts_with('/')) return {};
    base = home + "/.cache";
  }
  return base + "/verba/git";
}

}  // namespace verba
