// SPDX-License-Identifier: Apache-2.0
// What we did, and what we believe is out there. One interface, several stores, one contract suite.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/instant.h"

namespace verba {

using RunId = std::int64_t;        ///< 1, 2, 3, ... in one state
using StepNumber = std::uint32_t;  ///< from 0, in one run

/// What is known of a thing.
enum class RecordStatus : std::uint8_t {
  deployed,  ///< as `definition` says
  started,   ///< a step on it was begun and its end is not known
  failed,    ///< the last step on it failed; it may be half done
};

/// How long a thing is meant to stand.
enum class Lifetime : std::uint8_t {
  lasting,
  temporary,  ///< until the run that made it is done; one that is recorded between runs is left over
  over,       ///< a temporary thing that was deleted: not there any more, only what it had is remembered
};

/// What is deployed at one address of one environment. `definition` and `pending` name blobs (JSON, see
/// plan/definition.h) from which the thing can be updated, put back or deleted without its manifest.
struct Record {
  std::string environment;
  std::string address;
  std::string deployment;
  std::string type;
  std::string account;
  RecordStatus status = RecordStatus::deployed;
  std::optional<Digest> definition;  ///< last good; none when it was never finished
  std::optional<Digest> pending;     ///< being applied, or failed to be
  Digest inputs;                     ///< of the last good inputs: same digest, nothing to do
  Digest beside;                     ///< of what is recorded with them but is no reason to act: how to delete it, ...
  std::string outputs = "{}";        ///< JSON; secrets sealed
  std::string needs = "[]";          ///< JSON list of addresses it was deployed after
  RunId run = 0;                     ///< that deployed it last
  Instant created;
  Instant updated;
  std::string place;  ///< "web.yaml:14" of its manifest
  bool protect = false;
  Lifetime lifetime = Lifetime::lasting;
  std::optional<Instant> expires;  ///< from then on `verba gc` deletes it
  friend bool operator==(const Record&, const Record&) = default;
};

/// All records of one environment at one moment.
struct Snapshot {
  std::string environment;
  std::int64_t serial = 0;      ///< grows with every change of this environment's records
  std::vector<Record> records;  ///< of what is there; sorted by address
  std::vector<Record> over{};   ///< of temporary things that are over; sorted by address

  void add(Record record);                                   ///< the next one by address, to where it belongs
  const Record* find(std::string_view address) const;        ///< among `records`
  const Record* remembered(std::string_view address) const;  ///< among `over`
  /// The one that says what the thing had when it was last whole, be it there or over; else find().
  const Record* last_known(std::string_view address) const;
};

/// rolled_back: it failed, and what it had done where it failed was undone; rollback_failed: not all of that.
enum class RunStatus : std::uint8_t {
  running,
  succeeded,
  failed,
  cancelled,
  interrupted,
  rolled_back,
  rollback_failed
};
enum class StepStatus : std::uint8_t { pending, started, succeeded, unchanged, failed, cancelled, skipped, in_doubt };
std::string_view to_string(RecordStatus);
std::string_view to_string(Lifetime);
std::string_view to_string(RunStatus);
std::string_view to_string(StepStatus);

/// Who does something: enough to tell whether they are still there.
struct Owner {
  std::string user;
  std::string host;
  std::string boot_id;
  std::int64_t process = 0;
  std::int64_t process_start = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

struct PlannedStep {
  std::string address;
  std::string action;  ///< create, update, replace, delete, run
  std::string reason;
};

struct RunStart {
  std::string environment;
  std::string verb;    ///< apply, destroy
  std::string reason;  ///< the person's --reason, or ""
  Owner owner;
  Instant at;
  std::string source;              ///< JSON: locations, digests, commit
  std::string plan;                ///< JSON as `verba plan -o json` prints it
  std::vector<PlannedStep> steps;  ///< numbered in this order
};

struct Run {
  RunId id = 0;
  std::string environment, verb, reason;
  RunStatus status = RunStatus::running;
  Owner owner;
  Instant started;
  std::optional<Instant> finished;
  std::string source;
  std::int64_t steps = 0, succeeded = 0, failed = 0;  ///< steps planned; succeeded or unchanged; failed
};

struct StepRecord {
  StepNumber number = 0;
  std::string address, action, reason;
  StepStatus status = StepStatus::pending;
  int attempts = 0;
  std::optional<Instant> started, finished;
  std::string message;
  std::optional<int> exit_code;
  std::optional<Digest> before, after;        ///< definitions
  std::optional<std::string> outputs_before;  ///< JSON; secrets sealed; nothing when there were none
  bool whole_before = false;                  ///< it was deployed, as `before` and `outputs_before` say
};

// Edits. A batch of them is written whole or not at all, and is durable when commit() returns.
struct StepStarted {  ///< a later attempt keeps the time at which the first one began
  RunId run = 0;
  StepNumber step = 0;
  int attempt = 1;
  Instant at;
  std::optional<Digest> before, after;
  std::optional<std::string> outputs_before = {};
  bool whole_before = false;  ///< a later attempt keeps this as well
};
/// Of a step that is to begin on this record.
std::optional<std::string> outputs_before(const Record&);
/// A step that the run did not know of when it began: the undoing of another. Its number is the next one. In a batch of
/// its own, before those that start it.
struct StepAdded {
  RunId run = 0;
  StepNumber step = 0;
  PlannedStep planned;
};
struct StepFinished {
  RunId run = 0;
  StepNumber step = 0;
  Instant at;
  StepStatus status = StepStatus::succeeded;
  std::string message;
  std::optional<int> exit_code;
};
struct PutBlob {
  Digest digest;  ///< sha256 of content; one that is there already is left alone
  std::string content;
};
struct PutRecord {
  Record record;  ///< replaces the one of its environment and address
};
struct RemoveRecord {  ///< absent is fine
  std::string environment, address;
};
struct AppendLog {
  RunId run = 0;
  StepNumber step = 0;
  int attempt = 1;
  Instant at;
  bool error_stream = false;
  std::string text;  ///< bytes as they came, masked
};
struct RunFinished {
  RunId run = 0;
  Instant at;
  RunStatus status = RunStatus::succeeded;
};
struct AppendEvent {  ///< also the audit trail
  RunId run = 0;      ///< 0: not of a run
  Instant at;
  std::string type;  ///< "state.removed", "run.started", ...
  std::string who;
  std::string detail;  ///< JSON
};
using Edit = std::variant<StepStarted, StepAdded, StepFinished, PutBlob, PutRecord, RemoveRecord, AppendLog,
                          RunFinished, AppendEvent>;
using Batch = std::vector<Edit>;

/// The right to change some deployments of an environment, for a while.
struct Lease {
  std::string environment;
  std::vector<std::string> deployments;
  std::int64_t fence = 0;  ///< larger than that of every lease before it
};

/// How long a lease holds from when it is taken or renewed; holders renew it three times as often.
constexpr Milliseconds lease_length{30'000};

struct LeaseRequest {
  std::string environment;
  std::vector<std::string> deployments;  ///< sorted
  Owner owner;
  std::string reason;
  Instant now;
  Milliseconds length = lease_length;
};

/// Who is in the way.
struct Holder {
  std::string deployment;
  Owner owner;
  std::string reason;
  Instant since, expires;
  std::int64_t fence = 0;
  std::string environment = {};
};

struct LogLine {
  StepNumber step = 0;
  int attempt = 1;
  Instant at;
  bool error_stream = false;
  std::string text;
};

struct StoredEvent {
  std::int64_t id = 0;
  RunId run = 0;
  Instant at;
  std::string type, who, detail;
};

/// Is the process of this owner still there? Answers only for owners of this host.
using IsAlive = std::function<bool(const Owner&)>;

/// Used by one thread. Errors: Error(state) when the store cannot be read or written ("state.*": .full, .read-only,
/// .corrupt, .busy, .sqlite; .unknown-run for an edit of a run or step that is not there), Error(locked) when a lease
/// was lost ("state.lease-lost") or does not cover a record ("state.not-covered"). After an error nothing of the batch
/// is there.
class Store {
 public:
  virtual ~Store() = default;

  virtual Snapshot snapshot(const std::string& environment) = 0;
  virtual std::vector<std::string> environments() = 0;  ///< that have records or runs; sorted
  virtual std::optional<std::string> blob(const Digest&) = 0;

  /// Durable. The steps are pending. Checks the lease as commit() does.
  virtual RunId begin_run(const RunStart&, const Lease&) = 0;
  /// One durable transaction. Checks first that `lease` (when given) still holds and covers every record it touches.
  virtual void commit(const Batch&, const Lease* lease) = 0;

  virtual std::vector<Run> runs(const std::string& environment, std::size_t limit) = 0;  ///< "" is all; newest first
  virtual std::optional<Run> run(RunId) = 0;
  virtual std::optional<std::string> plan_of(RunId) = 0;
  virtual std::vector<StepRecord> steps(RunId) = 0;
  virtual std::vector<LogLine> logs(RunId, std::optional<StepNumber>) = 0;
  virtual std::vector<StoredEvent> events(std::int64_t after_id, std::size_t limit) = 0;
  /// Durations of the last successful steps by address, in milliseconds: for the expected time. Looks at the last 100
  /// runs of the environment.
  virtual std::map<std::string, std::int64_t> durations(const std::string& environment) = 0;

  /// All of the deployments, or none. A lease that has expired, or whose owner on the same host and boot is no longer
  /// alive, is taken over: it is lost as a whole. Runs of the environment that say `running` while their lease is gone
  /// become `interrupted`. An empty IsAlive takes everyone for alive.
  virtual std::variant<Lease, Holder> acquire(const LeaseRequest&, const IsAlive&) = 0;
  virtual void renew(const Lease&, Instant now, Milliseconds length) = 0;  ///< Error(locked) when it was lost
  virtual void release(const Lease&) = 0;                                  ///< lost is fine
  /// Takes a lease away from whoever holds it: they can write no more, and their runs become `interrupted`. False when
  /// it is not there any more.
  virtual bool revoke(const std::string& environment, std::int64_t fence, Instant now) = 0;
  /// By environment and deployment; expired ones too. "" is all.
  virtual std::vector<Holder> leases(const std::string& environment) = 0;

  /// Everything but leases as one JSON text ("verba-state/1"), and back into an empty store: Error(state)
  /// "state.not-empty", "state.cannot-import".
  virtual std::string export_json() = 0;
  virtual void import_json(std::string_view) = 0;
  /// A consistent copy at `path`, made while others work.
  virtual void backup(const std::string& path) = 0;
  /// Problems found in the store itself; empty when sound.
  virtual std::vector<std::string> check() = 0;
};

}  // namespace verba
