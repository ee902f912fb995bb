// SPDX-License-Identifier: Apache-2.0
// Locations to texts, over a small world of files.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "manifest/locations/read.h"
#include "os/system.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Files by absolute path; the directories are those of the files. Links map a directory to another.
class Files : public System {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> links;
  std::string unreadable;

  std::optional<std::string> read_file(const std::string& path, std::uint64_t limit_bytes) override {
    const auto found = files.find(absolute(path));
    if (found == files.end()) return std::nullopt;
    if (found->first == unreadable) throw Error(Error::Kind::system, "system.file", "permission denied");
    if (found->second.size() > limit_bytes) {
      throw Error(Error::Kind::system, "system.file-too-large", fmt::format("'{}' is larger than 64 MiB", path));
    }
    return found->second;
  }
  std::optional<std::string> read_part(const std::string&, std::uint64_t, std::size_t) override {
    bug("not asked for");
  }
  bool is_executable(const std::string&) override { return false; }
  std::optional<DirectoryEntry::Kind> kind_of(const std::string& path) override {
    const std::string real = absolute(path);
    if (files.contains(real)) return DirectoryEntry::Kind::file;
    if (real == "/dev/null") return DirectoryEntry::Kind::other;
    const auto inside = files.lower_bound(real + "/");
    if (inside != files.end() && inside->first.starts_with(real + "/")) return DirectoryEntry::Kind::directory;
    return std::nullopt;
  }
  std::optional<std::vector<DirectoryEntry>> list_directory(const std::string& path) override {
    const std::string prefix = absolute(path) + "/";
    std::map<std::string, DirectoryEntry::Kind> entries;
    for (const auto& [name, text] : files) {
      if (!name.starts_with(prefix)) continue;
      const std::string rest = name.substr(prefix.size());
      const auto slash = rest.find('/');
      entries[rest.substr(0, slash)] =
          slash == std::string::npos ? DirectoryEntry::Kind::file : DirectoryEntry::Kind::directory;
    }
    for (const auto& [name, target] : links) {
      if (name.starts_with(prefix)) entries[name.substr(prefix.size())] = DirectoryEntry::Kind::directory;
    }
    std::vector<DirectoryEntry> list;
    for (const auto& [name, kind] : entries) list.push_back({name, kind});
    return list;
  }
  std::string absolute(const std::string& path) override {
    std::string whole = path.starts_with('/') ? path : "/project/" + path;
    if (whole.ends_with('/')) whole.pop_back();
    if (whole.ends_with("/.")) whole.resize(whole.size() - 2);
    for (const auto& [name, target] : links) {
      if (whole.starts_with(name)) return absolute(target + whole.substr(name.size()));
    }
    return whole;
  }

  void write_file(const std::string&, std::string_view, unsigned) override {}
  void make_directories(const std::string&, unsigned) override {}
  void empty(const std::string&) override {}
  void remove(const std::string&) override {}
  Instant now() override { return {}; }
  std::chrono::nanoseconds steady() override { return {}; }
  std::string random_bytes(std::size_t) override { return {}; }
  std::optional<std::string> variable(const std::string&) override { return std::nullopt; }
  std::vector<std::pair<std::string, std::string>> variables() override { return {}; }
  std::string host() override { return {}; }
  std::string boot_id() override { return {}; }
  std::int64_t process() override { return 1; }
  bool group_is_alive(std::int64_t, std::int64_t) override { return false; }
  void signal_group(std::int64_t, int) override {}
  std::optional<std::int64_t> process_start(std::int64_t) override { return std::nullopt; }
  ProcessId start(const Command&, ProcessHandlers) override { return 0; }
  void signal(ProcessId, int) override {}
  void abandon(ProcessId) override {}
  WebRequestId send(WebRequest, std::function<void(WebAnswer)>) override { return 0; }
  void forget(WebRequestId) override {}
  TimerId after(Milliseconds, std::function<void()>) override { return 0; }
  void cancel(TimerId) override {}
  void on_interrupt(std::function<void()>) override {}
  void poll() override {}
};

struct Fetched {
  Fetched(Files& files, const std::string& location) {
    std::set<std::string> known;
    Origin origin;
    origin.address = location;
    for (const Document& document : read_documents(origin, nullptr, {files, sources, diagnostics, known})) {
      names.push_back(sources.name(document.source));
      directories.push_back(document.directory);
    }
    for (const Diagnostic& finding : diagnostics.all()) {
      findings.push_back(fmt::format("{}: {} ({})", finding.code, finding.message, finding.hint));
    }
  }
  Sources sources;
  Diagnostics diagnostics;
  std::vector<std::string> names, directories, findings;
};

TEST(Fetch, reads_one_file) {
  Files files;
  files.files["/project/deploy/web.txt"] = "a: 1\n";
  const Fetched fetched(files, "deploy/web.txt");
  EXPECT_THAT(fetched.findings, IsEmpty());
  EXPECT_THAT(fetched.names, ElementsAre("deploy/web.txt"));
  EXPECT_THAT(fetched.directories, ElementsAre("/project/deploy"));
  EXPECT_EQ(fetched.sources.text(1), "a: 1\n");
}

TEST(Fetch, reads_a_directory_and_what_is_below) {
  Files files;
  for (const char* name : {"b.yaml", "a.yml", "c.json", "notes.txt", ".hidden.yaml", ".git/x.yaml", "sub/d.yaml"}) {
    files.files["/project/deploy/" + std::string(name)] = "";
  }
  const Fetched fetched(files, "deploy");
  EXPECT_THAT(fetched.findings, IsEmpty());
  EXPECT_THAT(fetched.names, ElementsAre("deploy/a.yml", "deploy/b.yaml", "deploy/c.json", "deploy/sub/d.yaml"));
  EXPECT_EQ(fetched.directories.back(), "/project/deploy/sub");
  EXPECT_THAT(Fetched(files, "deploy/").names.front(), "deploy/a.yml");
}

TEST(Fetch, enters_a_circle_of_links_once) {
  Files files;
  files.files["/project/deploy/a.yaml"] = "";
  files.links["/project/deploy/up"] = "/project/deploy";
  EXPECT_THAT(Fetched(files, "deploy").names, ElementsAre("deploy/a.yaml"));
}

TEST(Fetch, says_what_is_wrong) {
  Files files;
  files.files["/project/empty/notes.txt"] = "";
  files.files["/project/big.yaml"] = std::string((64u << 20) + 1, ' ');
  EXPECT_THAT(
      Fetched(files, "nowhere").findings,
      ElementsAre("manifest.location: there is no file or directory 'nowhere' (check the path on the command line)"));
  EXPECT_THAT(
      Fetched(files, "/dev/null").findings,
      ElementsAre("manifest.location: '/dev/null' is neither a file nor a directory (name a file or a directory)"));
  EXPECT_THAT(Fetched(files, "empty").findings,
              ElementsAre("manifest.location: the directory 'empty' has no manifests in it "
                          "(manifests are files that end in .yaml, .yml or .json)"));
  EXPECT_THAT(Fetched(files, "").findings,
              ElementsAre("manifest.location: the location of the manifests is empty (name a file or a directory)"));
  EXPECT_THAT(Fetched(files, "big.yaml").findings, ElementsAre("manifest.location: 'big.yaml' is larger than 64 MiB "
                                                               "(split it into several files)"));
}

TEST(Fetch, says_where_a_manifest_is_wrong) {
  Files files;
  files.files["/project/deploy/a.yaml"] = "";
  const auto finding = [&](const std::string& address, const std::string& include) {
    Sources sources;
    Diagnostics diagnostics;
    std::set<std::string> known;
    Origin origin;
    origin.address = address;
    origin.include = include;
    origin.where = {sources.add("m.yaml", "location: x\ninclude: y\n"), 10, 11};
    origin.include_where = {origin.where.source, 21, 22};
    read_documents(origin, nullptr, {files, sources, diagnostics, known});
    const Diagnostic& one = diagnostics.all().at(0);
    return fmt::format("{} {} ({})", sources.place(one.where), one.message, one.hint);
  };
  EXPECT_EQ(finding("nowhere", ""), "m.yaml:1:11 there is no file or directory 'nowhere' (check the path)");
  EXPECT_EQ(finding("deploy", "("),
            "m.yaml:2:10 '(' is no regular expression: missing ): ( (RE2's syntax is understood: '.*[.]yaml')");
}

TEST(Fetch, goes_on_after_a_file_that_cannot_be_read) {
  Files files;
  files.files["/project/deploy/a.yaml"] = "";
  files.files["/project/deploy/b.yaml"] = "";
  files.unreadable = "/project/deploy/a.yaml";
  const Fetched fetched(files, "deploy");
  EXPECT_THAT(fetched.names, ElementsAre("deploy/b.yaml"));
  EXPECT_THAT(fetched.findings, ElementsAre("manifest.location: 'deploy/a.yaml' cannot be read: permission denied "
                                            "(check that it is there and that you may read it)"));
}

}  // namespace
}  // namespace verba
