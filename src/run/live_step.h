// SPDX-License-Identifier: Apache-2.0
// A step that is being carried out: its attempts, its output, what it came to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/async.h"
#include "os/process.h"
#include "plan/definition.h"
#include "provider/mask.h"
#include "provider/provider.h"
#include "run/answers.h"
#include "run/event.h"
#include "run/hosts.h"
#include "run/journal.h"

namespace verba {

/// What a step that was broken off may have left.
struct Remain {
  Provider* remover = nullptr;
  Recorded recorded;
  bool goes_first = false;  ///< it is another thing than those that the step works on
};

/// What is to be done at a step, with everything known.
struct Job {
  StepNumber step = 0;
  Action action = Action::create;
  Provider* provider = nullptr;
  Provider* remover = nullptr;       ///< of what is recorded; another one when the type is what changed
  std::optional<Definition> next;    ///< nothing for a delete
  std::optional<Recorded> before;    ///< what is recorded, when something is
  std::vector<Remain> remains = {};  ///< what else may be there
  // For a rollback: `before` is what is put back (nothing: it is removed).
  std::optional<Recorded> done;    ///< what was done; nothing when what was done was a delete
  std::optional<Record> previous;  ///< the record of `before`
  bool replaced = false;           ///< it was deleted and made anew
  bool stays = false;              ///< planned as a replace, and an update in the end
  bool half_deleted = false;       ///< its delete failed: nobody knows how much of it is there
  bool only_recorded = false;      ///< others brought it about: nothing is done, and that succeeds
  Digest inputs;                   ///< of `next`
  Digest beside;
  Record record;                   ///< as it is in state once the step is journaled
  std::optional<Record> was = {};  ///< as it was before that
  Tries tries;
  std::string group;                                      ///< concurrencyGroup, or ""
  std::optional<std::vector<std::string>> reviewed = {};  ///< see Attempt
  bool drifted = false;                                   ///< likewise
};

/// What a live step works with. Borrowed; outlives it.
struct Surface {
  System& system;
  Store& store;
  Listener& listener;
  Journal& journal;
  const SecretWords& secrets;
  Hosts& hosts;
  std::string scratch_directory;
  Trace trace;         ///< its slot is the step's until that is tidied
  std::string person;  ///< who carries out the run
};

/// Adds the variables that tell a child where it is: VERBA_ENVIRONMENT, VERBA_DEPLOYMENT, VERBA_TASK, VERBA_RUN.
void describe_place(const Record&, std::vector<std::pair<std::string, std::string>>& environment);

/// What tells this state from all others, wherever it is copied or moved to: when and where its first run began. ""
/// before that.
std::string state_id(Store&);

/// Where the files of an attempt are, in the run's scratch directory.
std::string scratch_of_step(const std::string& scratch_directory, RunId, StepNumber);
/// The trace of a run (os/trace.h), whose labels are step numbers; "N:delete" is the first half of a replace.
std::string trace_of_run(const std::string& scratch_directory, RunId);

/// Runs one job in the background of the loop: attempt after attempt until it succeeds, may not be tried again, or is
/// stopped. Its output goes to the listener as it comes, and into the journal in pieces.
class LiveStep {
 public:
  LiveStep(Job job, Surface surface);
  LiveStep(const LiveStep&) = delete;
  LiveStep& operator=(const LiveStep&) = delete;

  const Job& job() const { return job_; }
  /// REQUIRES: the job is journaled as started, durably.
  void begin();
  bool begun() const { return began_.has_value(); }
  /// Asks the attempt in hand to end, soon.
  void stop() {
    stop_.request();
    pauses_.request();
  }
  /// The attempt in hand is the last one.
  void end_retrying() { pauses_.request(); }
  /// What it came to, once it has; its output is in the journal then. An Error that escaped the provider is a Failed
  /// outcome.
  std::optional<Outcome> take_outcome();
  /// Is what was there before deleted already, by a replace or its undoing?
  bool has_deleted() const { return has_deleted_; }
  /// Its slot in the trace.
  const std::string& slot() const { return surface_.trace.slot; }
  /// Removes or empties its files. REQUIRES: what it came to is durable; until then they are all that is left of it
  /// when we die.
  void tidy();
  Milliseconds took() const;
  /// Puts the output that is gathered into the journal.
  void flush_log();

 private:
  Async<Outcome> carry_out();
  Async<Outcome> one_attempt();
  Async<Outcome> nothing();
  Async<Outcome> remove();
  Async<Outcome> replace();
  Async<std::optional<Outcome>> remove_remains();
  Async<Outcome> bring_about();
  Async<Outcome> undo();
  Async<Outcome> undo_it();
  Async<Outcome> undo_replace();
  Async<Outcome> make_whole();
  Async<Outcome> remake();
  Async<Outcome> half(Async<Outcome> removal);
  Async<Outcome> observed(InDoubt doubt);
  Attempt& at(const Resource&);
  bool may_retry(const Outcome&) const;
  Milliseconds next_delay() const;
  void print(Stream, std::string lines);
  void end_output();
  const std::string& scratch();

  Job job_;
  Surface surface_;
  Stop stop_;
  Stop pauses_;  ///< between attempts
  int attempt_number_ = 1;
  bool touched_ = false;  ///< something of it has been begun
  std::optional<std::chrono::nanoseconds> began_;
  LineMasker masker_[2];
  std::string gathered_[2];  ///< output by stream, not yet in the journal
  std::string scratch_;
  bool scratch_made_ = false;
  bool has_deleted_ = false;
  std::optional<Answers> answers_;  ///< since somebody asked for them
  std::unique_ptr<Attempt> attempt_;
  std::optional<Result<Outcome>> result_;
  Background work_;  ///< last: its frame uses all of the above
};

}  // namespace verba
