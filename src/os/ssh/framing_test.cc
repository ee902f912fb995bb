// SPDX-License-Identifier: Apache-2.0
#include "os/ssh/framing.h"

#include <gtest/gtest.h>

#include "os/ssh/remote_script.h"
#include "os/ssh/target.h"

namespace verba {
namespace {

struct Heard {
  Framing framing;
  std::string script = {};
  std::string noise = {};

  void take(std::string_view bytes) {
    framing.take(
        bytes, [this](std::string_view text) { script += text; }, [this](std::string_view text) { noise += text; });
  }
  void end() {
    framing.end([this](std::string_view text) { script += text; }, [this](std::string_view text) { noise += text; });
  }
};

constexpr std::string_view whole = "motd\nMARK b 42\nhello\nno endMARK e 7\nx=1\nMARK z\nlate";

TEST(Framing, TakesTheScriptOutOfWhatIsRoundIt) {
  Heard heard{Framing("MARK", true)};
  heard.take(whole);
  EXPECT_EQ(heard.noise, "motd\n");
  EXPECT_EQ(heard.script, "hello\nno end");
  EXPECT_EQ(heard.framing.process(), 42);
  EXPECT_TRUE(heard.framing.ended());
  EXPECT_EQ(heard.framing.code(), 7);
  EXPECT_EQ(heard.framing.report(), "x=1\n");
}

TEST(Framing, ItIsTheSameByteByByte) {
  Heard heard{Framing("MARK", true)};
  for (const char c : whole) heard.take(std::string_view(&c, 1));
  EXPECT_EQ(heard.noise, "motd\n");
  EXPECT_EQ(heard.script, "hello\nno end");
  EXPECT_TRUE(heard.framing.ended());
  EXPECT_EQ(heard.framing.report(), "x=1\n");
}

TEST(Framing, HandsOnAtOnceWhatCannotBeAMark) {
  Heard heard{Framing("MARK", true)};
  heard.take("MARK b 1\nabcMA");
  EXPECT_EQ(heard.script, "abc");
  heard.take("X");
  EXPECT_EQ(heard.script, "abcMAX");
  heard.take("MAR");
  heard.end();
  EXPECT_EQ(heard.script, "abcMAXMAR");
  EXPECT_FALSE(heard.framing.ended());
}

TEST(Framing, TheShellsOwnComplaintsAreTheScripts) {
  Heard heard{Framing("MARK", false)};
  heard.take("a\nMARK: 1: nosuchcmd: not found\nb\nMARK z\n");
  EXPECT_EQ(heard.script, "a\nsh: 1: nosuchcmd: not found\nb\n");
  EXPECT_TRUE(heard.framing.ended());
}

TEST(Framing, ErrorsHaveOnlyAnEnd) {
  Heard heard{Framing("MARK", false)};
  heard.take("oops\nMARK z\n");
  EXPECT_EQ(heard.script, "oops\n");
  EXPECT_TRUE(heard.framing.ended());
}

TEST(RemoteScript, NoValueIsOnTheCommandLine) {
  Work work;
  work.argv = {"sh", "-c", "it's"};
  work.environment = {{"A", "s3cret"}};
  work.without = {"HOME", "no name"};
  const std::string text = remote_script(work, "/srv/a b", false);
  EXPECT_EQ(remote_command("MARK", "").find("s3cret"), std::string::npos);
  EXPECT_NE(text.find("export A='s3cret'\n"), std::string::npos);
  EXPECT_NE(text.find("unset HOME\n"), std::string::npos);
  EXPECT_EQ(text.find("no name"), std::string::npos);
  EXPECT_NE(text.find("'it'\\''s'"), std::string::npos);
  EXPECT_NE(text.find("cd -- '/srv/a b'"), std::string::npos);
}

TEST(SshNames, NothingThatCouldBeAnOptionOrACommand) {
  EXPECT_TRUE(is_host("web-1.example.org"));
  EXPECT_TRUE(is_host("fe80::1%eth0"));
  EXPECT_FALSE(is_host("%h")) << "ssh puts something in its place";
  EXPECT_FALSE(is_host("a%h.example.org"));
  EXPECT_TRUE(is_login_name("deploy@corp"));
  for (const char* bad : {"", "-oProxyCommand=x", "a b", "a;b", "$(x)", "a\nb"}) {
    EXPECT_FALSE(is_host(bad)) << bad;
    EXPECT_FALSE(is_login_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace verba
