// SPDX-License-Identifier: Apache-2.0
// SnsPublish: a message to a topic of Amazon's Simple Notification Service.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

std::unique_ptr<Provider> make_sns_publish_provider();

}  // namespace verba
