// SPDX-License-Identifier: Apache-2.0
// What is in a stack, as CloudFormation lists it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"

namespace verba {

struct StackResource {
  std::string logical;   ///< its name in the template
  std::string type;      ///< "AWS::S3::Bucket"
  std::string physical;  ///< what AWS knows it by
  std::string status;    ///< "CREATE_COMPLETE", "DELETE_FAILED", ...
};

/// Those of one stack, without those of nested ones; or why they are not known.
struct StackResources {
  std::vector<StackResource> all = {};
  std::optional<AwsFailure> failure = {};
};

Async<StackResources> resources_of(AwsAccount& account, std::string stack_id, Stop& stop);

}  // namespace verba
