// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in an Approval, and its manual.
const TaskType& approval_type();

}  // namespace verba
