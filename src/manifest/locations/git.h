// SPDX-License-Identifier: Apache-2.0
// Runs git for a repository that nobody has reason to trust.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/locations/origin.h"
#include "os/async.h"
#include "os/process.h"
#include "os/system.h"

namespace verba {

/// One call of git. Argument lists, never a shell; the words of a location come after `--` or are checked before.
struct GitCall {
  std::vector<std::string> arguments = {};
  std::string repository = {};  ///< bare; "" is none
  std::string tree = {};        ///< the files of it
  std::string index = {};
  std::vector<std::string> objects = {};  ///< directories of objects to look into as well
  std::string lock = {};                  ///< a file that only one process holds at a time; "" is none
  std::string input = {};
  Milliseconds limit{60'000};
  std::vector<int> fine = {0};  ///< exit codes that are answers
};

struct GitAnswer {
  int code = 0;
  std::string output;
};

/// Gives what git printed. Only https, http, ssh, git and file are spoken; no prompt, no hook, no filter, no submodule,
/// no clean-up in the background runs; the operator's own configuration and credential helpers count. Credentials of
/// the origin reach git by its environment. Throws Error(manifest, "manifest.location") with what git said and what
/// to do about it.
Async<GitAnswer> run_git(System& system, Origin origin, GitCall call);

}  // namespace verba
