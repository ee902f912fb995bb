// SPDX-License-Identifier: Apache-2.0
// From commands of a tool, as they stand in a manifest, to a script for `sh -eu`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "value/value.h"

namespace verba {

/// What a command that fails because there is no such thing comes to.
enum class WhenAbsent : std::uint8_t {
  fails,   ///< as any other failure
  passes,  ///< the script goes on
  tells,   ///< the script ends with code 3
};

/// `written`: the arguments of one command, or a list of commands; evaluated. Of several, the last one's standard
/// output is the script's. {outputs.NAME} becomes "$VERBA_OUTPUT_NAME". Nothing of an argument is read by the shell.
/// Nothing where check_commands() finds fault.
std::optional<std::string> script_of(const Value& written, WhenAbsent);

/// Adds what is wrong with commands as written; expressions may stand in them. `field`: "run".
void check_commands(const Value& written, std::string_view field, Diagnostics&);

}  // namespace verba
