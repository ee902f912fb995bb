// SPDX-License-Identifier: Apache-2.0
// Which objects a bucket has, a thousand in one call.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "aws/s3.h"

namespace verba {

/// The keys of a bucket from `first` to `last`, both included. Nothing where that takes more than so many calls, may
/// not be asked, or cannot be read.
Async<std::optional<std::set<std::string>>> keys_between(AwsAccount& account, std::string bucket, std::string first,
                                                         std::string last, std::size_t most_calls, Stop& stop);

}  // namespace verba
