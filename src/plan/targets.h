// SPDX-License-Identifier: Apache-2.0
// What the person named on the command line, and what comes along with it.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "state/store.h"

namespace verba {

/// A selection of tasks and records. A target is a deployment ("web"), a task ("web.site"; of forEach: all its
/// instances) or an instance ("web.motd[a]"). No targets: everything. A target that names nothing is a diagnostic.
/// Borrows model and snapshot.
/// Does `target`, as it was asked for, stand for the thing at `address` of `deployment`?
bool stands_for(std::string_view target, std::string_view deployment, std::string_view address);

class Targets {
 public:
  /// What comes along: for an apply what the named ones need, for a destroy those that need the named ones.
  enum class Reach { what_they_need, who_needs_them };

  Targets(const std::vector<std::string>& targets, const Model& model, const Snapshot& snapshot, Reach reach,
          Diagnostics& diagnostics);

  bool has(TaskId task) const { return all_ || tasks_[task]; }
  bool has(const Record& record) const { return all_ || records_[index_of(record)]; }
  bool named(const Record& record) const { return all_ || named_records_[index_of(record)]; }

 private:
  std::size_t index_of(const Record& record) const {
    return static_cast<std::size_t>(&record - snapshot_.records.data());
  }

  const Snapshot& snapshot_;
  bool all_ = false;
  std::vector<bool> tasks_;
  std::vector<bool> records_;
  std::vector<bool> named_records_;
};

}  // namespace verba
