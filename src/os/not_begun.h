// SPDX-License-Identifier: Apache-2.0
// The error of a command that was never begun.
#pragma once

#include "base/error.h"

namespace verba {

/// Thrown by executors (os/executor.h): what should have run has not, and nothing has happened.
class NotBegun : public Error {
 public:
  explicit NotBegun(const Error& why) : Error(why) {}
};

}  // namespace verba
