// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/session.h"
#include "manifest/json_schema.h"
#include "value/json.h"

namespace verba {
namespace {

int schema(Call& call) {
  const Format format = format_of(call, {Format::text, Format::json, Format::yaml});
  print(call, format == Format::yaml ? format : Format::json, json_schema(call.kit().catalogue));
  return kDone;
}

}  // namespace

CommandRow schema_command() {
  return {
      .name = "schema", .group = "Help", .summary = "the JSON Schema of manifests, for editors", .function = schema};
}

}  // namespace verba
