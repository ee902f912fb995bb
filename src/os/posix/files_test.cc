// SPDX-License-Identifier: Apache-2.0
#include "os/posix/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "base/error.h"

namespace verba::posix {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    const char* base = std::getenv("TMPDIR");
    root_ = std::string(base != nullptr ? base : "/tmp") + "/verba-files-XXXXXX";
    EXPECT_NE(::mkdtemp(root_.data()), nullptr);
    root_ = absolute(root_);
  }
  ~Files() override { std::filesystem::remove_all(root_); }

  std::string path(const std::string& name) const { return root_ + "/" + name; }

  template <class Body>
  std::string error_of(Body body) {
    try {
      body();
    } catch (const Error& error) {
      return std::string(error.diagnostic().code) + ": " + error.what();
    }
    return "no error";
  }

  std::string root_;
};

TEST_F(Files, ReadsWhatWasWritten) {
  const std::string content("a\0b\n", 4);
  write_file(path("x"), content, 0600);
  EXPECT_EQ(read_file(path("x"), 100), content);
  struct stat status {};
  ASSERT_EQ(::stat(path("x").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Files, AnAbsentFileIsNothing) {
  EXPECT_EQ(read_file(path("no"), 100), std::nullopt);
  EXPECT_EQ(read_part(path("no"), 0, 100), std::nullopt);
  write_file(path("x"), "", 0644);
  EXPECT_EQ(read_file(path("x/below"), 100), std::nullopt);
  EXPECT_EQ(list_directory(path("no")), std::nullopt);
  EXPECT_EQ(kind_of(path("no")), std::nullopt);
}

TEST_F(Files, ReadsLargeFilesAndThoseWithoutASize) {
  const std::string large(300'000, 'x');
  write_file(path("large"), large, 0644);
  EXPECT_EQ(read_file(path("large"), 1 << 20), large);
  EXPECT_GT(read_file("/proc/self/status", 1 << 20)->size(), 100u);
}

TEST_F(Files, KnowsWhatMayBeExecuted) {
  write_file(path("tool"), "x", 0755);
  write_file(path("text"), "x", 0644);
  EXPECT_TRUE(is_executable(path("tool")));
  EXPECT_FALSE(is_executable(path("text")));
  EXPECT_FALSE(is_executable(root_));
  EXPECT_FALSE(is_executable(path("no")));
}

TEST_F(Files, RefusesMoreThanTheLimit) {
  write_file(path("x"), "12345", 0644);
  EXPECT_EQ(read_file(path("x"), 5), "12345");
  EXPECT_EQ(read_part(path("x"), 1, 2), "23");
  EXPECT_EQ(read_part(path("x"), 3, 9), "45");
  EXPECT_EQ(read_part(path("x"), 9, 9), "");
  EXPECT_EQ(error_of([&] { read_file(path("x"), 4); }),
            "system.file-too-large: '" + path("x") + "' is larger than 4 bytes");
  EXPECT_EQ(error_of([&] { read_file("/proc/self/status", 10); }),
            "system.file-too-large: '/proc/self/status' is larger than 10 bytes");
}

TEST_F(Files, ErrorsNameThePathAndTheReason) {
  EXPECT_EQ(error_of([&] { read_file(root_, 100); }), "system.read-file: cannot read '" + root_ + "': Is a directory");
  EXPECT_EQ(error_of([&] { write_file(path("no/x"), "", 0644); }),
            "system.write-file: cannot write '" + path("no/x") + "': No such file or directory");
  write_file(path("file"), "", 0644);
  EXPECT_EQ(error_of([&] { make_directories(path("file/below"), 0755); }),
            "system.make-directories: cannot make directory '" + path("file") + "': File exists");
}

TEST_F(Files, WritingReplacesAndLeavesNothingBeside) {
  write_file(path("x"), "old", 0644);
  write_file(path("x"), "new", 0644);
  EXPECT_EQ(read_file(path("x"), 100), "new");
  const auto entries = list_directory(root_);
  ASSERT_EQ(entries->size(), 1u);
}

TEST_F(Files, AFailedWriteLeavesTheOldAndNothingBeside) {
  make_directories(path("x/in"), 0755);  // a directory cannot be replaced by a file
  EXPECT_NE(error_of([&] { write_file(path("x"), "new", 0644); }), "no error");
  EXPECT_EQ(list_directory(root_)->size(), 1u);
  EXPECT_EQ(kind_of(path("x/in")), DirectoryEntry::Kind::directory);
}

TEST_F(Files, ListsSortedWithKindsThroughLinks) {
  write_file(path("b"), "", 0644);
  make_directories(path("a"), 0755);
  ASSERT_EQ(::symlink("a", path("c").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", path("d").c_str()), 0);
  const auto entries = list_directory(root_);
  ASSERT_EQ(entries->size(), 4u);
  using Kind = DirectoryEntry::Kind;
  const std::vector<std::pair<std::string, Kind>> wanted = {
      {"a", Kind::directory}, {"b", Kind::file}, {"c", Kind::directory}, {"d", Kind::other}};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(entries->at(i).name, wanted[i].first);
    EXPECT_EQ(entries->at(i).kind, wanted[i].second) << wanted[i].first;
  }
}

TEST_F(Files, MakesAndRemovesTreesWithoutFollowingLinks) {
  make_directories(path("a/b//c/"), 0700);
  make_directories(path("a/b/c"), 0700);
  EXPECT_EQ(kind_of(path("a/b/c")), DirectoryEntry::Kind::directory);
  write_file(path("kept"), "k", 0644);
  ASSERT_EQ(::symlink(path("kept").c_str(), path("a/link").c_str()), 0);
  remove(path("a"));
  remove(path("a"));
  EXPECT_EQ(kind_of(path("a")), std::nullopt);
  EXPECT_EQ(read_file(path("kept"), 100), "k");
}

TEST_F(Files, RemovesWhatItsOwnerRemovesAtTheSameTime) {
  for (int round = 0; round < 200; ++round) {
    make_directories(path("a"), 0700);
    for (int i = 0; i < 20; ++i) std::ofstream(path("a/" + std::to_string(i)));
    const std::jthread owner([this] {
      for (int i = 19; i >= 0; --i) ::unlink(path("a/" + std::to_string(i)).c_str());
    });
    remove(path("a"));
    ASSERT_EQ(kind_of(path("a")), std::nullopt) << round;
  }
}

TEST_F(Files, AbsolutePathsAreResolvedAsFarAsTheyExist) {
  make_directories(path("real/below"), 0755);
  ASSERT_EQ(::symlink("real", path("link").c_str()), 0);
  EXPECT_EQ(absolute(path("link/below/../x/./y/")), path("real/x/y"));
  EXPECT_EQ(absolute("."), std::filesystem::current_path().string());
  EXPECT_EQ(absolute(""), absolute("."));
  EXPECT_EQ(absolute("/"), "/");
}

}  // namespace
}  // namespace verba::posix
