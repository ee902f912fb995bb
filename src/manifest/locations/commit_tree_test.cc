// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/commit_tree.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

using namespace std::string_literals;

TEST(CommitTree, ReadsWhatGitLists) {
  const std::string listed =
      joined({"100644 blob aa      12\ta b\tc", "160000 commit bb       -\tsub", "120000 blob cc\tlink"});
  const auto entries = read_tree(listed);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].path, "a b\tc");
  EXPECT_EQ(entries[0].size_bytes, 12U);
  EXPECT_TRUE(entries[1].is_submodule());
  EXPECT_TRUE(entries[2].is_link());
  EXPECT_EQ(index_lines({entries[1]}), "160000 commit bb\tsub\0"s);
}

TEST(CommitTree, NamesThatNoTreeHas) {
  for (const char* bad : {"", "/a", "a//b", "a/../b", "./a", "a/.git/config", ".git"}) EXPECT_TRUE(is_dangerous(bad));
  for (const char* good : {"a", "a/b", ".gitmodules", "a/..b"}) EXPECT_FALSE(is_dangerous(good));
}

TEST(CommitTree, ModulesNeedAPathAndAUrl) {
  const auto modules =
      read_modules("core.x\n1\0submodule.a.b.path\nlib/a\0submodule.a.b.url\n../a\0submodule.c.url\nx\0"s);
  ASSERT_EQ(modules.size(), 1U);
  EXPECT_EQ(modules[0], std::make_pair("lib/a"s, "../a"s));
}

/// The address, or "bad: MESSAGE".
std::string address_of(const std::string& parent, const std::string& url) {
  Origin from;
  from.address = parent;
  from.user = "ann";
  const auto result = submodule_origin(from, url, std::string(40, 'a'));
  if (const auto* bad = std::get_if<BadLocation>(&result)) return "bad: " + bad->message;
  const auto& origin = std::get<Origin>(result);
  return origin.address + (origin.user.empty() ? "" : " as " + origin.user);
}

TEST(CommitTree, WhereSubmodulesComeFrom) {
  EXPECT_EQ(address_of("https://h/team/web.git", "../lib.git"), "https://h/team/lib.git as ann");
  EXPECT_EQ(address_of("https://h/team/web.git", "./lib"), "https://h/team/web.git/lib as ann");
  EXPECT_EQ(address_of("git@h:team/web", "../../lib"), "git@h:lib as ann");
  EXPECT_EQ(address_of("https://h/web", "https://other/lib"), "https://other/lib");
  EXPECT_EQ(address_of("file:///srv/web", "../lib"), "file:///srv/lib as ann");
}

TEST(CommitTree, WhereSubmodulesDoNotComeFrom) {
  for (const char* url : {"../../../lib", "ext::sh -c id", "file:///etc", "/etc", "-u", "ssh://-oProxyCommand=id/x",
                          "https://h/a\nb", "fd::1"}) {
    EXPECT_TRUE(address_of("https://h/web", url).starts_with("bad: "))
        << url << ": " << address_of("https://h/web", url);
  }
}

}  // namespace
}  // namespace verba
