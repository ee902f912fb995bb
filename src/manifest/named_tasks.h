// SPDX-License-Identifier: Apache-2.0
// Tasks and deployments as expressions and dependsOn name them: which are there, and what is said of those that are
// not.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/resolve.h"

namespace verba {

/// What is wanted of a task that is named.
enum class Reads : std::uint8_t { outputs, nothing };

/// Borrows all. `doing` tells, when something is found, what we are at.
class NamedTasks {
 public:
  NamedTasks(Resolution& resolution, Diagnostics& diagnostics, std::function<std::string()> doing)
      : resolution_(resolution), model_(resolution.model), diagnostics_(diagnostics), doing_(std::move(doing)) {}

  /// From now on `task` names them, and gets its needs; null: no task does.
  void begin(const Task* task, std::vector<Need>* needs) {
    task_ = task;
    needs_ = needs;
  }

  /// As it is written in the deployment. Null when there is none: that is said.
  const Declared* find(const std::string& name, Where where, DeploymentId home);
  /// The task that names them needs this one.
  void need(TaskId, Where where, Reads);

  // Findings.
  std::string doing() const { return doing_(); }
  void no_deployment(const std::string& name, Where where, bool guarded);
  void no_instance(const std::string& name, const std::string& key, const Declared& declared, Where where);
  void out_of_scope(const std::string& name, const Declared& declared, Where where, DeploymentId home);
  void error(std::string_view code, std::string message, Where where, std::string hint);

 private:
  Resolution& resolution_;
  const Model& model_;
  Diagnostics& diagnostics_;
  std::function<std::string()> doing_;
  const Task* task_ = nullptr;
  std::vector<Need>* needs_ = nullptr;
};

}  // namespace verba
