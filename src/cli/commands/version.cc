// SPDX-License-Identifier: Apache-2.0
#include "cli/version.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"

namespace verba {
namespace {

int version(Call& call) {
  const Format format = format_of(call);
  if (format == Format::text) {
    print(call, "verba " VERBA_VERSION "\n");
    return kDone;
  }
  Map map;
  map.append({"version", {}}, VERBA_VERSION);
  print(call, format, Value(std::move(map)));
  return kDone;
}

}  // namespace

CommandRow version_command() {
  return {.name = "version", .group = "Help", .summary = "which version of verba this is", .function = version};
}

}  // namespace verba
