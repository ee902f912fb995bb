// SPDX-License-Identifier: Apache-2.0
// Messages to topics of SNS, by its query protocol (API reference, version 2010-03-31).
#pragma once

#include <string>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"

namespace verba {

const AwsService& sns_service();

/// `subject`: ASCII, a hundred characters at most; "": none.
Async<AwsAnswer> publish(AwsAccount& account, std::string topic, std::string subject, std::string message, Stop& stop);

}  // namespace verba
