// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"
#include "cli/templates.h"

namespace verba {
namespace {

const ProjectTemplate& find_template(const std::string& name) {
  for (const ProjectTemplate& one : project_templates()) {
    if (one.name == name) return one;
  }
  bug("a template of the table is missing");
}

int init(Call& call) {
  constexpr auto kFile = "verba.yaml";
  const ProjectTemplate& chosen = find_template(call.arguments.text("template").value_or("hello"));
  for (const auto path : {kFile, "deploy"}) {
    if (!call.system.kind_of(path)) continue;
    throw Error(Error::Kind::usage, "usage.exists", "'" + std::string(path) + "' is there already, and is left alone",
                "run `verba init` in an empty directory");
  }
  call.system.write_file(kFile, chosen.manifest);
  print(call, "Wrote verba.yaml: " + std::string(chosen.summary) + ". Next:\n\n" + std::string(chosen.next));
  return kDone;
}

}  // namespace

CommandRow init_command() {
  return {.name = "init",
          .group = "Deploy",
          .summary = "begin a project that runs at once on this machine",
          .options = {{.name = "template",
                       .value = "NAME",
                       .summary = "hello (default), web or environments",
                       .one_of = {"hello", "web", "environments"}}},
          .function = init};
}

}  // namespace verba
