// SPDX-License-Identifier: Apache-2.0
// Any text goes from check to a model, and every task's inputs through evaluation, without a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <string>

#include "manifest/kinds/kinds.h"
#include "manifest/model.h"

namespace {

using namespace verba;

const TaskType& script_type() {
  static const TaskType type{
      .name = "ShellScript",
      .version = "1",
      .summary = "",
      .manual = "",
      .example = "",
      .inputs = {{.name = "run", .summary = "", .required = true, .expressions = true},
                 {.name = "environment",
                  .type = FieldType::map,
                  .summary = "",
                  .expressions = true,
                  .fields = {{.name = "value", .type = FieldType::any, .summary = ""}}},
                 {.name = "outputs", .summary = "", .default_value = "none", .one_of = {"none", "text", "json"}}},
      .outputs = {},
      .accounts = {"InfrastructureAccount"}};
  return type;
}

Surroundings surroundings() {
  Surroundings all;
  all.file = [](const std::string& path) { return std::variant<std::string, NotFound>(path); };
  all.secret = [](const SecretQuestion& question) { return TextAnswer(question.reference); };
  all.variable = [](const std::string& name) { return std::optional<std::string>(name); };
  all.script = [](const Manifest& script) { return TextAnswer(script.name); };
  all.now = [] { return std::string("2026-01-01T00:00:00.000Z"); };
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Catalogue catalogue{built_in_kinds(), {&script_type()}};
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  const auto manifests = check({id, "/fuzz"}, catalogue, sources, diagnostics);
  check_names(manifests, catalogue, sources, diagnostics);
  const Surroundings world = surroundings();
  for (const std::string& environment : environment_names(manifests)) {
    const Model model = resolve(manifests, environment, {}, world, catalogue, sources, diagnostics);
    for (TaskId task = 0; task < model.tasks.size() && task < 100; ++task) {
      Diagnostics mistakes;
      (void)evaluate(*model.tasks[task].with, scope_of(model, task, world), mistakes);
    }
  }
  (void)render(diagnostics, sources);
  return 0;
}
