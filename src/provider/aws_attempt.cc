// SPDX-License-Identifier: Apache-2.0
#include "provider/aws_attempt.h"

#include <fmt/format.h>

#include "aws/retry.h"
#include "base/digest.h"

namespace verba {
namespace {

std::string of_environment(const Attempt& attempt, std::string_view name) {
  for (const auto& [known, value] : attempt.environment) {
    if (known == name) return value;
  }
  return {};
}

}  // namespace

AttemptLimit::AttemptLimit(Attempt& attempt)
    : attempt_(attempt), watch_(attempt.stop, [stop = stop_] { stop->request(); }) {
  if (!attempt.timeout) return;
  timer_ = attempt.system.after(*attempt.timeout, [this, stop = stop_] {
    timer_.reset();
    timed_out_ = true;
    stop->request();
  });
}

AttemptLimit::~AttemptLimit() {
  if (timer_) attempt_.system.cancel(*timer_);
}

std::string owner_token(const Attempt& attempt) {
  return owner_token(attempt,
                     of_environment(attempt, "VERBA_DEPLOYMENT") + "." + of_environment(attempt, "VERBA_TASK"));
}

std::string owner_token(const Attempt& attempt, const std::string& address) {
  const std::string owner = attempt.state + "\n" + of_environment(attempt, "VERBA_ENVIRONMENT") + "\n" + address;
  return fmt::format("verba-{}-", sha256(owner).hex().substr(0, 16));
}

std::string run_token(const Attempt& attempt) {
  return fmt::format("{}{}-", owner_token(attempt), of_environment(attempt, "VERBA_RUN"));
}

Outcome outcome_of(const AwsFailure& failure, const std::string& doing, const Attempt& attempt,
                   const AttemptLimit& limit) {
  if (failure.stopped && !limit.timed_out()) return Cancelled{};
  Failed failed;
  failed.timed_out = failure.stopped;
  failed.message =
      doing + ": " + (failed.timed_out ? "timed out after " + to_string(*attempt.timeout) : to_string(failure));
  failed.retryable = failed.timed_out || trouble_of(failure) != AwsTrouble::lasting;
  return failed;
}

Outcome not_begun(Outcome outcome) {
  if (Failed* failed = std::get_if<Failed>(&outcome)) failed->untouched = true;
  return outcome;
}

}  // namespace verba
