// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "manifest/schema.h"

namespace verba {

/// Everything that may be written in a ShellScript, and its manual.
const TaskType& shell_script_type();

}  // namespace verba
