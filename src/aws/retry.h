// SPDX-License-Identifier: Apache-2.0
// When a call of AWS is made once more: like the "standard" mode of AWS's own SDKs.
#pragma once

#include <cstdint>

#include "aws/answer.h"
#include "base/instant.h"

namespace verba {

enum class AwsTrouble : std::uint8_t {
  lasting,      ///< another try gives the same
  passing,      ///< the service, or the way to it, is in trouble
  throttled,    ///< it was called too often
  clock,        ///< our clock and the service's differ too much
  credentials,  ///< they have expired
};
AwsTrouble trouble_of(const AwsFailure&);

/// How long to wait before try number `retry` (from 1) after the first: anything (`chance`, in [0, 1)) below a bound
/// that doubles, from 1 s when throttled and 100 ms else, up to 20 s.
Milliseconds retry_delay(int retry, AwsTrouble, double chance);

/// What all calls of a run together may spend on further tries, so that we do not hold down a service that is down.
class RetryBudget {
 public:
  /// Pays for a further try; false when too little is left.
  bool take(int cost);
  /// A call came out well: what its last further try cost comes back, or a little when there was none.
  void give_back(int cost);

 private:
  int left_ = 500;
};

constexpr int retry_cost = 5;
constexpr int retry_cost_unanswered = 10;

}  // namespace verba
