// SPDX-License-Identifier: Apache-2.0
// One attempt at one stack: to make it what is wanted, or to delete it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provider/aws_attempt.h"
#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/stack_events.h"
#include "provider/cloudformation/stack_watch.h"
#include "provider/cloudformation/wanted_stack.h"
#include "provider/provider.h"

namespace verba {

/// A stack that is to go.
struct Removal {
  std::string known;                       ///< its id, or its name
  std::string recorded = {};               ///< the id of the task's stack; another one is its when events say so
  bool lifts_protection = false;           ///< goes even when nobody may delete it
  bool empties = false;                    ///< its buckets first
  bool express = false;                    ///< see WantedStack
  bool adopts = false;                     ///< likewise
  std::vector<std::string> retained = {};  ///< likewise
};

/// Why a stack that is not found by its recorded id may well be there all the same: it is of another region or account
/// than those that calls go to. Nothing: it is gone. Of an id that is no ARN nobody can tell.
Async<std::optional<BadStack>> elsewhere(AwsAccount& account, std::string id, Stop& stop);

/// Borrows the attempt and the watches. Lives as long as what it is asked for is under way.
class StackWork {
 public:
  StackWork(Attempt& attempt, StackWatches& watches);

  /// `recorded`: id of the stack that the task has deployed before; "": none.
  Async<Outcome> deploy(WantedStack wanted, std::string recorded);
  Async<Outcome> remove(Removal removal);
  /// See Provider::preview. What artifacts are new is uploaded; nothing else stays.
  Async<Preview> preview(WantedStack wanted, std::string recorded);
  /// See Provider::foresee. Likewise.
  Async<std::optional<Outcome>> foresee(WantedStack wanted);

  /// Who made a stack: the task when a call with its token did. Or why there was no answer.
  struct Made {
    enum class By : std::uint8_t { unknown, us, others } by = By::unknown;
    std::optional<AwsFailure> failure = {};
    bool by_us() const { return by == By::us; }
  };
  Async<Made> who_made(Stack stack);
  Stop& stop() { return limit_.stop(); }

 private:
  enum class Way : std::uint8_t { create, update, import };
  static constexpr std::size_t events_of_stack = 5'000;    ///< that are read to know who did what
  static constexpr int preparations = 6;                   ///< that a stack may need before it can be worked on
  static constexpr std::string_view makes_stack = "-new";  ///< ends the token of a change set that makes its stack

  /// Waits for what is under way and clears away what cannot be updated; which way it is then, or an outcome.
  Async<std::optional<Outcome>> prepare(const WantedStack& wanted, std::string recorded, Way* way);
  /// An outcome when the stack of that id is not where calls go to.
  Async<std::optional<Outcome>> require_here(std::string id);
  Outcome not_ours(const WantedStack& wanted) const;
  Outcome not_known(const Stack& stack) const;
  Outcome still_cleaning(const WantedStack& wanted) const;
  /// Sets what has to be there before an update, and sees whether others need what that would take away.
  Async<std::optional<Outcome>> guard(const WantedStack& wanted);
  /// Sets what stands beside a stack that is now as it is wanted; `done` is its outcome until then.
  Async<Outcome> settle(const WantedStack& wanted, Way way, Outcome done);
  /// See StackStorage::store.
  Async<std::optional<Outcome>> store(WantedStack* wanted, std::string* url);
  struct Proposal {
    std::string change_set;
    std::string stack;
    std::string token;
    bool is_new = false;                    ///< there is nothing in the stack but the change set
    std::vector<std::string> changes = {};  ///< sorted
  };
  /// Takes in what is out there already and not in the stack yet; `way` is that of the rest then.
  Async<std::optional<Outcome>> import(const WantedStack& wanted, Way* way);
  Async<std::optional<Outcome>> find_imports(const WantedStack& wanted, std::vector<WantedImport>* missing);
  /// Of a stack that drifted and of which CloudFormation would change nothing: has it come back of itself?
  Async<Outcome> see_whether_repaired(const WantedStack& wanted, Outcome unchanged);
  Async<AwsAnswer> make_change_set(Variables parameters, std::string stack, std::string name);
  Async<std::optional<Outcome>> propose(const WantedStack& wanted, Way way, std::string url, Proposal* proposal);
  Async<bool> drop(Proposal proposal);
  Async<Outcome> nothing_changes(std::string stack);
  Async<Outcome> nothing_proposed(Proposal proposal, std::string reason);
  /// What cannot be deleted, and why; else nothing.
  Async<std::optional<Outcome>> may_go(Stack stack, bool lifts_protection);
  /// Where its events do not tell, its change sets do: of one in which there is nothing yet, and of one that was made
  /// without a token, or by what keeps none.
  Async<Made> who_began(Stack stack);
  Async<Outcome> carry_out(const WantedStack& wanted, Proposal proposal);
  Async<std::optional<Outcome>> clear_away(Stack stack, const WantedStack& wanted);
  /// Has another task, or one of another state, changed since what this one has made? Its last change set tells.
  Async<bool> was_taken_over(Stack stack);
  /// One call of DeleteStack; an outcome when it is not taken.
  Async<std::optional<Outcome>> begin_removal(const Removal&, const Stack& stack, const std::string& token,
                                              const std::vector<std::string>& staying);
  /// What may stay of a stack that could not be deleted: nothing when something else failed, too.
  Async<std::vector<std::string>> staying_of(const Removal&, Stack stack);
  /// Where an operation is followed to. decided: it has come to its end, and a cleanup after it need not be over, but
  /// is waited for for a while, as it may tell of what could not be deleted. rest: another one may begin.
  enum class Until : std::uint8_t { decided, rest };
  /// Follows an operation; its failures are in `events` then. Nothing: it cannot be followed any more, and broken_off()
  /// says why.
  Async<std::optional<StackLook>> follow(std::string id, StackEvents* events, Until until = Until::rest);
  /// What became of one that was begun with that token.
  Async<Outcome> see_end(const WantedStack& wanted, std::string stack, std::string token);
  /// Topics and role: a change of them alone is none to a change set, so they are set by an update of their own.
  /// `unchanged`: the outcome where nothing else is to change.
  Async<Outcome> set_alone(const WantedStack& wanted, Outcome unchanged);
  Async<Outcome> failed(Stack stack, StackEvents* events, std::string doing);
  /// Something is under way that nobody follows any more.
  Outcome broken_off(const std::string& name, const std::string& id) const;
  Outcome failed_call(const AwsFailure& failure, const std::string& doing) const;
  void log(const std::string& line) const { attempt_.log(Stream::output, line + "\n"); }

  Attempt& attempt_;
  AwsAccount& account_;
  AttemptLimit limit_;
  StackWatches::Share watch_;
  std::string token_;
  std::string trouble_;          ///< why a stack could not be followed; "": stop or timeout
  std::string status_;           ///< that was seen last
  std::optional<Stack> before_;  ///< as prepare() found it
};

}  // namespace verba
