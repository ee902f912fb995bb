// SPDX-License-Identifier: Apache-2.0
#include "os/posix/posix_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "os/trace.h"

namespace verba {
namespace {

using namespace std::chrono_literals;

struct Ending {
  std::string output;
  std::string error;
  std::optional<ExitStatus> status;
};

class PosixSystem : public testing::Test {
 protected:
  PosixSystem() : system_(make_posix_system()) {}

  Command shell(const std::string& text) {
    return {.argv = {"sh", "-c", text}, .environment = {{"PATH", "/usr/bin:/bin"}}, .directory = "", .input = ""};
  }

  ProcessId begin(const Command& command, Ending& ending) {
    return system_->start(command, {.output =
                                        [&ending](Stream stream, std::string_view bytes) {
                                          (stream == Stream::output ? ending.output : ending.error) += bytes;
                                        },
                                    .exited = [&ending](ExitStatus status) { ending.status = status; }});
  }

  Ending run_to_end(const Command& command) {
    Ending ending;
    begin(command, ending);
    while (!ending.status) system_->poll();
    return ending;
  }

  std::string start_error(const Command& command) {
    try {
      system_->start(command, {});
    } catch (const Error& error) {
      return std::string(error.diagnostic().code) + ": " + error.what();
    }
    return "no error";
  }

  std::unique_ptr<System> system_;
};

TEST_F(PosixSystem, ReportsOutputErrorAndExitCode) {
  const Ending ending = run_to_end(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(ending.output, "out\n");
  EXPECT_EQ(ending.error, "err\n");
  EXPECT_EQ(ending.status->code, 3);
  EXPECT_EQ(ending.status->signal, 0);
}

TEST_F(PosixSystem, ReportsTheSignalThatEndedIt) {
  const Ending ending = run_to_end(shell("kill -9 $$"));
  EXPECT_EQ(ending.status->signal, SIGKILL);
  EXPECT_FALSE(ending.status->success());
}

TEST_F(PosixSystem, GivesTheWholeInputHoweverLarge) {
  Command command = shell("cat");
  command.input = std::string(3'000'000, 'x') + "end";
  EXPECT_EQ(run_to_end(command).output, command.input);
}

TEST_F(PosixSystem, AnInputThatIsNotReadIsNoFailure) {
  Command command = shell("exit 0");
  command.input = std::string(1'000'000, 'x');
  EXPECT_TRUE(run_to_end(command).status->success());
}

TEST_F(PosixSystem, WithoutInputTheChildReadsTheEnd) {
  EXPECT_EQ(run_to_end(shell("cat; echo done")).output, "done\n");
}

TEST_F(PosixSystem, TheEnvironmentIsAllTheChildGets) {
  Command command = shell("");
  command.argv = {"env"};
  command.environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "a b=c"}};
  EXPECT_EQ(run_to_end(command).output, "PATH=/usr/bin:/bin\nGREETING=a b=c\n");
}

TEST_F(PosixSystem, RunsInTheDirectory) {
  Command command = shell("pwd");
  command.directory = "/usr";
  EXPECT_EQ(run_to_end(command).output, "/usr\n");
}

TEST_F(PosixSystem, TheChildHasThreeDescriptorsAndDefaultSignals) {
  const int leaked = ::open("/dev/null", O_RDONLY);  // without close-on-exec, as a careless library would
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &before);
  sigset_t pipe_only, mask_before;
  ::sigemptyset(&pipe_only);
  ::sigaddset(&pipe_only, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &pipe_only, &mask_before);
  // `ls` opens the directory itself: 3.
  EXPECT_EQ(run_to_end(shell("ls /proc/self/fd")).output, "0\n1\n2\n3\n");
  const std::string signals = run_to_end(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status")).output;
  EXPECT_EQ(signals, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  ::sigaction(SIGPIPE, &before, nullptr);
  ::close(leaked);
}

TEST_F(PosixSystem, LeavesNoDescriptorBehind) {
  auto count = [] {
    int n = 0;
    DIR* directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr) ++n;
    ::closedir(directory);
    return n;
  };
  run_to_end(shell(":"));
  const int before = count();
  Command command = shell("cat");
  command.input = "x";
  for (int i = 0; i < 5; ++i) run_to_end(command);
  EXPECT_NE(start_error({.argv = {"/no/such"}, .environment = {}, .directory = "", .input = "x"}), "no error");
  EXPECT_EQ(count(), before);
}

TEST_F(PosixSystem, WhatCannotBeStartedIsNamed) {
  Command command = shell(":");
  command.argv = {"no-such-program-here"};
  EXPECT_EQ(start_error(command), "system.no-program: program 'no-such-program-here' is not on PATH");
  command.argv = {"/no/such"};
  EXPECT_EQ(start_error(command), "system.start: cannot start '/no/such': No such file or directory");
  command.argv = {"/etc/passwd"};
  EXPECT_EQ(start_error(command), "system.start: cannot start '/etc/passwd': Permission denied");
  command = shell(":");
  command.directory = "/no/directory";
  EXPECT_EQ(start_error(command),
            "system.start: cannot enter the directory '/no/directory': No such file or directory");
  command = shell(":");
  command.argv.push_back(std::string(3'000'000, 'x'));
  EXPECT_EQ(start_error(command),
            "system.start: cannot start '/usr/bin/sh': its arguments and environment are too large");
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);  // none of them is left as a zombie
}

TEST_F(PosixSystem, RelativePathEntriesStartAtTheWorkingDirectory) {
  std::string root = "/tmp/verba-path-XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  system_->make_directories(root + "/bin");
  system_->write_file(root + "/bin/tool", "#!/bin/sh\necho found\n", 0755);
  Command command = shell("");
  command.argv = {"tool"};
  command.environment = {{"PATH", "/nowhere:bin"}};
  command.directory = root;
  EXPECT_EQ(run_to_end(command).output, "found\n");
  command.argv = {"bin/tool"};
  EXPECT_EQ(run_to_end(command).output, "found\n");
  std::filesystem::remove_all(root);
}

/// A directory for a trace.
class TracedChildren : public PosixSystem {
 protected:
  TracedChildren() { EXPECT_NE(::mkdtemp(directory_.data()), nullptr); }
  ~TracedChildren() override { std::filesystem::remove_all(directory_); }

  Command traced(const std::string& text) {
    Command command = shell(text);
    command.trace = {directory_ + "/trace", "7", false};
    return command;
  }
  TracedChild child() { return read_trace(system_->read_file(directory_ + "/trace", 1 << 20).value_or("")).at("7"); }

  std::string directory_ = "/tmp/verba-trace-XXXXXX";
};

TEST_F(TracedChildren, WriteDownTheirBeginningAndTheirEnd) {
  const Ending ending = run_to_end(traced("echo $$; exit 3"));
  EXPECT_EQ(ending.status->code, 3);
  EXPECT_EQ(child().code, 3);
  EXPECT_EQ(std::to_string(child().process) + "\n", ending.output);
}

TEST_F(TracedChildren, AreHeardInTheOrderInWhichTheyPrint) {
  std::string heard;
  bool ended = false;
  const std::string go = directory_ + "/go";
  const auto hear = [&](Stream, std::string_view bytes) {
    heard += bytes;
    if (heard == "one\ntwo\n") system_->write_file(go, "");
  };
  system_->start(
      traced("echo one; echo two >&2; while [ ! -e " + go + " ]; do sleep 0.01; done; echo three; echo four >&2"),
      {.output = hear, .exited = [&](ExitStatus) { ended = true; }});
  while (!ended) system_->poll();
  EXPECT_EQ(heard, "one\ntwo\nthree\nfour\n");
}

TEST_F(TracedChildren, TakeOverTheFilesOfThoseBefore) {
  EXPECT_EQ(run_to_end(traced("echo long before")).output, "long before\n");
  const std::string file = directory_ + "/trace-0.out";
  const auto before = std::filesystem::hard_link_count(file);
  std::filesystem::create_hard_link(file, directory_ + "/same");
  EXPECT_EQ(run_to_end(traced("echo after")).output, "after\n");
  EXPECT_EQ(std::filesystem::hard_link_count(file), before + 1) << "another file";
  system_->empty(file);
  EXPECT_EQ(system_->read_file(directory_ + "/same", 100), "");
  system_->empty(directory_ + "/none");
}

TEST_F(TracedChildren, AreNotMixedUpWithWhatOthersLeftInTheBackground) {
  const std::string go = directory_ + "/go";
  const Ending first =
      run_to_end(traced("(while [ ! -e " + go + " ]; do sleep 0.01; done; echo stranger) & echo first $!"));
  ASSERT_TRUE(first.output.starts_with("first "));
  const int background = std::atoi(first.output.c_str() + 6);
  const Ending second = run_to_end(traced("touch " + go + "; while kill -0 " + std::to_string(background) +
                                          " 2>/dev/null; do sleep 0.01; done; echo second"));
  EXPECT_EQ(second.output, "second\n");
}

TEST_F(TracedChildren, AreNotKeptByATalkerInTheBackground) {
  const Ending ending = run_to_end(traced("timeout 5 sh -c 'while :; do echo talk; done' & echo $! >&2; sleep 0.05"));
  EXPECT_EQ(ending.status->code, 0);
  EXPECT_EQ(::kill(std::atoi(ending.error.c_str()), SIGTERM), 0) << "it had ended before we had";
}

TEST_F(TracedChildren, AreAliveUntilAllOfTheirGroupHaveEnded) {
  const Ending ending = run_to_end(traced("sleep 30 >/dev/null 2>&1 & :"));
  const TracedChild left = child();
  EXPECT_TRUE(system_->group_is_alive(left.process, left.began_ms)) << "its leader is gone, a member is not";
  system_->signal_group(left.process, SIGKILL);
  while (system_->group_is_alive(left.process, left.began_ms)) ::usleep(1000);
  EXPECT_FALSE(system_->group_is_alive(::getpid(), 1)) << "another process of the same id, begun at another time";
}

TEST_F(PosixSystem, DoesNotWaitForWhatHoldsTheOutputInTheBackground) {
  const auto began = system_->steady();
  const Ending ending = run_to_end(shell("sleep 20 & echo started $!"));
  EXPECT_LT(system_->steady() - began, 10s);
  ASSERT_TRUE(ending.output.starts_with("started "));
  // It lives on: what a script puts in the background is the script's business.
  const pid_t background = std::atoi(ending.output.c_str() + 8);
  EXPECT_EQ(::kill(background, SIGKILL), 0);
}

TEST_F(PosixSystem, SignalsReachTheWholeGroup) {
  Ending ending;
  const ProcessId id = begin(shell("sleep 30 & echo up; wait"), ending);
  while (ending.output.empty()) system_->poll();
  system_->signal(id, SIGTERM);
  while (!ending.status) system_->poll();
  EXPECT_EQ(ending.status->signal, SIGTERM);
  system_->signal(id, SIGTERM);  // gone is fine
}

TEST_F(PosixSystem, AnAbandonedProcessIsKilledAndSilent) {
  Ending abandoned;
  const ProcessId id = begin(shell("echo up; sleep 30"), abandoned);
  while (abandoned.output.empty()) system_->poll();
  system_->abandon(id);
  EXPECT_TRUE(run_to_end(shell(":")).status->success());
  system_->abandon(id);
  while (::kill(static_cast<pid_t>(id), 0) == 0) system_->poll();  // until it is reaped
  EXPECT_FALSE(abandoned.status);
  EXPECT_EQ(abandoned.output, "up\n");
}

TEST_F(PosixSystem, ALeftoverChildIsKilledWithTheSystem) {
  Ending ending;
  const ProcessId id = begin(shell("echo up; sleep 30"), ending);
  while (ending.output.empty()) system_->poll();
  system_.reset();
  ::waitpid(static_cast<pid_t>(id), nullptr, 0);  // would block for half a minute otherwise
  EXPECT_FALSE(ending.status);
}

TEST_F(PosixSystem, AChildHearsOfOurSuddenDeath) {
  std::string root = "/tmp/verba-death-XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  const std::string fifo = root + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t middle = ::fork();
  if (middle == 0) {
    const auto system = make_posix_system();
    system->start(shell("exec sleep 30 > " + fifo), {});
    for (;;) system->poll();
  }
  const int fd = ::open(fifo.c_str(), O_RDONLY);  // waits until the child holds the other end
  const auto began = system_->steady();
  ::kill(middle, SIGKILL);
  ::waitpid(middle, nullptr, 0);
  char byte = 0;
  EXPECT_EQ(::read(fd, &byte, 1), 0);  // the end: the child has gone
  EXPECT_LT(system_->steady() - began, 20s);
  ::close(fd);
  std::filesystem::remove_all(root);
}

TEST_F(PosixSystem, ManyAtOnceAllEndRight) {
  std::map<int, int> codes;
  int running = 0;
  int next = 0;
  auto fill = [&] {
    for (; running < 16 && next < 150; ++next, ++running) {
      system_->start(shell("exit " + std::to_string(next % 100)),
                     {.output = {}, .exited = [&codes, &running, number = next](ExitStatus status) {
                        codes[number] = status.code;
                        --running;
                      }});
    }
  };
  for (fill(); running > 0; fill()) system_->poll();
  ASSERT_EQ(codes.size(), 150u);
  for (const auto& [number, code] : codes) EXPECT_EQ(code, number % 100);
}

TEST_F(PosixSystem, TimersFireInOrderAndNotWhenCancelled) {
  std::string order;
  system_->after(10ms, [&] { order += 'b'; });
  system_->after(1ms, [&] { order += 'a'; });
  const TimerId cancelled = system_->after(2ms, [&] { order += 'x'; });
  system_->cancel(cancelled);
  const auto began = system_->steady();
  while (order.size() < 2) system_->poll();
  EXPECT_EQ(order, "ab");
  EXPECT_GE(system_->steady() - began, 9ms);
}

TEST_F(PosixSystem, InterruptsBecomeCalls) {
  int calls = 0;
  system_->on_interrupt([&] { ++calls; });
  ::kill(::getpid(), SIGINT);
  while (calls < 1) system_->poll();
  ::kill(::getpid(), SIGTERM);
  while (calls < 2) system_->poll();
  system_->on_interrupt({});
  struct sigaction now {};
  ::sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST_F(PosixSystem, KnowsItsSurroundings) {
  EXPECT_GT(system_->now().ms, 1'600'000'000'000);
  EXPECT_EQ(system_->random_bytes(32).size(), 32u);
  EXPECT_NE(system_->random_bytes(16), system_->random_bytes(16));
  ::setenv("VERBA_TEST_VARIABLE", "x=y", 1);
  EXPECT_EQ(system_->variable("VERBA_TEST_VARIABLE"), "x=y");
  EXPECT_EQ(system_->variable("VERBA_TEST_NO_SUCH"), std::nullopt);
  const auto variables = system_->variables();
  EXPECT_TRUE(std::is_sorted(variables.begin(), variables.end()));
  EXPECT_NE(
      std::find(variables.begin(), variables.end(), std::pair<std::string, std::string>("VERBA_TEST_VARIABLE", "x=y")),
      variables.end());
  EXPECT_FALSE(system_->host().empty());
  EXPECT_EQ(system_->boot_id().size(), 36u);
  EXPECT_EQ(system_->process(), ::getpid());
  EXPECT_GT(system_->process_start(::getpid()).value(), 0);
  EXPECT_EQ(system_->process_start(1LL << 40), std::nullopt);
}

}  // namespace
}  // namespace verba
