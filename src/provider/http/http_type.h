// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in an HttpRequest, and its manual.
const TaskType& http_request_type();

}  // namespace verba
