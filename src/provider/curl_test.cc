// SPDX-License-Identifier: Apache-2.0
#include "provider/curl.h"

#include "os/curl.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

TEST(Curl, TheRequestIsInTheConfigurationAlone) {
  HttpAsk ask{"POST", "https://h/a\"b", {{"Authorization", "Bearer s\\3cret"}, {"X-Empty", ""}}, "body"};
  const Work work = work_of(ask);
  for (const std::string& argument : work.argv) EXPECT_EQ(argument.find("s\\3cret"), std::string::npos);
  EXPECT_NE(work.input.find("url = \"https://h/a\\\"b\"\n"), std::string::npos) << work.input;
  EXPECT_NE(work.input.find("header = \"Authorization: Bearer s\\\\3cret\"\n"), std::string::npos) << work.input;
  EXPECT_NE(work.input.find("header = \"X-Empty;\"\n"), std::string::npos) << work.input;
  ASSERT_TRUE(work.file);
  EXPECT_EQ(work.file->content, "body");
}

TEST(Curl, ReadsWhatItPrinted) {
  HttpAnswer answer = read_answer("two\nlines\n\n204");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "two\nlines\n");
  answer = read_answer("\n000");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(read_answer("").status, 0);
  EXPECT_EQ(essence_of("curl: (60) SSL certificate problem\nMore details here: https://curl.se/\n\nTo learn more\n"),
            "SSL certificate problem");
  EXPECT_EQ(essence_of("bash: connect: refused\nbash: line 1: refused\n"), "bash: line 1: refused");
  EXPECT_EQ(essence_of("warning\ncurl: (7) Failed to connect\r\n"), "Failed to connect");
}

TEST(Curl, NothingBecomesAnotherHeaderOrAddress) {
  EXPECT_TRUE(is_header("X-Name", "any (text): é"));
  EXPECT_FALSE(is_header("X-Name", "a\r\nHost: other"));
  EXPECT_FALSE(is_header("X Name", "a"));
  EXPECT_FALSE(is_header("", "a"));
  EXPECT_TRUE(is_http_url("http://localhost:80/x?y=z"));
  EXPECT_FALSE(is_http_url("file:///etc/passwd"));
  EXPECT_TRUE(is_http_url("http://ann:pw@[::1]:8080/"));
  for (const char* bad : {"http://", "http:///x", "http://:80/", "http://a:0/", "http://a:99999/", "http://a:x/",
                          "http://[::1/", "http://[]/", "http://[::1]x/", "http://a/{b}", "http://a/b c"}) {
    EXPECT_FALSE(is_http_url(bad)) << bad;
  }
  EXPECT_FALSE(is_http_url("http://a\nurl = b"));
}

}  // namespace
}  // namespace verba
