// SPDX-License-Identifier: Apache-2.0
// Things in AWS that were made in another region than their account has now, though none is written for it: the plan
// cannot know which of both is meant, and says so.
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
  /// Of what is changed it is an error, of what is kept a warning; each is told once of an account.
  void check(TaskId, const Record&, bool changes, Diagnostics&);

 private:
  const Model& model_;
  const Surroundings& surroundings_;
  Store& store_;
  std::set<std::string> told_;
};

}  // namespace verba
