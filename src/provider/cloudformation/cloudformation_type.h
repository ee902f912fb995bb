// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in a CloudFormation, and its manual.
const TaskType& cloudformation_type();

}  // namespace verba
