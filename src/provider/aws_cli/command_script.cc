// SPDX-License-Identifier: Apache-2.0
#include "provider/aws_cli/command_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "os/process.h"
#include "provider/inputs.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr std::string_view mark = "{outputs.";

// The CLI ends with 254 whatever a service refuses; which refusal it was, it only says in words.
constexpr std::string_view minding_absence = R"(try() {
  code=0
  answer=$(aws "$@" 2>&1) || code=$?
  case $code,$answer in
    0,*) [ -z "$answer" ] || printf '%s\n' "$answer" ;;
    *NotFound*|*'Not Found'*|*NoSuch*|*NonExistent*|*'does not exist'*) printf '%s\n' "$answer" >&2; %ABSENT% ;;
    *) printf '%s\n' "$answer" >&2; exit "$code" ;;
  esac
}
)";

bool is_scalar(const Value& value) {
  return !value.is_list() && !value.is_map() && !value.is_null();
}

bool is_list_of_commands(const Value& written) {
  return !written.list().empty() && std::ranges::all_of(written.list(), &Value::is_list);
}

/// One word of the shell.
std::string word_of(const Value& argument) {
  const std::string text = argument.is_string() ? argument.string() : to_json(argument, SecretsAs::clear);
  std::string word;
  std::size_t from = 0;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, from)) {
    const std::size_t name = at + mark.size();
    const std::size_t end = text.find('}', name);
    if (end == std::string::npos) break;
    if (at > from) word += verba::quoted(text.substr(from, at - from));
    word += "\"$" + variable_of_output(text.substr(name, end - name)) + "\"";
    from = end + 1;
  }
  if (from < text.size() || word.empty()) word += verba::quoted(text.substr(from));
  return word;
}

std::string line_of(const Value& command, std::string_view program) {
  std::string line(program);
  for (const Value& argument : command.list()) line += " " + word_of(argument);
  return line;
}

}  // namespace

std::optional<std::string> script_of(const Value& written, WhenAbsent absent) {
  Diagnostics mistakes;
  check_commands(written, "", mistakes);
  if (mistakes.has_errors()) return std::nullopt;
  const List single{written};
  const List& commands = is_list_of_commands(written) ? written.list() : single;
  std::string script;
  if (absent != WhenAbsent::fails) {
    script = minding_absence;
    script.replace(script.find("%ABSENT%"), 8, absent == WhenAbsent::tells ? "exit 3" : "return 0");
  }
  for (const Value& command : commands) {
    script += line_of(command, absent == WhenAbsent::fails ? "aws" : "try");
    script += &command == &commands.back() ? "\n" : " >&2\n";
  }
  return script;
}

void check_commands(const Value& written, std::string_view field, Diagnostics& diagnostics) {
  if (written.is_expression() || written.is_unknown()) return;
  const auto wrong = [&](std::string message, Where where, std::string hint) {
    diagnostics.error("aws-cli.commands", std::move(message), where, std::move(hint));
  };
  if (const Value* secret = find_secret(written)) {
    return wrong(fmt::format("a secret in the arguments of '{}' could be read by every user of the machine", field),
                 secret->where, "pass it through 'environment' or 'stdin'");
  }
  if (!written.is_list() || written.list().empty()) {
    return wrong(fmt::format("'{}' is no list of arguments", field), written.where,
                 "for example: [s3, ls, s3://bucket]");
  }
  if (is_list_of_commands(written)) {
    for (const Value& command : written.list()) check_commands(command, field, diagnostics);
    return;
  }
  for (const Value& argument : written.list()) {
    if (argument.is_expression() || argument.is_unknown()) continue;
    if (!is_scalar(argument)) {
      wrong(fmt::format("an argument in '{}' cannot be a {}", field, kind_name(argument.kind())), argument.where,
            "an argument is a string, a number, true or false; several commands are a list of such lists");
    } else if (argument.is_string() && argument.string().find('\0') != std::string::npos) {
      wrong(fmt::format("an argument in '{}' holds a NUL byte", field), argument.where, "remove it");
    }
  }
  if (const Value& first = written.list().front(); first.is_string() && first.string() == "aws") {
    wrong(fmt::format("'{}' begins with 'aws'", field), first.where, "write the arguments alone: [s3, ls]");
  }
}

}  // namespace verba
