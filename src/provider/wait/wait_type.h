// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in a Wait, and its manual.
const TaskType& wait_type();

}  // namespace verba
