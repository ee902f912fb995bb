// SPDX-License-Identifier: Apache-2.0
// Which objects a bucket has, a thousand in one call.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "aws/s3.h"
#include "base/instant.h"

namespace verba {

/// What a list says of an object.
struct ListedObject {
  std::string etag;                ///< without the quotes
  std::uint64_t size_bytes = 0;    ///< 0, too, where it is not told
  std::optional<Instant> written;  ///< when, by the service's clock
};
using ListedObjects = std::map<std::string, ListedObject>;  ///< by key

/// The objects of a bucket with keys from `first` to `last`, both included; more are fine. Nothing where that takes
/// more than so many calls, may not be asked, or cannot be read.
Async<std::optional<ListedObjects>> objects_between(AwsAccount& account, std::string bucket, std::string first,
                                                    std::string last, std::size_t most_calls, Stop& stop);

}  // namespace verba
