// SPDX-License-Identifier: Apache-2.0
// Where the commands of a step run: on this machine or on another one. Who has them run need not know which.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "os/async.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

/// A program to run, with all it needs from us.
struct Work {
  /// A private file (mode 0600), there while the program runs; its path takes the place of argv[argument].
  struct File {
    std::string name;
    std::string content;
    std::size_t argument = 0;
  };
  std::vector<std::string> argv = {};
  Variables environment = {};             ///< besides what the machine gives, and stronger
  std::vector<std::string> without = {};  ///< what the machine gives and the program does not get
  std::string directory = {};             ///< as from Executor::directory_for
  std::string input = {};                 ///< standard input, whole
  std::optional<File> file = {};
  /// $VERBA_OUTPUT names a file that it may write; WorkDone::report is what it wrote.
  bool reports = false;
  Trace trace = {};
  /// Makes a directory of this machine for the time of the attempt; asked only when one is needed.
  std::function<const std::string&()> scratch = {};
};

struct WorkDone {
  Finished finished;
  std::optional<std::string> report = {};
  std::string doubt = {};  ///< not "": nobody knows how it ended, and this is why; `finished` says nothing then
  bool at_rest = false;    ///< in doubt, but nothing of it is at work any more
};

/// Where a report is written on this machine, in the scratch directory.
std::string report_file(const std::string& scratch);

/// One place to run commands. Used by the thread that polls the System; many commands may be under way at once.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Where a command begins: from the directory of its manifest (on this machine), and what the manifest says of it.
  virtual std::string directory_for(const std::string& manifest_directory, const std::string& written) const = 0;

  /// Runs it, with the promises of run() in os/process.h: streams to options.sink, ends the whole process group there
  /// at the timeout and at `stop`. What could not be begun throws NotBegun (os/not_begun.h): nothing has happened then.
  virtual Async<WorkDone> run(Work work, Stop& stop, RunOptions options) = 0;
};

/// This machine. Programs start from the variables `base`.
class LocalExecutor final : public Executor {
 public:
  LocalExecutor(System& system, Variables base) : system_(system), base_(std::move(base)) {}
  std::string directory_for(const std::string& manifest_directory, const std::string& written) const override;
  Async<WorkDone> run(Work work, Stop& stop, RunOptions options) override;

 private:
  Command command_of(Work& work) const;

  System& system_;
  Variables base_;
};

}  // namespace verba
