// SPDX-License-Identifier: Apache-2.0
// What somebody has changed about a stack's resources without CloudFormation, as CloudFormation itself finds it.
#pragma once

#include <optional>
#include <string>

#include "aws/account.h"
#include "base/instant.h"
#include "os/async.h"
#include "os/process.h"
#include "value/value.h"

namespace verba {

/// "Queue (AWS::SQS::Queue) is gone; Topic (AWS::SNS::Topic): /DisplayName is 'b', not 'a'". At most some are named,
/// the others are counted. `drifts`: a list of StackResourceDrift.
std::string told(const List& drifts);

struct DriftDetection {
  /// done: `differences` are all that CloudFormation can see. refused: it knows of no such look, and `why` says so.
  /// unknown: it did not come to an end in time, or an answer was missing; `why` says which.
  enum class End : std::uint8_t { done, refused, unknown } end = End::done;
  std::string differences = {};  ///< "" when there are none
  std::string why = {};
};

/// Looks at all resources of a stack that rests; changes nothing. Minutes may pass for a large one: no longer than
/// `limit`. Nested stacks are looked at as resources, not into.
Async<DriftDetection> detect_drift(AwsAccount& account, System& system, std::string stack, Milliseconds limit,
                                   Stop& stop);

}  // namespace verba
