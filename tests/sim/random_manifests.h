// SPDX-License-Identifier: Apache-2.0
// What people write in a simulated world, and how they change it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/simulated_provider.h"

namespace verba {

struct WrittenTask {
  std::string name;
  std::vector<std::string> needs;  ///< of the same deployment
  std::string reads;               ///< one of them whose output is part of the value; or ""
  int version = 1;
  int number = 0;    ///< in the name of its thing; 0: it has none
  Parts parts = {};  ///< of its thing, if that has some
  bool hidden = false, temporary = false;
  std::size_t instances = 0;  ///< 0: it is a single one
  std::string rollout;        ///< of its instances
};

struct WrittenDeployment {
  std::string name;
  std::vector<std::string> needs;
  std::string on_failure = "rollback";
  bool whole_run = false;       ///< its rollback is of all that the run did
  bool updated_as_one = false;  ///< by update.tasks
  bool deleted_as_one = false;  ///< by delete.tasks
  std::vector<WrittenTask> tasks;
};

/// Borrows the source of chance.
class Manifests {
 public:
  /// Every fourth world has tasks that are rolled out, every fourth a scope of rollback, every fourth update.tasks,
  /// every fourth, half of them among those of the latter two, delete.tasks, every eighth things that get other names,
  /// and every sixteenth things that consist of parts, half of them with other names, too.
  Manifests(Chance& chance, std::uint64_t seed);

  /// Somebody edits them.
  void change();
  std::string text() const;
  /// What is there when all of it is deployed, temporary things aside.
  Outside wanted() const;
  const std::vector<WrittenDeployment>& deployments() const { return deployments_; }

 private:
  void roll_out(WrittenTask& task);
  void choose_parts(WrittenTask& task);
  void add_task(WrittenDeployment& deployment);
  void remove_task(WrittenDeployment& deployment);

  Chance& chance_;
  std::optional<Chance> fleets_, scopes_, updates_, deletes_, names_, parts_;
  std::vector<WrittenDeployment> deployments_;
  int next_ = 0;
};

}  // namespace verba
