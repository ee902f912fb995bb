// SPDX-License-Identifier: Apache-2.0
// Deployments in scope, and what each says besides its tasks.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "manifest/names.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

constexpr std::array<std::string_view, 3> on_failure_words{"rollback", "stop", "continue"};

RollbackRules rollback_of(const Value& spec) {
  RollbackRules rules;
  const Value* written = spec.find("rollback");
  if (!written) return rules;
  rules.whole_run = text_of(*written, "scope") == "run";
  rules.delay = parse_duration(text_of(*written, "delay")).value_or(rules.delay);
  return rules;
}

Value without_tasks(const Value& spec) {
  Map rest;
  for (const auto& [key, value] : spec.map()) {
    const bool holds_tasks = key.name == "tasks" || key.name == "update" || key.name == "delete";
    if (!holds_tasks) rest.append(key, value);
  }
  Value result(std::move(rest));
  result.where = spec.where;
  return result;
}

void needs_of_deployment(Resolution& resolution, DeploymentScope& scope) {
  const Value* list = scope.spec.find("dependsOn");
  if (!list || !list->is_list()) return;
  for (const Value& name : list->list()) {
    if (!name.is_string()) continue;
    if (name.string() == scope.name) {
      report(resolution.diagnostics, "manifest.cycle", fmt::format("Deployment '{}' depends on itself", scope.name),
             name.where, "remove it", fmt::format("resolving dependsOn of Deployment '{}'", scope.name));
      continue;
    }
    if (const auto id = resolution.model.deployment(name.string())) scope.needs.push_back(*id);
  }
  std::sort(scope.needs.begin(), scope.needs.end());
  scope.needs.erase(std::unique(scope.needs.begin(), scope.needs.end()), scope.needs.end());
}

}  // namespace

Map written_variables(const Value& holder) {
  const Value* value = holder.find("variables");
  return value && value->is_map() ? value->map() : Map();
}

std::string_view to_string(OnFailure policy) {
  return on_failure_words.at(static_cast<std::size_t>(policy));
}

std::optional<OnFailure> on_failure_named(std::string_view word) {
  const auto found = std::ranges::find(on_failure_words, word);
  if (found == on_failure_words.end()) return std::nullopt;
  return static_cast<OnFailure>(found - on_failure_words.begin());
}

void resolve_deployments(Resolution& resolution) {
  Model& model = resolution.model;
  for (const Manifest* manifest : resolution.index.all("Deployment")) {
    if (manifest->name.empty() || !in_scope(*manifest, model.environment.name)) continue;
    if (resolution.index.find("Deployment", manifest->name) == manifest) resolution.deployments.push_back(manifest);
  }
  std::sort(resolution.deployments.begin(), resolution.deployments.end(),
            [](const Manifest* a, const Manifest* b) { return a->name < b->name; });
  model.deployments.reserve(resolution.deployments.size());
  for (const Manifest* manifest : resolution.deployments) {
    DeploymentScope scope;
    scope.name = manifest->name;
    scope.variables = written_variables(manifest->spec);
    scope.on_failure = on_failure_named(text_of(manifest->spec, "onFailure")).value_or(OnFailure::rollback);
    scope.rollback = rollback_of(manifest->spec);
    scope.spec = without_tasks(manifest->spec);
    scope.directory = manifest->directory;
    scope.where = manifest->where;
    model.deployments.push_back(std::move(scope));
  }
  for (DeploymentScope& scope : model.deployments) needs_of_deployment(resolution, scope);
}

}  // namespace verba
