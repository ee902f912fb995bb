// SPDX-License-Identifier: Apache-2.0
// What a script printed, as outputs of its task.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "value/value.h"

namespace verba {

enum class OutputFormat : std::uint8_t { none, text, lines, json, dotenv };

/// "none", "text", ...: as it stands in a manifest.
std::optional<OutputFormat> output_format(std::string_view name);

/// What it comes to:
///   none    {}
///   text    {text: the whole, without its last line end}
///   lines   {lines: [...]}; the last line needs no end
///   json    the members of the one object that it must be; nothing at all is {}
///   dotenv  NAME=VALUE lines, see parse_dotenv
/// On failure nothing, and `why` says what is wrong, as in "{where} ...": "is not JSON: ...".
std::optional<Map> parse_outputs(OutputFormat format, std::string_view text, std::string& why);

/// Lines `NAME=VALUE` or `export NAME=VALUE`, all values strings; the last of several of a name counts. Empty lines and
/// those that begin with # are left out. Unquoted values end at " #" or the line's end and lose blanks around them;
/// '...' is literal; "..." knows \n \t \r \" \\ \$ \`; both kinds of quotes may hold line ends.
std::optional<Map> parse_dotenv(std::string_view text, std::string& why);

}  // namespace verba
