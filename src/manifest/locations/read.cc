// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/read.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "manifest/manifest.h"

namespace verba {
namespace {

constexpr std::uint64_t text_limit_bytes = 64u << 20;
constexpr int directory_depth = 64;
constexpr std::string_view kStandardInput = "-";
constexpr std::size_t commit_digits_shown = 12;

bool is_manifest_name(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

std::string parent_of(const std::string& absolute) {
  const auto slash = absolute.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : absolute.substr(0, slash);
}

/// The entries of a directory, of the sorted paths of files in a commit. `directory` is "" or a path from the root.
std::vector<DirectoryEntry> entries_of(const std::vector<std::string>& files, const std::string& directory) {
  const std::string prefix = directory.empty() ? "" : directory + "/";
  std::vector<DirectoryEntry> entries;
  for (auto at = std::ranges::lower_bound(files, prefix); at != files.end() && at->starts_with(prefix); ++at) {
    const std::string_view rest = std::string_view(*at).substr(prefix.size());
    const auto slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    if (!entries.empty() && entries.back().name == name) continue;
    entries.push_back({std::string(name),
                       slash == std::string_view::npos ? DirectoryEntry::Kind::file : DirectoryEntry::Kind::directory});
  }
  return entries;
}

class Reader {
 public:
  Reader(const Origin& origin, const Checkout* checkout, const Reading& at)
      : origin_(origin),
        checkout_(checkout),
        at_(at),
        start_(!checkout                  ? origin.address
               : origin.directory.empty() ? checkout->root
                                          : checkout->root + "/" + origin.directory) {}

  std::vector<Document> run() {
    if (start_.empty()) {
      problem("the location of the manifests is empty", "name a file or a directory");
      return {};
    }
    if (!origin_.include.empty() && !understand_include()) return {};
    guarded(start_, [&] { is_standard_input() ? standard_input() : start(); });
    return std::move(documents_);
  }

 private:
  bool is_standard_input() const { return !checkout_ && start_ == kStandardInput; }

  /// Paths in it start where we are.
  void standard_input() {
    if (!at_.known.insert(start_).second) return;
    std::optional<std::string> text;
    try {
      text = at_.system.read_file("/dev/stdin", text_limit_bytes);
    } catch (const Error& error) {
      if (error.diagnostic().code != "system.file-too-large") throw;
    }
    if (!text) return problem("what comes from standard input cannot be read, or is larger than 64 MiB", "use files");
    documents_.push_back({at_.sources.add("<stdin>", std::move(*text)), at_.system.absolute(".")});
  }

  void start() {
    const auto kind = at_.system.kind_of(start_);
    if (!kind) {
      std::string message = fmt::format("there is no file or directory '{}'", name_of(start_));
      std::string hint = checkout_ ? "check what stands after // in the location" : check_path();
      if (!origin_.of_alpha) return problem(std::move(message), std::move(hint));
      // Projects of v1-alpha name directories of some machine; it may be another one.
      return at_.diagnostics.warning("manifest.left-out", message + ": the location is left out", origin_.where,
                                     std::move(hint));
    }
    if (*kind == DirectoryEntry::Kind::file) return file(start_);
    if (*kind == DirectoryEntry::Kind::other) {
      return problem(fmt::format("'{}' is neither a file nor a directory", start_), "name a file or a directory");
    }
    directory(start_, 0);
    links_left_out();
    if (documents_.empty() && !seen_ && !at_.diagnostics.has_errors()) {
      problem(fmt::format("the directory '{}' has no manifests in it", name_of(start_)),
              origin_.include.empty() ? "manifests are files that end in .yaml, .yml or .json"
                                      : fmt::format("no file in it matches '{}'", origin_.include));
    }
  }

  bool understand_include() {
    include_ = std::make_unique<re2::RE2>(origin_.include, re2::RE2::Quiet);
    if (include_->ok()) return true;
    at_.diagnostics.error(
        "manifest.location", fmt::format("'{}' is no regular expression: {}", origin_.include, include_->error()),
        origin_.include_where ? origin_.include_where : origin_.where, "RE2's syntax is understood: '.*[.]yaml'");
    return false;
  }

  /// By its name, or by its path from the start.
  bool is_wanted(const std::string& path, const std::string& name) const {
    if (!include_) return is_manifest_name(name);
    const std::string_view inner = std::string_view(path).substr(std::min(path.size(), start_.size() + 1));
    return re2::RE2::FullMatch(name, *include_) ||
           re2::RE2::FullMatch(re2::StringPiece(inner.data(), inner.size()), *include_);
  }

  std::string name_of(const std::string& path) const {
    if (!checkout_) return path;
    return name_in_commit(origin_, *checkout_,
                          std::string_view(path).substr(std::min(path.size(), checkout_->root.size() + 1)));
  }

  void file(const std::string& path) {
    if (checkout_ && has_control(path)) {
      return problem(fmt::format("'{}' has a control character in its name", name_of(path)), "give it another name");
    }
    const std::string real = at_.system.absolute(path);
    if (!at_.known.insert(real).second) {
      seen_ = true;
      return;
    }
    std::optional<std::string> text;
    try {
      text = at_.system.read_file(path, text_limit_bytes);
    } catch (const Error& error) {
      if (error.diagnostic().code != "system.file-too-large") throw;
      return problem(fmt::format("'{}' is larger than 64 MiB", name_of(path)), "split it into several files");
    }
    if (!text) return problem(fmt::format("there is no file '{}'", name_of(path)), check_path());
    Document document{at_.sources.add(name_of(path), std::move(*text)), parent_of(real)};
    if (checkout_) {
      document.commit = checkout_->commit;
      document.branch = checkout_->branch;
    }
    documents_.push_back(std::move(document));
  }

  // Links may lead back up: each real directory is entered once.
  void directory(const std::string& path, int depth) {
    if (depth > directory_depth) {
      return problem(fmt::format("'{}' is nested too deep", name_of(path)), "keep manifests nearer to the top");
    }
    const std::string real = at_.system.absolute(path);
    if (!entered_.insert(real).second) return;
    const auto entries = list(path, real);
    if (!entries) return problem(fmt::format("the directory '{}' is gone", name_of(path)), "run it again");
    const std::string prefix = path.ends_with('/') ? path : path + "/";
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with('.')) continue;
      const std::string inner = prefix + entry.name;
      guarded(inner, [&] {
        if (entry.kind == DirectoryEntry::Kind::directory) directory(inner, depth + 1);
        if (entry.kind == DirectoryEntry::Kind::file && is_wanted(inner, entry.name)) file(inner);
        if (entry.kind == DirectoryEntry::Kind::other && !checkout_ && is_wanted(inner, entry.name)) {
          problem(fmt::format("'{}' is no file: a link that leads nowhere, a pipe or a device", inner),
                  "put the file there, or remove it");
        }
      });
    }
  }

  /// In a checkout only what is in the commit counts: what a script wrote there meanwhile is no manifest.
  std::optional<std::vector<DirectoryEntry>> list(const std::string& path, const std::string& real) {
    if (!checkout_) return at_.system.list_directory(path);
    const std::string root = at_.system.absolute(checkout_->root);
    auto entries = entries_of(checkout_->files, real == root ? "" : real.substr(root.size() + 1));
    for (DirectoryEntry& entry : entries) {
      const std::string inner = real == root ? entry.name : real.substr(root.size() + 1) + "/" + entry.name;
      if (!std::ranges::binary_search(checkout_->links, inner)) continue;
      entry.kind = at_.system.kind_of(path + "/" + entry.name).value_or(DirectoryEntry::Kind::other);
    }
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  /// A manifest that silently is not there would be taken for one that was removed.
  void links_left_out() {
    if (!checkout_) return;
    for (const std::string& link : checkout_->left_out) {
      const bool below = origin_.directory.empty() || link.starts_with(origin_.directory + "/");
      const std::string name = link.substr(link.rfind('/') + 1);
      if (below && is_wanted(checkout_->root + "/" + link, name)) {
        problem(fmt::format("the link '{}' leads out of the repository, or to nothing",
                            name_in_commit(origin_, *checkout_, link)),
                "put the file itself there");
      }
    }
  }

  // What the world says no to becomes a finding, so that the other texts are read all the same.
  template <class Body>
  void guarded(const std::string& path, Body&& body) {
    try {
      body();
    } catch (const Error& error) {
      const Diagnostic& cause = error.diagnostic();
      std::string message = cause.message.find(path) == std::string::npos
                                ? fmt::format("'{}' cannot be read: {}", name_of(path), cause.message)
                                : cause.message;
      problem(std::move(message), cause.hint.empty() ? "check that it is there and that you may read it" : cause.hint);
    }
  }

  /// What to do about a path that leads to nothing.
  std::string check_path() const { return origin_.where ? "check the path" : "check the path on the command line"; }

  void problem(std::string message, std::string hint) {
    at_.diagnostics.error("manifest.location", std::move(message), origin_.where, std::move(hint));
  }

  const Origin& origin_;
  const Checkout* checkout_;
  const Reading& at_;
  const std::string start_;
  std::unique_ptr<re2::RE2> include_;
  std::vector<Document> documents_;
  std::set<std::string> entered_;
  bool seen_ = false;  ///< something was read before
};

}  // namespace

std::vector<Document> read_documents(const Origin& origin, const Checkout* checkout, const Reading& at) {
  return Reader(origin, checkout, at).run();
}

std::string name_in_commit(const Origin& origin, const Checkout& checkout, std::string_view path) {
  std::string name = "git::" + origin.address;
  if (!path.empty()) name.append("//").append(path);
  return name + "@" + checkout.commit.substr(0, commit_digits_shown);
}

}  // namespace verba
