// SPDX-License-Identifier: Apache-2.0
// From a step of the plan to a job: everything that the provider is told, evaluated when the step's turn has come.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "manifest/model.h"
#include "plan/inputs.h"
#include "plan/plan.h"
#include "provider/mask.h"
#include "run/live_step.h"
#include "run/runner.h"

namespace verba {

/// A step that needs no provider: its condition is false, its inputs turned out unchanged, or they are mistaken.
struct Settled {
  StepStatus status = StepStatus::skipped;
  std::string message;
  std::string hint;
  std::optional<Record> record = {};  ///< to be recorded: what it needs has changed, though nothing is done
};

/// Knows what the run has found out so far: outputs and secrets. Borrows everything.
class Preparation {
 public:
  Preparation(const Model& model, const Snapshot& snapshot, const Workplace& workplace);
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  /// From now on `run.` means this run.
  void begin(RunId run, Instant started, const std::string& reason, const Goal& goal);
  const SecretWords& secrets() const { return secrets_; }
  void keep_secret(const Value& secret) { secrets_.add(secret); }

  std::variant<Job, Settled> job_of(const Step& step, StepNumber number);
  /// `step` undoes what was `done`; `now` is what state records now.
  std::variant<Job, Settled> undo_of(const Step& step, StepNumber number, const Done& done, const Snapshot& now);

  /// The record of a job that succeeded, for state; nothing when the thing is gone. Notes the outputs for the tasks
  /// that read them.
  std::optional<Record> record_of(const Job& job, const Step& step, Value outputs);

  /// What state records, as of now, of a temporary thing that this run makes: so that it can be deleted.
  void note(const Step& step, const Record& record) {
    if (step.temporary) temporaries_.insert_or_assign(step.address, record);
  }

  /// Of a replace that failed after its delete: only what was half made may still be there.
  void forget_former(Record& record, const Job& job) const;

  /// The definition of a note that redefines.
  Definition definition_of(const Note& note);

 private:
  std::variant<Job, Settled> removal_of(Job job, const Step& step);
  std::variant<Job, Settled> restoration_of(Job job, const Step& step);
  std::optional<Record> remembered(Record record) const;
  std::optional<Settled> fill(Job& job, const Step& step);
  void note_before(Job& job, const Step& step);
  void note_region(Resource& resource) const;
  bool is_same_thing(const Record&, const Inputs& counted, const Inputs& actual) const;
  bool would_repeat(const std::optional<Definition>& made, const std::optional<Definition>& before) const;
  bool stayed(const Step& undone, const Job&) const;
  void note_remains(Job& job);
  std::optional<Value> outputs_of(TaskId task);
  /// What is recorded with this definition; its secrets are known from here on.
  Value outputs_of(const Record&) const;
  Recorded recorded(const Record& record, Definition definition);
  Record new_record(const Step& step) const;
  std::optional<Settled> find_providers(Job& job, const std::string& type);

  const Model& model_;
  const Snapshot& snapshot_;
  const Workplace& at_;
  SecretWords secrets_;
  Instant started_;
  Goal goal_;
  Surroundings actual_;                        ///< with this run's own words
  Surroundings planning_;                      ///< with planning's words: for what counts as changed
  std::vector<std::optional<Value>> outputs_;  ///< by task
  std::map<std::string, Record> temporaries_;  ///< by address
};

}  // namespace verba
