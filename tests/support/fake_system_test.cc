// SPDX-License-Identifier: Apache-2.0
#include "support/fake_system.h"

#include <gtest/gtest.h>

#include <csignal>

#include "base/error.h"
#include "os/process.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

TEST(FakeSystem, KeepsFilesAndDirectories) {
  FakeSystem system;
  system.add_file("a/b", "1");
  system.make_directories("a/empty", 0755);
  system.write_file("/project/a/c", "2", 0644);
  EXPECT_EQ(system.read_file("a/../a/c", 10), "2");
  EXPECT_EQ(system.kind_of("a"), DirectoryEntry::Kind::directory);
  const auto entries = system.list_directory("/project/a");
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ(entries->at(0).name, "b");
  EXPECT_EQ(entries->at(0).kind, DirectoryEntry::Kind::file);
  EXPECT_EQ(entries->at(2).kind, DirectoryEntry::Kind::directory);
  EXPECT_EQ(system.list_directory("/")->at(0).name, "project");
  EXPECT_THROW(system.write_file("no/x", "", 0644), Error);
  EXPECT_THROW(system.read_file("a/b", 0), Error);
  system.remove("a");
  EXPECT_EQ(system.paths(), std::vector<std::string>{});
  EXPECT_EQ(system.list_directory("a"), std::nullopt);
}

TEST(FakeSystem, FailsTheCallThatIsAskedFor) {
  FakeSystem system;
  system.fail_call(2);
  system.write_file("x", "1", 0644);
  EXPECT_THROW(system.write_file("x", "2", 0644), Error);
  EXPECT_EQ(system.content("x"), "1");
  system.write_file("x", "3", 0644);
  EXPECT_EQ(system.calls(), 3);
  EXPECT_EQ(system.log, (std::vector<std::string>{"write /project/x", "write /project/x", "write /project/x"}));
}

TEST(FakeSystem, TheClockJumps) {
  FakeSystem system;
  const Instant began = system.now();
  std::string order;
  system.after(2h, [&] { order += 'b'; });
  system.after(1s, [&] { order += 'a'; });
  system.poll();
  EXPECT_EQ(system.now() - began, 1s);
  system.poll();
  EXPECT_EQ(system.now() - began, 2h);
  EXPECT_EQ(order, "ab");
}

TEST(FakeSystem, ProgramsPrintAndEndInTheirTime) {
  FakeSystem system;
  system.programs = [](const Command& command) {
    Performance script = Performance::exit(command.argv[0] == "bad" ? 3 : 0);
    script.output = {{.bytes = "one\n", .at = 1s}, {.stream = Stream::error, .bytes = "two\n", .at = 2s}};
    script.duration = 5s;
    return script;
  };
  Stop stop;
  RunOptions options;
  options.capture_bytes = 100;
  const Finished finished = wait_for(system, run(system, {.argv = {"bad"}}, stop, options));
  EXPECT_EQ(finished.status.code, 3);
  EXPECT_EQ(finished.output, "one\n");
  EXPECT_EQ(system.steady(), 5s);
  EXPECT_EQ(system.commands.size(), 1u);
  EXPECT_EQ(system.alive(), 0u);
}

TEST(FakeSystem, TimeoutThenGraceThenKill) {
  FakeSystem system;
  system.programs = [](const Command&) {
    Performance script;
    script.duration = 1h;
    script.ignores_term = true;
    return script;
  };
  Stop stop;
  RunOptions options;
  options.timeout = 10s;
  options.grace = 5s;
  const Finished finished = wait_for(system, run(system, {.argv = {"x"}}, stop, options));
  EXPECT_EQ(finished.why, Ended::timeout);
  EXPECT_EQ(finished.status.signal, SIGKILL);
  EXPECT_EQ(system.steady(), 15s);
}

TEST(FakeSystem, AnAbandonedProgramSaysNothing) {
  FakeSystem system;
  system.programs = [](const Command&) {
    Performance script = Performance::exit(0, "out");
    script.duration = 1s;
    return script;
  };
  bool said = false;
  ProcessId id = 0;
  id = system.start({.argv = {"x"}}, {.output = [&](Stream, std::string_view) { system.abandon(id); },
                                      .exited = [&](ExitStatus) { said = true; }});
  system.poll();
  EXPECT_EQ(system.alive(), 0u);
  EXPECT_FALSE(said);
}

TEST(FakeSystem, InterruptsCome) {
  FakeSystem system;
  int calls = 0;
  system.on_interrupt([&] { ++calls; });
  system.interrupt_after(3s);
  system.poll();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(system.steady(), 3s);
}

TEST(FakeSystem, IsTheSameEveryTime) {
  EXPECT_EQ(FakeSystem().random_bytes(8), FakeSystem().random_bytes(8));
  FakeSystem system;
  EXPECT_NE(system.random_bytes(8), system.random_bytes(8));
  EXPECT_EQ(system.variable("HOME"), "/home/user");
  EXPECT_EQ(system.process_start(system.process()), 5000);
}

}  // namespace
}  // namespace verba
