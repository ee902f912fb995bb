// SPDX-License-Identifier: Apache-2.0
// The rows of the command table, one from each file beside this. The page NAME.md is the command's manual.
#pragma once

#include "cli/command.h"

namespace verba {

CommandRow init_command();
CommandRow validate_command();
CommandRow plan_command();
CommandRow approve_command();
CommandRow reject_command();
CommandRow apply_command();
CommandRow destroy_command();
CommandRow rollback_command();
CommandRow gc_command();
CommandRow resume_command();
CommandRow status_command();
CommandRow drift_command();
CommandRow diff_command();
CommandRow output_command();
CommandRow history_command();
CommandRow show_command();
CommandRow logs_command();
CommandRow graph_command();
CommandRow accounts_command();
CommandRow exec_command();
CommandRow explain_command();
CommandRow schema_command();
CommandRow state_command();
CommandRow doctor_command();
CommandRow completion_command();
CommandRow complete_command();  ///< what the shells call
CommandRow help_command();
CommandRow version_command();

/// Flags that several commands share, in the same words.
Option target_option();
Option prune_option();
Option in_doubt_option();
Option dry_run_option();
Option refresh_option();
Option preview_option();
Option parallelism_option();
std::vector<Option> run_options();

}  // namespace verba
