// SPDX-License-Identifier: Apache-2.0
// Help, made from the table of commands and the manual pages.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"
#include "view/text/style.h"

namespace verba {

/// All commands by group, and the global flags.
std::string overview(std::span<const CommandRow>, Style);
/// How to call the command, its page, its flags with their variables.
std::string help_text(const CommandRow&, Style);
/// The same as one Markdown page, for docs/manual.
std::string manual_page(const CommandRow&);

}  // namespace verba
