// SPDX-License-Identifier: Apache-2.0
#include "aws/retry.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace verba {
namespace {

constexpr int full_budget = 500;

template <std::size_t n>
bool is_one_of(std::string_view code, const std::array<std::string_view, n>& codes) {
  return std::ranges::find(codes, code) != codes.end();
}

// LimitExceededException is not among them: of CloudFormation it is a quota, and waiting does not help.
constexpr std::array<std::string_view, 13> throttles = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
};
constexpr std::array<std::string_view, 6> transients = {"RequestTimeout",     "RequestTimeoutException",
                                                        "InternalError",      "ConditionalRequestConflict",
                                                        "ServiceUnavailable", "OperationAborted"};
constexpr std::array<std::string_view, 6> clocks = {"RequestTimeTooSkewed",  "RequestExpired",
                                                    "RequestInTheFuture",    "InvalidSignatureException",
                                                    "SignatureDoesNotMatch", "AuthFailure"};
constexpr std::array<std::string_view, 4> expired = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
                                                     "ExpiredTokenFault"};

}  // namespace

AwsTrouble trouble_of(const AwsFailure& failure) {
  if (failure.stopped) return AwsTrouble::lasting;
  if (is_one_of(failure.code, throttles)) return AwsTrouble::throttled;
  if (is_one_of(failure.code, transients)) return AwsTrouble::passing;
  if (is_one_of(failure.code, clocks)) return AwsTrouble::clock;
  if (is_one_of(failure.code, expired)) return AwsTrouble::credentials;
  const bool by_status = failure.status == 500 || (failure.status >= 502 && failure.status <= 504);
  const bool is_good = failure.status >= 200 && failure.status < 300;
  const bool is_refusal = failure.status >= 400 && failure.status < 500;
  // A refusal of which nothing can be read is none yet.
  const bool garbled = failure.code.empty() && (is_good || (is_refusal && failure.in_doubt));
  if (failure.status == 429) return AwsTrouble::throttled;
  return failure.status == 0 || by_status || garbled ? AwsTrouble::passing : AwsTrouble::lasting;
}

Milliseconds retry_delay(int retry, AwsTrouble trouble, double chance) {
  const double first = trouble == AwsTrouble::throttled ? 1000 : 100;
  double bound = first;
  for (int i = 1; i < retry && bound < 20'000; ++i) bound *= 2;
  return Milliseconds(static_cast<std::int64_t>(chance * std::min(bound, 20'000.0)));
}

bool RetryBudget::take(int cost) {
  if (left_ < cost) return false;
  left_ -= cost;
  return true;
}

void RetryBudget::give_back(int cost) {
  left_ = std::min(full_budget, left_ + std::max(cost, 1));
}

}  // namespace verba
