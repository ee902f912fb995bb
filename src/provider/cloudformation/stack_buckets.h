// SPDX-License-Identifier: Apache-2.0
// Buckets of a stack that is to go: CloudFormation deletes only empty ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"

namespace verba {

/// Deletes all objects in the buckets of a stack, with all their versions; `log` is told of each bucket that had some.
/// Nothing when that is done; safe to repeat. Not those that the template retains, those that are `staying` all the
/// same, by their names in it, and those of nested stacks. `stack_id`: "" is none.
Async<std::optional<AwsFailure>> empty_buckets(AwsAccount& account, std::string stack_id,
                                               std::vector<std::string> staying,
                                               std::function<void(const std::string&)> log, Stop& stop);

}  // namespace verba
