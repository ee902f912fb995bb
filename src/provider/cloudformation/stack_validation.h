// SPDX-License-Identifier: Apache-2.0
// What CloudFormation finds wrong with a change set before anything is made. Its status says only that something is.
#pragma once

#include <string>
#include <vector>

#include "aws/account.h"

namespace verba {

/// "Bucket (AWS::S3::Bucket), /Resources/Bucket/Properties/BucketName: it exists already", one by one, as far as that
/// may be asked.
Async<std::vector<std::string>> validation_errors(AwsAccount& account, std::string change_set, Stop& stop);

}  // namespace verba
