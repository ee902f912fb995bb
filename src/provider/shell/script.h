// SPDX-License-Identifier: Apache-2.0
// From what stands in a manifest to a command that runs a script.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "os/system.h"
#include "provider/provider.h"
#include "provider/shell/outputs.h"

namespace verba {

/// One script of a resource, about to be run.
struct Script {
  Resource resource;
  std::string action;  ///< "create", "update", "delete", "rollback", "check"
  std::string text;
  Value recorded;  ///< the outputs of then; null when there are none
  OutputFormat format = OutputFormat::none;
};

/// The text of `update`, `delete`, ...; nothing when it is not given.
std::optional<std::string> script_text(const Resource&, std::string_view field);
/// The text of `run`, or the content of `source`.
std::optional<std::string> main_text(const Resource&);
OutputFormat format_of(const Resource&);

/// How to run it. What cannot be (a secret on the command line, a list for an environment variable) is a Failed that no
/// second try helps.
std::variant<Work, Failed> make_work(const Script&, Attempt&);

/// The interpreter and its options, flags of ours included, for a script of that text. `written` is the input
/// `interpreter`, null when left out.
std::vector<std::string> interpreter_words(const Value* written, std::string_view text);
/// A shell takes a script as an argument.
bool is_shell(std::string_view program);

/// May it be the name of an environment variable?
bool is_variable_name(std::string_view);
/// One of those that we set ourselves.
bool is_own_variable(std::string_view name);
/// A string as it is; numbers and booleans as they are written; nothing for all else.
std::optional<std::string> plain_text(const Value&);

}  // namespace verba
