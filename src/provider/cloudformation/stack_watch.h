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

/// Looks at all stacks that somebody waits for, together: one by one, by pages of all stacks of the account, or by
/// pages of those that are at work, whatever takes the fewest calls. Fifty milliseconds after the first begins to wait,
/// then ever longer, up to 0.9 s from look to look; never more than two calls a second, but for ten ahead; half as
/// often, again and again, while it is throttled. One of those who wait does the looking for all. Borrows all it is
/// made of. One thread.
class StackWatch {
 public:
  StackWatch(AwsAccount& account, System& system) : account_(account), system_(system) {}
  StackWatch(const StackWatch&) = delete;
  StackWatch& operator=(const StackWatch&) = delete;

  /// What a look shows of a stack (its id or name), as soon as the calls of late allow one: before anything is done
  /// about it. A failure with `stopped` when stop was requested before.
  Async<StackLook> now(std::string stack, Stop& stop);
  /// What the next look shows of a stack (its id), whose operation is under way. Likewise.
  Async<StackLook> next(std::string id, Stop& stop);
  /// Are so few watched that calls may be made about each of them?
  bool are_few() const { return waiting_.size() <= 4; }
  /// And can so many be made now without keeping the others waiting?
  bool has_room(std::size_t calls) const;
  /// Somebody made calls of his own.
  void count_calls(std::size_t calls);

 private:
  class Waiting;
  class Turn;
  class Rest;
  using Looks = std::map<std::string, StackLook>;  ///< by what was asked for
  Async<StackLook> wait(std::string stack, bool urgent, Stop& stop);
  Async<bool> rest(Stop& stop);
  Async<bool> look(Stop& stop);
  /// Of `stacks`, sorted; what a failure kept from being seen is left out.
  Async<Looks> see(std::vector<std::string> stacks, Stop& stop);
  Async<bool> look_at_busy(const std::vector<std::string>& ids, Looks* looks, Stop& stop);
  Async<bool> look_by_pages(const std::vector<std::string>& stacks, Looks* looks, Stop& stop);
  Async<AwsAnswer> call(std::string action, Variables parameters, Stop& stop);
  Milliseconds owed() const;
  bool is_urgent() const;

  AwsAccount& account_;
  System& system_;
  std::vector<Waiting*> waiting_;
  bool busy_ = false;
  Rest* rest_ = nullptr;                    ///< before a look
  std::uint64_t looks_ = 0;                 ///< that have begun
  std::chrono::nanoseconds paid_until_{0};  ///< of System::steady: what the calls so far stand for
  std::size_t pages_ = 1;                   ///< that all stacks took when last asked for
  std::size_t busy_pages_ = 1;              ///< that those at work took
  Milliseconds interval_{50};
  std::chrono::nanoseconds looked_{0};  ///< last at what is under way, of System::steady
  bool throttled_ = false;              ///< in this look
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
