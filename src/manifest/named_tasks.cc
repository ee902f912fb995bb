// SPDX-License-Identifier: Apache-2.0
#include "manifest/named_tasks.h"

#include <fmt/format.h>

#include <utility>

#include "manifest/names.h"

namespace verba {
namespace {

bool by_account(const Declared& declared) {
  return declared.written->find("accounts") != nullptr;
}

std::string_view when(Occasion occasion) {
  if (occasion == Occasion::update) return "when its deployment is updated";
  return occasion == Occasion::remove ? "when its deployment is deleted" : "when its deployment is rolled back";
}

}  // namespace

void NamedTasks::no_deployment(const std::string& name, Where where, bool guarded) {
  const Manifest* elsewhere = resolution_.index.find("Deployment", name);
  if (!elsewhere) {
    return error("manifest.unknown-reference", fmt::format("no Deployment is named '{}'", name), where,
                 diagnostics_.crowded() ? "check the name"
                                        : did_you_mean(name, resolution_.index.names("Deployment"), "check the name"));
  }
  if (guarded) return;
  error("manifest.out-of-scope",
        fmt::format("Deployment '{}' is not in scope in environment '{}'", name, model_.environment.name), where,
        scope_of_manifest(*elsewhere) + "; or say what to take instead: default(..., OTHERWISE)");
}

void NamedTasks::no_instance(const std::string& name, const std::string& key, const Declared& declared, Where where) {
  std::vector<std::string> keys;
  for (TaskId id = declared.first; id < declared.first + declared.count && keys.size() < 20; ++id) {
    const std::string& full = model_.tasks[id].name;
    keys.push_back(full.substr(name.size() + 1, full.size() - name.size() - 2));
  }
  if (key == "outputs") {
    return error("manifest.unknown-reference",
                 fmt::format("task '{}' has an instance for each {}", name,
                             by_account(declared) ? "of its accounts" : "item of its forEach"),
                 where, fmt::format("name one: tasks.{}['{}'].outputs", name, keys.empty() ? "KEY" : keys.front()));
  }
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  error(
      "manifest.unknown-reference", fmt::format("task '{}' has no instance '{}'", name, key), where,
      did_you_mean(key, views,
                   keys.empty() ? by_account(declared) ? "no account has its labels here" : "its forEach is empty here"
                                : fmt::format("its instances: {}", fmt::join(keys, ", "))));
}

const Declared* NamedTasks::find(const std::string& name, Where where, DeploymentId home) {
  const auto& declared = resolution_.declared[home];
  const auto found = declared.find(name);
  if (found != declared.end()) return &found->second;
  std::vector<std::string_view> names;
  for (const Occasion occasion : all_occasions) {
    if (diagnostics_.crowded()) break;
    for (const Value& task : tasks_of(resolution_.deployments[home]->spec, occasion)) {
      names.push_back(text_of(task, "name"));
    }
  }
  std::string otherwise = "check the name";
  if (model_.deployment(name)) otherwise = "that is a Deployment; a task is named DEPLOYMENT.TASK";
  error("manifest.unknown-reference",
        fmt::format("Deployment '{}' has no task '{}'", model_.deployments[home].name, name), where,
        did_you_mean(name, names, otherwise));
  return nullptr;
}

void NamedTasks::out_of_scope(const std::string& name, const Declared& declared, Where where, DeploymentId home) {
  const bool condition = declared.fate == Declared::Fate::condition;
  const Value* reason = declared.written->find(condition ? "when" : "environments");
  Diagnostic finding{Severity::error, "manifest.out-of-scope", {}, where, {}, {}, {}};
  finding.message =
      fmt::format("task '{}.{}' is not there in environment '{}': {}", model_.deployments[home].name, name,
                  model_.environment.name, condition ? "its 'when' is false" : "its 'environments' leave it out");
  finding.hint = "say what to take instead: default(..., OTHERWISE)";
  finding.trail.push_back({doing_(), {}});
  if (reason) finding.related.push_back({"this leaves it out", reason->where});
  diagnostics_.add(std::move(finding));
}

void NamedTasks::need(TaskId id, Where where, Reads reads) {
  if (!needs_ || !task_) return;
  const Task& needed = model_.tasks[id];
  const bool at_home = needed.deployment == task_->deployment;
  if (needed.occasion == Occasion::deploy) {
    // In the place of the tasks of `tasks`: what was recorded of those is read, they are not waited for.
    const bool instead = task_->occasion == Occasion::update || task_->occasion == Occasion::rollback;
    if (!instead || !at_home || needed.is_called_up()) needs_->push_back({id, where});
  } else if (needed.occasion != task_->occasion || !at_home) {
    error("manifest.occasion", fmt::format("{} only acts {}", needed.address, when(needed.occasion)), where,
          "only tasks of the same list can wait for it");
  } else if (needed.occasion == Occasion::remove && reads == Reads::outputs) {
    error("manifest.occasion",
          fmt::format("the outputs of {} are not known when {} is recorded", needed.address, task_->address), where,
          "what the tasks of 'delete' read is what there is when the deployment is deployed; a file can carry more");
  } else {
    needs_->push_back({id, where});
  }
}

void NamedTasks::error(std::string_view code, std::string message, Where where, std::string hint) {
  report(diagnostics_, code, std::move(message), where, std::move(hint), doing_());
}

}  // namespace verba
