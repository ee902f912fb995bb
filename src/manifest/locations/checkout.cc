// SPDX-License-Identifier: Apache-2.0
// The cache: DIRECTORY/HASH-OF-URL/ has `repository` (bare), `sparse` (another, in which files may be missing), `refs/`
// (what branches and tags named when they were last looked up) and, for each commit, COMMIT/ with `tree`, `index`
// (git's, to see what was changed since) and `files`. Of a part of a commit, or with its submodules, the entry has
// another name. It comes into being whole, by a rename.
#include "manifest/locations/checkout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "manifest/locations/commit_tree.h"
#include "manifest/locations/gathering.h"
#include "manifest/locations/named_commit.h"
#include "manifest/locations/repository.h"
#include "os/process.h"

namespace verba {
namespace {

constexpr std::uint64_t list_limit_bytes = std::uint64_t{256} << 20;

class CheckingOut {
 public:
  CheckingOut(System& system, Origin origin, const FetchSettings& settings)
      : system_(system), repository_(system, std::move(origin), settings.cache), offline_(settings.offline) {}
  CheckingOut(const CheckingOut&) = delete;
  CheckingOut& operator=(const CheckingOut&) = delete;

  Async<Checkout> run() {
    if (repository_.cache().empty())
      throw_location("there is no place to keep repositories", "set HOME, or XDG_CACHE_HOME");
    Checkout result;
    Async<std::string> looking = look_up();
    result.commit = co_await looking;
    if (origin_.ref_kind != Origin::Ref::commit) result.branch = origin_.ref;
    const std::string entry = home_ + "/" + result.commit + suffix();
    if (system_.kind_of(entry) == DirectoryEntry::Kind::directory) {
      Async<bool> restoring = restore(entry);
      const bool sound = co_await restoring;
      if (!sound) system_.remove(entry);
    }
    if (!system_.kind_of(entry)) {
      if (offline_) fail_offline();
      Async<int> fetching = repository_.fetch(result.commit);
      co_await fetching;
      Async<int> unpacking = unpack(result.commit, entry);
      co_await unpacking;
    }
    if (!origin_.allowed_signers.empty()) {
      Async<int> verifying = verify(result.commit);
      co_await verifying;
    }
    if (origin_.ref_kind != Origin::Ref::commit && !offline_) remember(result.commit);
    read_entry(entry, result);
    co_return result;
  }

 private:
  /// The commit that is wanted.
  Async<std::string> look_up() {
    if (origin_.ref_kind == Origin::Ref::commit) co_return origin_.ref;
    if (!offline_) {
      Async<std::string> asking = commit_named(system_, origin_);
      std::string commit = co_await asking;
      co_return commit;
    }
    std::optional<std::string> known = system_.read_file(reference_file());
    if (!known) fail_offline();
    while (known->ends_with('\n')) known->pop_back();
    co_return *std::move(known);
  }

  std::string suffix() const {
    std::string text;
    if (repository_.is_sparse()) text += "-" + sha256(joined(repository_.wanted_paths())).hex().substr(0, 16);
    return text + (origin_.submodules ? "-submodules" : "") + (origin_.lfs ? "-lfs" : "");
  }

  std::string reference_file() const {
    return home_ + "/refs/" + sha256(fmt::format("{} {}", static_cast<int>(origin_.ref_kind), origin_.ref)).hex();
  }

  [[noreturn]] void fail_offline() const {
    throw_location(fmt::format("'{}' has not been fetched before", shown(origin_)), "run it once without --offline");
  }

  Async<GitAnswer> git(GitCall call) { return repository_.git(std::move(call)); }

  void remember(const std::string& commit) {
    const std::string file = reference_file();
    if (system_.read_file(file) == commit + "\n") return;
    system_.make_directories(home_ + "/refs", 0700);
    system_.write_file(file, commit + "\n", 0600);
  }

  /// Makes the entry of a fetched commit.
  Async<int> unpack(std::string commit, std::string entry) {
    remove_left_behind();
    const std::string fresh =
        fmt::format("{}/new-{}-{}-{}", home_, system_.process(), system_.process_start(system_.process()).value_or(0),
                    system_.steady().count());
    system_.make_directories(fresh + "/tree", 0700);
    Async<CommitTree> gathering = gather(system_, repository_, commit);
    const CommitTree tree = co_await gathering;
    require_small(origin_.address, tree.entries);
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
    call.repository = repository_.path();
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
    call.repository = repository_.path();
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
    repair.lock = repository_.lock();
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
  Repository repository_;
  const Origin& origin_ = repository_.origin();
  const std::string& home_ = repository_.home();
  const bool offline_;
};

}  // namespace

Async<Checkout> check_out(System& system, Origin origin, FetchSettings settings) {
  CheckingOut work(system, std::move(origin), settings);
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
