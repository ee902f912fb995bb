// SPDX-License-Identifier: Apache-2.0
// What tasks take of one another by a name that is known to AWS alone, as stacks import what others export: the plan
// knows no order between them, unless it is written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "manifest/resource.h"

namespace verba {

/// Borrows the model.
class Exchanges {
 public:
  explicit Exchanges(const Model& model) : model_(model) {}
  /// The next task, with its inputs evaluated. Again is fine.
  void add(TaskId, const Resource&);
  /// Once all are there: a mistake for each that takes something of one that it does not need.
  void check(Diagnostics&) const;

 private:
  std::map<std::string, TaskId> givers_;                ///< by the place and the name
  std::map<TaskId, std::vector<std::string>> takings_;  ///< likewise
  const Model& model_;
};

}  // namespace verba
