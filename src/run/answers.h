// SPDX-License-Identifier: Apache-2.0
// What people say of a step that asks them, while it waits: events of the state ("step.approved", "step.rejected").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "provider/provider.h"
#include "state/store.h"

namespace verba {

/// The last words on one step of a run. Borrows the store; each look reads only what came since the one before.
class Answers {
 public:
  /// `person`: who carries out the run.
  Answers(Store& store, RunId run, std::string address, std::string person);
  std::vector<Answer> now();  ///< by name. Throws what Store::events throws

 private:
  Store& store_;
  RunId run_;
  std::string address_, person_;
  std::int64_t last_ = 0;
  std::map<std::string, Answer> by_person_;
};

/// The event that says it.
AppendEvent answer_event(RunId run, const std::string& address, const Answer& answer, Instant at);

}  // namespace verba
