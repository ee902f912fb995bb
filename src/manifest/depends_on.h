// SPDX-License-Identifier: Apache-2.0
// What dependsOn of a task names.
#pragma once

#include "manifest/named_tasks.h"

namespace verba {

/// Each becomes a need of the task. What is not there in this environment is passed over: what that waits for is waited
/// for in its place.
void follow_depends_on(Resolution&, TaskId, NamedTasks&, Diagnostics&);

}  // namespace verba
