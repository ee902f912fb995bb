// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <algorithm>

namespace verba {
namespace {

bool failed_us(const Diagnostic& diagnostic) {
  return diagnostic.severity == Severity::error && is_unreachable(diagnostic);
}

}  // namespace

int exit_code(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage:
    case Error::Kind::manifest:
      return kUsage;
    case Error::Kind::state:
    case Error::Kind::locked:
      return kState;
    case Error::Kind::provider:
    case Error::Kind::system:
      return kStepFailed;
  }
  return kStepFailed;
}

int exit_code(const Diagnostics& errors) {
  return std::ranges::any_of(errors.all(), failed_us) ? kStepFailed : kUsage;
}

int exit_code(RunStatus status) {
  switch (status) {
    case RunStatus::succeeded:
      return kDone;
    case RunStatus::failed:
    case RunStatus::rolled_back:
    case RunStatus::rollback_failed:
      return kStepFailed;
    case RunStatus::cancelled:
    case RunStatus::interrupted:
      return kInterrupted;
    case RunStatus::running:
      break;
  }
  return kStepFailed;
}

}  // namespace verba
