// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in an AwsCli, and its manual.
const TaskType& aws_cli_type();

}  // namespace verba
