// SPDX-License-Identifier: Apache-2.0
// The door to one outside tool.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.h"
#include "base/instant.h"
#include "manifest/resource.h"
#include "manifest/schema.h"
#include "os/async.h"
#include "os/executor.h"
#include "os/process.h"
#include "os/system.h"
#include "value/value.h"

namespace verba {

class AwsAccount;  // aws/account.h

/// What somebody said last of a step that asks people.
struct Answer {
  std::string who;
  bool approves = false;
  std::string reason;
  bool own = false;  ///< of whoever carries out the run
};

/// One try at one step: all that a provider gets of the world. Borrowed for the time of the call.
struct Attempt {
  System& system;
  Stop& stop;                                         ///< asked to stop: end children, return Cancelled
  std::optional<Milliseconds> timeout;                ///< for the whole attempt
  std::function<void(Stream, std::string_view)> log;  ///< bytes as they come; masked by whoever reads them
  std::string directory;  ///< a directory of its own, made when first asked for (see scratch)
  Variables environment;  ///< VERBA_*: what describes the run and the step, besides what the machine gives
  /// Makes `directory` (mode 0700) unless it is there; the runner removes it after the attempt.
  std::function<const std::string&()> scratch;
  Trace trace = {};              ///< to be handed on to what the attempt starts; empty: an attempt that changes nothing
  Executor* executor = nullptr;  ///< where the resource's account says that commands run; never null in a call
  /// In the place of what else it is done: "delete" when a script is applied because something goes. "": of itself.
  std::string_view stands_for = {};
  std::function<std::vector<Answer>()> answers = {};  ///< of people to this step so far, by name; empty: nobody can
  AwsAccount* aws = nullptr;  ///< the resource's account, when that is one of AWS: never null then
  /// Of apply(): what preview() told before, and somebody looked at. Nothing else may be done; nothing: anything may.
  std::optional<std::vector<std::string>> reviewed = {};
  /// Of apply() and preview(): somebody was seen to have changed the thing, and that is to be undone, too.
  bool drifted = false;
  /// What tells the state that records it from all others; "": nothing is recorded.
  std::string state = {};
  /// What steps on the same thing were to make of it that were broken off or failed: of what these would have made
  /// (TaskType::makes), some may be there. Where it is ours, and is not wanted now, it goes as well; as long as it is
  /// there the thing is not as it should be. Borrowed.
  std::vector<const Resource*> remains = {};
  /// Of remove(): what goes was made by what is being undone. What it says itself against being deleted does not count.
  bool undoes = false;
};

struct Succeeded {
  Value outputs;  ///< a map; secret parts marked
};
struct Failed {
  std::string message;  ///< one sentence: "exit code 3"
  std::string hint;
  bool retryable = true;  ///< may a second try help?
  std::optional<int> exit_code;
  bool timed_out = false;
  bool untouched = false;  ///< refused before anything was done: all is as it was
};
struct Cancelled {};
/// We cannot know whether it happened. `handle` tells observe() where to look.
struct InDoubt {
  std::string message;
  std::string handle;
  bool at_rest = false;  ///< nothing of it is at work any more: observe() may decide
};
using Outcome = std::variant<Succeeded, Failed, Cancelled, InDoubt>;

/// How a thing is now.
struct Observed {
  enum class State : std::uint8_t { absent, present, drifted, in_progress, unknown } state = State::unknown;
  std::string detail;            ///< for people: what drifted, why unknown
  std::optional<Value> outputs;  ///< of what is present, when they can be known
};

/// What applying would do inside of a thing.
struct Preview {
  std::vector<std::string> changes;  ///< a line each, sorted: "Modify Topic (AWS::SNS::Topic)"; none: nothing
  std::string problem;               ///< why that cannot be told; "": it can
};

/// What is recorded about a thing that is deployed: its inputs and outputs of then.
struct Recorded {
  Resource resource;
  Value outputs;
  bool former = false;  ///< the outputs are of what was there before: a step that was to make `resource` was broken off
};

/// Providers see one resource at a time: never manifests, the plan, the state or the screen. They keep nothing between
/// calls. A tool that ran and said no is a Failed outcome; a tool that could not be run throws Error.
/// All calls happen on the one thread that polls attempt.system; many may be under way at once.
class Provider {
 public:
  virtual ~Provider() = default;

  /// Name, version, schema, manual. Constant.
  virtual const TaskType& type() const = 0;

  /// No I/O. Adds every problem that the schema cannot express. `with` may hold expressions and Unknown.
  virtual void validate(const Value& with, Where task, Diagnostics&) const = 0;

  /// No I/O. Adds every problem with what was read because of the inputs: the files that they name. The inputs are
  /// evaluated; Unknown may stand in them.
  virtual void examine(const Resource&, Where task, Diagnostics&) const;

  /// Can it say how a thing is? (Has the resource a check?)
  virtual bool can_observe(const Resource&) const = 0;
  /// How it is now. Changes nothing. The outputs are a null Value when none are recorded (it was begun, not finished).
  virtual Async<Observed> observe(Recorded recorded, Attempt& attempt) = 0;

  /// Can it say what applying would do inside of the thing?
  virtual bool can_preview(const Resource&) const { return false; }
  /// Says it; leaves everything as it is. REQUIRES: can_preview().
  virtual Async<Preview> preview(Resource wanted, std::optional<Recorded> before, Attempt& attempt);

  /// Why apply() could not make it, as far as that can be told before; nothing: it could. Leaves everything as it is.
  /// Asked before what it takes the place of is deleted, which may be in its way until then.
  virtual Async<std::optional<Outcome>> foresee(Resource wanted, Attempt& attempt);

  /// Makes it so; `before` is what is recorded, when something is. Safe to repeat where the resource says so.
  virtual Async<Outcome> apply(Resource wanted, std::optional<Recorded> before, Attempt& attempt) = 0;

  /// Removes what is recorded. Succeeds when it is gone already. `outputs` of then are available.
  virtual Async<Outcome> remove(Recorded recorded, Attempt& attempt) = 0;

  /// Does removing do anything? (A script without `delete` is only forgotten.) The plan says so.
  virtual bool can_remove(const Resource&) const = 0;

  /// What came of an attempt whose process ended by itself, with that code, after we had died. `attempt` has the
  /// directory and the trace that were left; nothing is started. In doubt when too little was left. `makes` is false
  /// when the attempt was to remove the thing.
  virtual Outcome recall(const Resource&, bool makes, int exit_code, Attempt& attempt) const = 0;

  /// Does all that an attempt on it begins write the run's trace (Attempt::trace)? Then what is not in the trace has
  /// never begun.
  virtual bool is_traced(const Resource&) const = 0;

  /// Undoes `done` (which may be half done): puts back `before`, or removes it when there was nothing before.
  virtual Async<Outcome> rollback(Recorded done, std::optional<Recorded> before, Attempt& attempt) = 0;
  /// Can rollback do anything about it?
  virtual bool can_rollback(const Resource& wanted, bool existed_before) const = 0;
};

/// The providers of a program, by the name of their task type. Borrows them.
class Providers {
 public:
  explicit Providers(std::vector<Provider*> all) : all_(std::move(all)) {}
  Provider* find(std::string_view type) const;
  const std::vector<Provider*>& all() const { return all_; }

 private:
  std::vector<Provider*> all_;
};

}  // namespace verba
