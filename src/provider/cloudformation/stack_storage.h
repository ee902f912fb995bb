// SPDX-License-Identifier: Apache-2.0
// What CloudFormation reads from a bucket: artifacts, and templates that are too large to be sent.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/account.h"
#include "aws/s3.h"
#include "os/async.h"
#include "os/process.h"
#include "provider/cloudformation/packed_template.h"
#include "provider/cloudformation/wanted_stack.h"

namespace verba {

/// The bucket that stacks of an account in a region share when they name none. Names of buckets are everybody's: that
/// it is the account's is checked with every call.
std::string managed_bucket(std::string_view account_id, std::string_view region);

BucketPlace place_of(const AwsAccount&, std::string bucket);

/// Why something could not be stored.
struct NotStored {
  std::string doing;
  AwsFailure failure;
  std::string hint = {};
};

/// Borrows all it is made of, for the time of a call.
class StackStorage {
 public:
  StackStorage(AwsAccount& account, std::function<void(const std::string&)> log, Stop& stop)
      : account_(account), log_(std::move(log)), stop_(stop) {}

  /// Uploads what is not there yet. The body of `wanted` becomes what is to be sent; `url`: where it is, if it is too
  /// large for that.
  Async<std::optional<NotStored>> store(WantedStack* wanted, std::string* url);

 private:
  /// The one that is named; else the account's own, which is made when it is missing.
  Async<std::optional<NotStored>> choose(const WantedStack& wanted);
  Async<std::optional<NotStored>> upload(Upload upload);

  AwsAccount& account_;
  std::function<void(const std::string&)> log_;
  Stop& stop_;
  S3Bucket bucket_;
};

}  // namespace verba
