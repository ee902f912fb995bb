// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace verba {
namespace {

int help(Call& call) {
  const auto& words = call.arguments.words();
  if (call.arguments.flag("names")) {
    for (const CommandRow& command : commands()) {
      if (!command.group.empty()) print(call, std::string(command.name) + "\n");
    }
    return kDone;
  }
  if (words.empty()) {
    print(call, overview(commands(), call.out_style));
    return kDone;
  }
  std::vector<std::string_view> names;
  for (const CommandRow& command : commands()) {
    if (command.name == words.front()) {
      print(call, call.arguments.flag("markdown") ? manual_page(command) : help_text(command, call.out_style));
      return kDone;
    }
    if (!command.group.empty()) names.push_back(command.name);
  }
  throw Error(Error::Kind::usage, "usage.unknown-command", "no command is called '" + words.front() + "'",
              did_you_mean(words.front(), names, "`verba help` lists the commands"));
}

}  // namespace

CommandRow help_command() {
  return {.name = "help",
          .group = "Help",
          .summary = "what a command does, with examples",
          .positionals = {{.name = "COMMAND", .completes = Completes::command}},
          .options = {{.name = "markdown", .summary = "print the page as it stands in the manual"},
                      {.name = "names", .summary = "only the names of all commands"}},
          .function = help};
}

}  // namespace verba
