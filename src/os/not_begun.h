// SPDX-License-Identifier: Apache-2.0
// The error of a command that was never begun.
#pragma once

#include "base/error.h"

namespace verba {

/// Thrown by executors (os/executor.h): what should have run has not, and nothing has happened.
class NotBegun : public Error {
 public:
  static constexpr int no_program = 127;
  static constexpr int cannot_start = 126;

  /// `exit_code`: as a shell would say it; where that would say nothing, 1.
  explicit NotBegun(const Error& why, int exit_code = 1) : Error(why), exit_code_(exit_code) {}
  int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

}  // namespace verba
