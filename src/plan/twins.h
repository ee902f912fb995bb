// SPDX-License-Identifier: Apache-2.0
// Two tasks that make one thing in AWS, as a stack or an object: each would undo what the other does.
#pragma once

#include <map>
#include <string>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "manifest/resource.h"

namespace verba {

/// Where a resource is and what it is of: things of one home are told apart by their names alone.
std::string home_of(const Resource&);

/// What tells a resource from others of its type and home: the inputs that replace it. Empty where that is not known.
std::string name_at_home(const Resource&, const TaskType&);

/// Borrows the model.
class Twins {
 public:
  explicit Twins(const Model& model) : model_(model) {}
  /// The next task, with its inputs evaluated; a mistake when one before it makes the same thing.
  void add(TaskId, const Resource&, Diagnostics&);

 private:
  void tell(TaskId one, TaskId other, const std::string& what, Diagnostics&) const;

  const Model& model_;
  std::map<std::string, TaskId> known_;  ///< by the place, the type, and what tells a thing from others of it
};

}  // namespace verba
