// SPDX-License-Identifier: Apache-2.0
// Messages to topics of SNS, by its query protocol (API reference, version 2010-03-31).
#pragma once

#include <string>
#include <string_view>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"

namespace verba {

const AwsService& sns_service();
/// What a good answer to Publish has.
constexpr std::string_view published_by = "PublishResult/MessageId";

/// "arn:aws:sns:REGION:ACCOUNT:NAME": where a topic is; "" when it is no ARN.
std::string region_of_topic(std::string_view arn);

/// In the region of the topic. `subject`: ASCII, a hundred characters at most; "": none.
Async<AwsAnswer> publish(AwsAccount& account, std::string topic, std::string subject, std::string message, Stop& stop);

}  // namespace verba
