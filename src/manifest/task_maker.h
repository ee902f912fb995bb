// SPDX-License-Identifier: Apache-2.0
// From a task as it is written to the tasks of the model. Private to this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "manifest/model.h"
#include "manifest/resolve.h"

namespace verba {

/// Makes the tasks of one deployment. What is wrong becomes a diagnostic of the resolution, and the task stays away
/// unless it can do without. Borrows the resolution.
class TaskMaker {
 public:
  TaskMaker(Resolution&, DeploymentId);

  /// The instances of one written task.
  void make(const Value& written, Occasion);
  /// After all tasks. The deployment's account that none of them asked for must exist somewhere all the same.
  void check_unused_account();

 private:
  bool in_environment(const Value& written) const;
  void single(const Value& written, const Value& name, Declared&);

  // What it does: task_work.cc.
  /// All that does not differ from instance to instance. False when the task is broken.
  bool describe(const Value& written, const Value& name, Task&);
  /// What is written as `type` and `with`, or as `task`. False when it is broken.
  bool work(const Value& written, const TaskType*&, std::shared_ptr<const Value>& with, SourceId&);
  bool reuse(const Value& name, const Value& written, const TaskType*&, std::shared_ptr<const Value>& with, SourceId&);
  /// The manifest of that name; nothing, with a diagnostic, when it is not in scope.
  const Manifest* reused(const Value& name);

  // How many there are: task_instances.cc.
  void loop(const Value& written, const Value& name, Declared&);
  void instances(const Task& prototype, const Value& written, Declared&);
  void list_instances(const Task& prototype, const List& items, const Value& written, Declared&, Where);
  /// One in each account that is chosen.
  void account_instances(const Task& prototype, const Value& written, Declared&);
  void labelled_instances(const Task& prototype, const Map& labels, const Value& written, Declared&);
  void named_instances(const Task& prototype, const List& names, const Value& written, Declared&);
  void warn_of_none(const std::string& why, const Task& prototype, Where, std::string hint);
  /// False when the task cannot work there.
  bool account_instance(Task, AccountId, const Value& written, Declared&, Where);
  void instance(Task, const Value& written, Declared&, const std::string& key, const Value& value, Where);

  // Each of them: tasks.cc.
  /// Finishes the task that was added last. False when it turns out not to be in scope; it is then taken away again.
  bool settle(const Value& written, Declared&);
  bool account(const Value& written, TaskId);
  std::optional<AccountId> account_named(const std::string& name, Where, std::string_view field);
  bool fits(const Task&, Where, std::string_view field);
  bool condition(const Value& written, TaskId);
  void group(const Value& written, TaskId);
  /// Of the task that was added last. Nothing after a mistake.
  std::optional<Value> evaluated(const Value&, std::string_view field, std::string hint);

  /// Findings of an evaluation, until trail() passes them on.
  Diagnostics& mistakes();
  void trail(std::string_view field);
  std::string doing(std::string_view field) const;
  void error(std::string_view code, std::string message, Where, std::string hint, std::string_view field);

  Resolution& resolution_;
  Model& model_;
  const DeploymentId id_;
  DeploymentScope& scope_;
  const Manifest& manifest_;
  const Value* deployment_account_;
  Occasion occasion_ = Occasion::deploy;
  const std::string* doing_ = nullptr;  ///< the task's name; none: the deployment itself
  bool account_used_ = false;           ///< a task asked for deployment_account_
  Diagnostics found_;
};

}  // namespace verba
