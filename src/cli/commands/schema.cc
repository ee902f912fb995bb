// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"
#include "manifest/explain.h"
#include "manifest/json_schema.h"
#include "value/json.h"

namespace verba {
namespace {

int schema(Call& call) {
  const Format format = format_of(call);
  if (call.arguments.text("format") == "markdown") {
    print(call, markdown(call.kit().catalogue));
    return kDone;
  }
  print(call, format == Format::yaml ? format : Format::json, json_schema(call.kit().catalogue));
  return kDone;
}

}  // namespace

CommandRow schema_command() {
  return {.name = "schema",
          .group = "Help",
          .summary = "the JSON Schema of manifests, for editors",
          .options = {{.name = "format",
                       .value = "FORM",
                       .summary = "json (default), or markdown: the reference of manifests as one page",
                       .one_of = {"json", "markdown"}}},
          .function = schema};
}

}  // namespace verba
