// SPDX-License-Identifier: Apache-2.0
// Regions of AWS that no manifest says: of things that were made in another one than their account has now the plan
// cannot know which of both is meant, and where there is none nothing can be made at all.
#pragma once

#include <set>
#include <string>

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "state/store.h"

namespace verba {

/// Borrows all of it.
class Regions {
 public:
  Regions(const Model& model, const Surroundings& surroundings, Store& store)
      : model_(model), surroundings_(surroundings), store_(store) {}
  /// A mistake where the task makes something in AWS, and nobody knows in which region; told once of an account.
  void require(TaskId, Diagnostics&);
  /// Of what is changed it is an error, of what is kept a warning; each is told once of an account.
  void check(TaskId, const Record&, bool changes, Diagnostics&);

 private:
  const Model& model_;
  const Surroundings& surroundings_;
  Store& store_;
  std::set<std::string> told_;
};

}  // namespace verba
