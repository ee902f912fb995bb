// SPDX-License-Identifier: Apache-2.0
// Two tasks that stand for one thing in AWS, as a stack: each would undo what the other does.
#pragma once

#include <map>
#include <string>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "manifest/resource.h"

namespace verba {

/// Borrows the model.
class Twins {
 public:
  explicit Twins(const Model& model) : model_(model) {}
  /// The next task, with its inputs evaluated; a mistake when one before it stands for the same thing.
  void add(TaskId, const Resource&, Diagnostics&);

 private:
  const Model& model_;
  std::map<std::string, TaskId> known_;  ///< by what tells a thing from others of its type
};

}  // namespace verba
