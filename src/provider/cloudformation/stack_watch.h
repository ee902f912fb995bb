// SPDX-License-Identifier: Apache-2.0
// Waiting for many stacks of one account with few calls: CloudFormation allows only some in a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/account.h"
#include "os/async.h"
#include "os/process.h"
#include "provider/cloudformation/stack_calls.h"

namespace verba {

/// Looks at all stacks that somebody waits for, together: one by one when they are few, by pages of all stacks of the
/// account when that takes fewer calls. Fifty milliseconds after the first begins to wait, then ever longer, up to
/// every second; never more than two calls a second; half as often, again and again, while it is throttled. One of
/// those who wait does the looking for all. Borrows all it is made of. One thread.
class StackWatch {
 public:
  StackWatch(AwsAccount& account, System& system) : account_(account), system_(system) {}
  StackWatch(const StackWatch&) = delete;
  StackWatch& operator=(const StackWatch&) = delete;

  /// What the next look shows of a stack (its id). A failure with `stopped` when stop was requested before.
  Async<StackLook> next(std::string id, Stop& stop);
  /// Are so few watched that there is room for calls about each of them?
  bool has_room() const { return waiting_.size() <= 4; }
  /// Somebody made a call of his own.
  void count_call();

 private:
  class Waiting;
  class Turn;
  Async<bool> look(Stop& stop);
  Async<bool> look_by_pages(std::map<std::string, StackLook>* looks, Stop& stop);
  Milliseconds rest();

  AwsAccount& account_;
  System& system_;
  std::vector<Waiting*> waiting_;
  bool busy_ = false;
  std::uint64_t looks_ = 0;                 ///< that have begun
  std::chrono::nanoseconds paid_until_{0};  ///< of System::steady: what the calls so far stand for
  std::size_t pages_ = 1;                   ///< that all stacks took when last asked for
  Milliseconds interval_{50};
  std::chrono::nanoseconds looked_{0};  ///< last, of System::steady
  int slower_ = 1;                      ///< for having been throttled
};

/// The watches of those accounts in which somebody waits.
class StackWatches {
 public:
  /// A share in a watch, which goes with its last share.
  class Share {
   public:
    Share(StackWatches& watches, AwsAccount& account, System& system);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    StackWatch& operator*() const { return *watch_; }
    StackWatch* operator->() const { return watch_; }

   private:
    StackWatches& watches_;
    const AwsAccount* account_;
    StackWatch* watch_;
  };

 private:
  struct Shared {
    std::unique_ptr<StackWatch> watch;
    int shares = 0;
  };
  std::map<const AwsAccount*, Shared> all_;
};

}  // namespace verba
