// SPDX-License-Identifier: Apache-2.0
// The rows of the command table, one from each file beside this. The page NAME.md is the command's manual.
#pragma once

#include "cli/command.h"

namespace verba {

Command init_command();
Command validate_command();
Command plan_command();
Command apply_command();
Command destroy_command();
Command status_command();
Command diff_command();
Command output_command();
Command history_command();
Command show_command();
Command logs_command();
Command graph_command();
Command explain_command();
Command schema_command();
Command state_command();
Command doctor_command();
Command completion_command();
Command complete_command();  ///< what the shells call
Command help_command();
Command version_command();

/// Flags that several commands share, in the same words.
Option target_option();
Option prune_option();
std::vector<Option> run_options();

}  // namespace verba
