// SPDX-License-Identifier: Apache-2.0
// Where S3 sends a call to: a bucket that was just made in another region is not known everywhere for a while.
#pragma once

#include <optional>
#include <string>

#include "aws/answer.h"
#include "aws/transport.h"

namespace verba {

struct AwsRedirect {
  std::string told;           ///< for people: where the bucket is, as S3 says
  std::string region = {};    ///< where the call is to be signed for
  std::string endpoint = {};  ///< "": it is not followed
};

/// Nothing, unless it is a failed answer of S3 that sends elsewhere for now (status 307). It is followed from AWS's own
/// endpoint of a region to that of another one of its partition, for the same bucket: no other host is ever called, and
/// none where a person has said the address.
std::optional<AwsRedirect> redirect_of(const AwsCall&, const AwsAnswer&);

}  // namespace verba
