// SPDX-License-Identifier: Apache-2.0
#include "cli/surroundings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/posix/posix_system.h"

namespace verba {
namespace {

class SurroundingsTest : public testing::Test {
 protected:
  SurroundingsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "verba-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~SurroundingsTest() override { std::filesystem::remove_all(directory_); }

  std::string secret(const std::string& reference) {
    const auto answer = surroundings_.secret({reference, directory_});
    if (const auto* not_found = std::get_if<NotFound>(&answer))
      return "! " + not_found->message + " | " + not_found->hint;
    return std::get<std::string>(answer);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(directory_ + "/" + name) << text; }

  std::string directory_;
  std::unique_ptr<System> system_ = make_posix_system();
  Surroundings surroundings_ = make_surroundings(*system_);
};

TEST_F(SurroundingsTest, SecretsComeFromVariables) {
  ::setenv("VERBA_TEST_SECRET", "s3cret\n", 1);
  EXPECT_EQ(secret("env:VERBA_TEST_SECRET"), "s3cret\n");
  ::unsetenv("VERBA_TEST_SECRET");
  EXPECT_EQ(secret("env:VERBA_TEST_NOT_SET"),
            "! the environment variable VERBA_TEST_NOT_SET is not set | export it before running verba");
}

TEST_F(SurroundingsTest, SecretsComeFromFilesBesideTheManifest) {
  write("key", "abc\n\n");
  EXPECT_EQ(secret("file:key"), "abc");
  EXPECT_EQ(secret("file:none"), "! there is no file '" + directory_ +
                                     "/none' | paths start at the directory of the manifest that names them");
}

TEST_F(SurroundingsTest, SecretsComeFromCommandsThatRunOnce) {
  EXPECT_EQ(secret("command:echo run >> count; printf 'x\\n'"), "x");
  EXPECT_EQ(secret("command:echo run >> count; printf 'x\\n'"), "x");
  std::ifstream count(directory_ + "/count");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(count), {}), "run\n");
}

TEST_F(SurroundingsTest, CommandsThatFailSayWhy) {
  EXPECT_EQ(secret("command:echo sorry >&2; exit 3"), "! the command of the secret ended with exit code 3 | sorry");
}

TEST_F(SurroundingsTest, UnknownPlacesAreNamed) {
  EXPECT_EQ(secret("vault:x"),
            "! secrets do not come from 'vault' | they come from env:NAME, file:PATH, command:LINE, ssm:NAME or "
            "secretsmanager:ID#KEY");
  EXPECT_EQ(secret("env"),
            "! secrets do not come from 'env' | they come from env:NAME, file:PATH, command:LINE, ssm:NAME or "
            "secretsmanager:ID#KEY");
}

TEST_F(SurroundingsTest, FilesAreReadOnce) {
  write("text", "one");
  const auto read = [&] { return std::get<std::string>(surroundings_.file(directory_ + "/text")); };
  EXPECT_EQ(read(), "one");
  write("text", "two");
  EXPECT_EQ(read(), "one") << "the plan and the run must see the same";
  EXPECT_TRUE(std::holds_alternative<NotFound>(surroundings_.file(directory_ + "/none")));
  EXPECT_TRUE(std::holds_alternative<NotFound>(surroundings_.file(directory_)));
}

}  // namespace
}  // namespace verba
