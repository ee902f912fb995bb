// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/error.h"
#include "manifest/manifest.h"

namespace verba {
namespace {

constexpr std::uint64_t text_limit_bytes = 64u << 20;
constexpr int directory_depth = 64;

bool is_manifest_name(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

std::string parent_of(const std::string& absolute) {
  const auto slash = absolute.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : absolute.substr(0, slash);
}

class Fetch {
 public:
  Fetch(System& system, Sources& sources, Diagnostics& diagnostics)
      : system_(system), sources_(sources), diagnostics_(diagnostics) {}

  std::vector<Document> run(const std::string& path) {
    if (path.empty()) {
      problem("the location of the manifests is empty", "name a file or a directory");
      return {};
    }
    guarded(path, [&] {
      const auto kind = system_.kind_of(path);
      if (!kind) return problem(fmt::format("there is no file or directory '{}'", path), "check the path after -f");
      if (*kind == DirectoryEntry::Kind::file) return file(path);
      if (*kind == DirectoryEntry::Kind::other) {
        return problem(fmt::format("'{}' is neither a file nor a directory", path), "name a file or a directory");
      }
      directory(path, 0);
      if (documents_.empty() && !diagnostics_.has_errors()) {
        problem(fmt::format("the directory '{}' has no manifests in it", path),
                "manifests are files that end in .yaml, .yml or .json");
      }
    });
    return std::move(documents_);
  }

 private:
  void file(const std::string& path) {
    std::optional<std::string> text;
    try {
      text = system_.read_file(path, text_limit_bytes);
    } catch (const Error& error) {
      if (error.diagnostic().code != "system.file-too-large") throw;
      return problem(fmt::format("'{}' is larger than 64 MiB", path), "split it into several files");
    }
    if (!text) return problem(fmt::format("there is no file '{}'", path), "check the path after -f");
    Document document{sources_.add(path, std::move(*text)), parent_of(system_.absolute(path))};
    documents_.push_back(std::move(document));
  }

  // Links may lead back up: each real directory is entered once.
  void directory(const std::string& path, int depth) {
    if (depth > directory_depth) {
      return problem(fmt::format("'{}' is nested too deep", path), "keep manifests nearer to the top");
    }
    if (!entered_.insert(system_.absolute(path)).second) return;
    const auto entries = system_.list_directory(path);
    if (!entries) return problem(fmt::format("the directory '{}' is gone", path), "run it again");
    const std::string prefix = path.ends_with('/') ? path : path + "/";
    for (const DirectoryEntry& entry : *entries) {
      if (entry.name.starts_with('.')) continue;
      const std::string inner = prefix + entry.name;
      guarded(inner, [&] {
        if (entry.kind == DirectoryEntry::Kind::directory) directory(inner, depth + 1);
        if (entry.kind == DirectoryEntry::Kind::file && is_manifest_name(entry.name)) file(inner);
      });
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
                                ? fmt::format("'{}' cannot be read: {}", path, cause.message)
                                : cause.message;
      problem(std::move(message), cause.hint.empty() ? "check that it is there and that you may read it" : cause.hint);
    }
  }

  void problem(std::string message, std::string hint) {
    diagnostics_.error("manifest.location", std::move(message), {}, std::move(hint));
  }

  System& system_;
  Sources& sources_;
  Diagnostics& diagnostics_;
  std::vector<Document> documents_;
  std::set<std::string> entered_;
};

}  // namespace

std::vector<Document> fetch(const Location& location, System& system, Sources& sources, Diagnostics& diagnostics) {
  return Fetch(system, sources, diagnostics).run(location.text);
}

}  // namespace verba
