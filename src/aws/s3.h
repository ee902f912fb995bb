// SPDX-License-Identifier: Apache-2.0
// Objects in S3.
#pragma once

#include <string>

#include "aws/account.h"

namespace verba {

/// Where an object is, by an address that has the bucket in its path.
std::string object_url(const AwsAccount& account, std::string_view bucket, std::string_view key);

/// Writes an object unless there is one of that name already; that is well, too: for names that are made of the
/// content.
Async<AwsAnswer> put_object_once(AwsAccount& account, std::string bucket, std::string key, std::string content,
                                 std::string content_type, Stop& stop);

}  // namespace verba
