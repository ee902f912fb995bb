// SPDX-License-Identifier: Apache-2.0
#include "provider/ending.h"

#include <fmt/format.h>
#include <string.h>

#include <csignal>
#include <string>
#include <utility>

namespace verba {
namespace {

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? name : std::to_string(number);
}

std::string hint_about(int code) {
  if (code == 127) return "127 means that a command was not found: is it installed, and on PATH?";
  if (code == 126) return "126 means that a command could not be executed: is it an executable file?";
  if (code > 128 && code <= 128 + 31) {
    return fmt::format("{} means that a command in it was ended by signal {}", code, signal_name(code - 128));
  }
  return {};
}

}  // namespace

std::optional<Outcome> failure_of(const Finished& finished, const Attempt& attempt) {
  Failed failed;
  if (finished.why == Ended::stopped) return Outcome(Cancelled{});
  if (finished.why == Ended::timeout) {
    failed.message = fmt::format("timed out after {}", to_string(attempt.timeout.value_or(Milliseconds(0))));
    failed.timed_out = true;
  } else if (finished.status.signal != 0) {
    failed.message = fmt::format("ended by signal {}", signal_name(finished.status.signal));
    if (finished.status.signal == SIGKILL) failed.hint = "the kernel does that, too, when memory runs out";
  } else if (finished.status.code != 0) {
    failed.message = fmt::format("exit code {}", finished.status.code);
    failed.exit_code = finished.status.code;
    failed.hint = hint_about(finished.status.code);
  } else {
    return std::nullopt;
  }
  return Outcome(std::move(failed));
}

Failed failed_for_good(std::string message, std::string hint) {
  Failed failed;
  failed.message = std::move(message);
  failed.hint = std::move(hint);
  failed.retryable = false;
  return failed;
}

Outcome broken_off() {
  return InDoubt{"it was broken off", "", true};
}

Async<Outcome> nothing_to_do(Value outputs) {
  co_return Outcome(Succeeded{std::move(outputs)});
}

}  // namespace verba
