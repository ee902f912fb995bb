// SPDX-License-Identifier: Apache-2.0
// What the program says to whoever started it.
#pragma once

#include "base/diagnostic.h"
#include "base/error.h"
#include "state/store.h"

namespace verba {

inline constexpr int kDone = 0;
inline constexpr int kStepFailed = 1;
inline constexpr int kUsage = 2;    ///< the command line or a manifest is wrong
inline constexpr int kChanges = 3;  ///< `plan --exit-code`: there is something to do
inline constexpr int kState = 4;    ///< state is locked or broken
inline constexpr int kInterrupted = 130;

int exit_code(Error::Kind);
int exit_code(RunStatus);
/// Of errors. Where something could not be fetched, nobody knows whether the others are mistakes: what they miss may be
/// in there.
int exit_code(const Diagnostics&);

/// Thrown when everything has been said and the command is to end with this code. Not an Error.
struct Exit {
  int code = kDone;
};

}  // namespace verba
