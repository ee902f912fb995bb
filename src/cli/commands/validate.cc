// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"

namespace verba {
namespace {

struct Counts {
  std::size_t environments = 0, deployments = 0, tasks = 0;
};

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      break;
  }
  return "note";
}

Value finding_value(const Diagnostic& diagnostic, const Sources& sources) {
  Map map;
  map.append({"severity", {}}, word(diagnostic.severity));
  map.append({"code", {}}, diagnostic.code);
  map.append({"message", {}}, diagnostic.message);
  if (diagnostic.where) {
    const Position at = sources.position(diagnostic.where);
    map.append({"file", {}}, sources.name(diagnostic.where.source));
    map.append({"line", {}}, static_cast<std::int64_t>(at.line));
    map.append({"column", {}}, static_cast<std::int64_t>(at.column));
  }
  if (!diagnostic.hint.empty()) map.append({"hint", {}}, diagnostic.hint);
  return map;
}

Value report(const Project& project, const Counts& counts) {
  Map map;
  map.append({"valid", {}}, !project.diagnostics.has_errors());
  map.append({"environments", {}}, static_cast<std::int64_t>(counts.environments));
  map.append({"manifests", {}}, static_cast<std::int64_t>(project.manifests.size()));
  List findings;
  for (const Diagnostic& d : project.diagnostics.all()) findings.push_back(finding_value(d, project.sources));
  map.append({"findings", {}}, std::move(findings));
  return map;
}

std::string several(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

int validate(Call& call) {
  const Format format = format_of(call, {Format::text, Format::json, Format::yaml});
  Project& project = load(call);
  const Map variables = command_line_variables(call.arguments.list("var"));
  Surroundings surroundings = planning_surroundings(call);
  std::vector<std::string> environments = environment_names(project.manifests);
  if (call.arguments.text("env")) environments = {choose_environment(call, project)};

  Counts counts;
  for (const std::string& environment : environments) {
    const Model& model = resolve(call, project, environment, variables, surroundings);
    ++counts.environments;
    counts.deployments += model.deployments.size();
    counts.tasks += model.tasks.size();
  }
  if (format != Format::text) {
    print(call, format, report(project, counts));
    return project.diagnostics.has_errors() ? kUsage : kDone;
  }
  require(call, project);
  print(call, fmt::format("Valid: {} in {}, with {} and {}.\n", several(project.manifests.size(), "manifest"),
                          several(project.documents.size(), "file"), several(counts.environments, "environment"),
                          several(counts.tasks, "task")));
  return kDone;
}

}  // namespace

CommandRow validate_command() {
  return {
      .name = "validate", .group = "Deploy", .summary = "find every mistake in every manifest", .function = validate};
}

}  // namespace verba
