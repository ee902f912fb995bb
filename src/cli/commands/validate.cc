// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/planning.h"
#include "cli/surroundings.h"
#include "plan/rehearsal.h"
#include "view/json/findings_json.h"

namespace verba {
namespace {

constexpr std::size_t kShown = 5;

struct Counts {
  std::size_t environments = 0, deployments = 0, tasks = 0;
  std::vector<std::string> stays;  ///< addresses of what a rollback would have to leave behind
};

/// Tasks that are to be undone when their deployment fails, and that nothing can undo when they are new.
void find_what_stays(Call& call, const Model& model, std::vector<std::string>& stays) {
  for (const Task& task : model.tasks) {
    const Provider* provider = call.kit().providers.find(task.type->name);
    if (task.on_failure != OnFailure::rollback || provider == nullptr || task.occasion != Occasion::deploy) continue;
    if (!model.deployments[task.deployment].on(Occasion::rollback).empty()) continue;
    if (!provider->can_rollback(as_written(task), false)) stays.push_back(task.address);
  }
}

Value report(const Project& project, const Counts& counts) {
  Map map;
  map.append({"valid", {}}, !project.diagnostics.has_errors());
  map.append({"environments", {}}, static_cast<std::int64_t>(counts.environments));
  map.append({"manifests", {}}, static_cast<std::int64_t>(project.manifests.size()));
  map.append({"findings", {}}, findings_value(project.diagnostics, project.sources));
  List stays;
  for (const std::string& address : counts.stays) stays.emplace_back(address);
  map.append({"notUndone", {}}, std::move(stays));
  return map;
}

std::string several(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string rollback_note(const std::vector<std::string>& stays) {
  std::string names;
  for (std::size_t i = 0; i < std::min(stays.size(), kShown); ++i) names += (i > 0 ? ", " : "") + stays[i];
  if (stays.size() > kShown) names += fmt::format(" and {} more", stays.size() - kShown);
  return fmt::format(
      "note: when a deployment fails and is rolled back, nothing can undo what is new of {}: {}; a `delete` or a "
      "`rollback` script would, `onFailure: stop` says that it is not wanted",
      several(stays.size(), "task"), names);
}

int validate(Call& call) {
  const Format format = format_of(call);
  Project& project = load(call);
  const Map variables = command_line_variables(call.arguments.list("var"));
  const Surroundings surroundings = planning_surroundings(call);
  const Surroundings none = rehearsed(surroundings);
  std::vector<std::string> environments = environment_names(project.manifests);
  if (call.arguments.text("env")) environments = {choose_environment(call, project)};

  Counts counts;
  for (const std::string& environment : environments) {
    const Model& model = resolve_in_order(call, project, environment, variables, surroundings);
    if (!project.diagnostics.has_errors()) rehearse(model, call.kit().providers, none, project.diagnostics);
    ++counts.environments;
    counts.deployments += model.deployments.size();
    counts.tasks += model.tasks.size();
    find_what_stays(call, model, counts.stays);
  }
  std::ranges::sort(counts.stays);
  counts.stays.erase(std::unique(counts.stays.begin(), counts.stays.end()), counts.stays.end());
  if (format != Format::text) {
    print(call, format, report(project, counts));
    return project.diagnostics.has_errors() ? kUsage : kDone;
  }
  require(call, project);
  print(call, fmt::format("Valid: {} in {}, with {} and {}.\n", several(project.manifests.size(), "manifest"),
                          several(project.documents.size(), "file"), several(counts.environments, "environment"),
                          several(counts.tasks, "task")));
  if (!counts.stays.empty()) say(call, rollback_note(counts.stays));
  return kDone;
}

}  // namespace

CommandRow validate_command() {
  return {.name = "validate",
          .group = "Deploy",
          .summary = "find every mistake in every manifest",
          .looks_at_systems = true,
          .function = validate};
}

}  // namespace verba
