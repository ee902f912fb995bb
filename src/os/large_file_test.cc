// SPDX-License-Identifier: Apache-2.0
#include "os/large_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "os/posix/posix_system.h"

namespace verba {
namespace {

class LargeFiles : public testing::Test {
 protected:
  LargeFiles() { EXPECT_NE(::mkdtemp(root_.data()), nullptr); }
  ~LargeFiles() override { std::filesystem::remove_all(root_); }
  std::string write(std::string_view content) {
    system_->write_file(root_ + "/x", content);
    return root_ + "/x";
  }

  std::string root_ = "/tmp/verba-large-XXXXXX";
  std::unique_ptr<System> system_ = make_posix_system();
};

TEST_F(LargeFiles, AreSummedUpAndReadPartByPart) {
  const std::string first(large_file_part_bytes, 'a');
  const std::optional<LargeFile> file = sum_up(*system_, write(first + "b"));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size_bytes, large_file_part_bytes + 1);
  EXPECT_EQ(file->digest, sha256(first + "b"));
  EXPECT_EQ(file->parts, (std::vector<Digest>{sha256(first), sha256("b")}));
  EXPECT_EQ(read_part(*system_, *file, 1), "b");
  write(first + "c");
  EXPECT_EQ(read_part(*system_, *file, 0), first);
  EXPECT_EQ(read_part(*system_, *file, 1), std::nullopt);
  EXPECT_FALSE(sum_up(*system_, root_ + "/absent"));
}

TEST_F(LargeFiles, HaveNoEmptyPartAtTheirEnd) {
  EXPECT_EQ(sum_up(*system_, write(std::string(large_file_part_bytes, 'a')))->parts.size(), 1U);
}

}  // namespace
}  // namespace verba
