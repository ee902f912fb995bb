// SPDX-License-Identifier: Apache-2.0
// What attempts at things in AWS share: their end, the names by which we know our own work again, and what a call that
// failed comes to.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/account.h"
#include "provider/provider.h"

namespace verba {

/// A stop of its own, requested at the attempt's stop and at its timeout.
class AttemptLimit {
 public:
  explicit AttemptLimit(Attempt& attempt);
  ~AttemptLimit();
  AttemptLimit(const AttemptLimit&) = delete;
  AttemptLimit& operator=(const AttemptLimit&) = delete;
  Stop& stop() { return *stop_; }
  bool timed_out() const { return timed_out_; }

 private:
  Attempt& attempt_;
  /// Shared with whoever is requesting it: what that ends may destroy us before it is through.
  std::shared_ptr<Stop> stop_ = std::make_shared<Stop>();
  std::optional<TimerId> timer_;
  bool timed_out_ = false;
  Stop::Watch watch_;
};

/// What we make in AWS carries a token of ours: each operation of a stack "verba-OWNER-RUN-CHANCE", each object
/// "verba-OWNER-", where the owner is a task of an environment of one state. By it we know, without any record, what a
/// task has made and what its run began last: so a run that was broken off is gone on with, and nothing is made twice.
std::string owner_token(const Attempt& attempt);                              ///< "verba-OWNER-"
std::string owner_token(const Attempt& attempt, const std::string& address);  ///< of a task at that address
std::string run_token(const Attempt& attempt);                                ///< "verba-OWNER-RUN-"

/// Of a call before which nothing of this attempt was under way. `doing`: "the stack website".
Outcome outcome_of(const AwsFailure&, const std::string& doing, const Attempt&, const AttemptLimit&);

/// What an attempt came to that has changed nothing yet: if it failed, there is nothing to undo.
Outcome not_begun(Outcome);

}  // namespace verba
