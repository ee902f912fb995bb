// SPDX-License-Identifier: Apache-2.0
// What a run writes into state, gathered so that one durable transaction serves many steps.
#pragma once

#include <optional>
#include <string>

#include "plan/definition.h"
#include "plan/plan.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// Gathers edits; nothing is written before commit(). Borrows store, lease and sealer.
class Journal {
 public:
  Journal(Store& store, const Lease& lease, const Sealer& sealer) : store_(store), lease_(lease), sealer_(sealer) {}

  void set_run(RunId run) { run_ = run; }

  /// The step is about to act on `record`, which is marked as started; `was`: as it is in state until then (null: there
  /// is none); `next`: what it is to become (null: it is deleted). Returns the record as it now is in state.
  Record started(StepNumber step, Instant at, Record record, const Record* was, const Definition* next);
  /// A further try at a step that was started on `record`.
  void attempted(StepNumber step, int attempt, Instant at, const Record& record);
  void ended(StepNumber step, Instant at, StepStatus status, const std::string& message,
             std::optional<int> exit_code = std::nullopt);
  /// The next step of the run; commit before it is started.
  void added(StepNumber step, const Step& planned);
  /// A record with a definition of its own.
  void put(Record record, const Definition& definition);
  void put(Record record) { batch_.emplace_back(PutRecord{std::move(record)}); }
  void remove(const Record& record) { batch_.emplace_back(RemoveRecord{record.environment, record.address}); }
  void log(StepNumber step, int attempt, Instant at, Stream stream, std::string text);
  void add(Batch edits) { batch_.insert(batch_.end(), edits.begin(), edits.end()); }
  void run_ended(Instant at, RunStatus status) { batch_.emplace_back(RunFinished{run_, at, status}); }

  bool empty() const { return batch_.empty(); }
  /// Durable when it returns. Throws what Store::commit throws; the edits are then dropped.
  void commit();

 private:
  Digest put_blob(std::string content);
  void put_files(const Resource& resource);

  Store& store_;
  const Lease& lease_;
  const Sealer& sealer_;
  RunId run_ = 0;
  Batch batch_;
};

}  // namespace verba
