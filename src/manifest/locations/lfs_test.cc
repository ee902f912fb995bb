// SPDX-License-Identifier: Apache-2.0
#include "manifest/locations/lfs.h"

#include <gtest/gtest.h>

#include <string>

namespace verba {
namespace {

const std::string oid(64, 'a');
const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize 12345\n";

std::string printed(const std::string& content) {
  return "1234 blob " + std::to_string(content.size()) + "\n" + content + "\n";
}

TEST(Lfs, PointersAreSmallFiles) {
  EXPECT_EQ(possible_pointers({{"100644", "blob", "1", 130, "a"},
                               {"120000", "blob", "2", 130, "link"},
                               {"160000", "commit", "3", 0, "module"},
                               {"100644", "blob", "4", 1024, "large"},
                               {"100755", "blob", "5", 0, "b"}}),
            (std::vector<std::size_t>{0, 4}));
}

TEST(Lfs, PointersAreRead) {
  const auto found = read_pointers({2, 5, 7}, printed("") + printed(pointer) + printed("two\nlines\n"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].entry, 5u);
  EXPECT_EQ(found[0].size_bytes, 12345u);
  EXPECT_EQ(found[0].file(), "lfs/objects/aa/aa/" + oid);
}

TEST(Lfs, WhatOnlyLooksLikeAPointerIsAFile) {
  for (const std::string& text :
       {pointer.substr(1), std::string("version https://git-lfs.github.com/spec/v1\n"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:../../../etc/passwd\nsize 1\n" + oid,
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize -1\n"}) {
    EXPECT_TRUE(read_pointers({0}, printed(text)).empty()) << text;
  }
  EXPECT_TRUE(read_pointers({0, 1}, "1234 missing\n").empty());
}

}  // namespace
}  // namespace verba
