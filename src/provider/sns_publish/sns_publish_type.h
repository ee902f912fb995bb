// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in an SnsPublish, and its manual.
const TaskType& sns_publish_type();

}  // namespace verba
