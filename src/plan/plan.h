// SPDX-License-Identifier: Apache-2.0
// What will be done, in which order, and why. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "graph/graph.h"
#include "manifest/model.h"
#include "state/store.h"
#include "value/value.h"

namespace verba {

enum class Action : std::uint8_t { create, update, replace, remove, run, rollback };
std::string_view to_string(Action);  ///< create, update, replace, delete, run, rollback
std::string_view sign(Action);       ///< "+", "~", "-/+", "-", ">", "<"

/// One field of the inputs that differs. `before` or `after` is nothing when the field is not there. Secrets are
/// marked, Unknown stands for "known after apply".
struct FieldChange {
  std::string field;  ///< "environment.SITE"; a file's content is "source (./block.sh)"
  std::optional<Value> before;
  std::optional<Value> after;
  bool text = false;  ///< of several lines: show it as a text diff
};

/// Something to do at one address.
struct Step {
  std::string address;
  std::string deployment;
  std::string type;
  std::string account;
  Action action = Action::create;
  std::string reason;  ///< "not deployed yet", "environment.SITE changed", "gone from the manifests"
  std::vector<FieldChange> changes;
  std::optional<Digest> wanted;  ///< of all that it is given, files too, as far as that is known
  bool waits = false;            ///< some input is known after apply; may turn out unchanged
  bool temporary = false;        ///< of a temporary task; its delete: see plan/temporary.h
  bool interrupted = false;      ///< the last step on it never ended, or failed
  bool repairs = false;          ///< it was found gone or drifted: act even when its inputs are the same
  bool drifted = false;          ///< somebody was seen to have changed it; it then repairs, too
  bool undoable = false;         ///< a rollback can undo it
  bool only_recorded = false;    ///< others bring it about (manifest/occasion.h): no provider is called
  bool leaves_record = true;     ///< false: once it has ended there is nothing to remember
  Occasion occasion = Occasion::deploy;
  std::optional<TaskId> task;          ///< in the model; nothing when it is only in state
  std::optional<std::size_t> record;   ///< in the snapshot's records; nothing when new
  std::optional<std::size_t> undoes;   ///< of a rollback: in Plan::done
  std::optional<Digest> restores;      ///< the recorded definition it goes back to: nothing is evaluated
  std::optional<std::string> needs;    ///< of what is restored: as Record::needs, by the names of today
  std::optional<std::size_t> rollout;  ///< in the plan's rollouts: it is in a batch of that one
  std::size_t batch = 0;               ///< in which one; the first is 1
  std::string place;                   ///< "web.yaml:14"
  /// What it would do inside of the thing (Preview::changes), where the provider was asked.
  std::optional<std::vector<std::string>> preview = {};
  std::optional<TaskId> redefined_by = {};  ///< of a delete that failed before: the task that says how it is done now
  std::vector<std::string> stays = {};      ///< what its delete leaves there (TaskType::leaves)
};

/// A task of which some instances come after the others.
struct Rollout {
  std::string address;           ///< of the task: "fleet.motd"
  std::size_t batch = 1;         ///< so many steps at a time
  std::size_t max_failures = 0;  ///< so many may fail, in all batches together
  std::size_t batches = 0;
};

/// Waits for people (TaskType::on_demand): nothing to undo.
inline bool is_asking(const Step& step) {
  return !step.leaves_record && step.occasion == Occasion::deploy;
}

/// What is kept, but what is recorded of it beside its inputs is out of date.
struct Note {
  Record record;  ///< as it is to be recorded
  TaskId task = 0;
  bool redefine = false;  ///< its definition too: how it is deleted, checked or rolled back has changed
  bool renews = false;    ///< it expires anew (Goal::ttl)
};

/// A record that goes on under another address; nothing is done to the thing itself.
struct Move {
  std::string from;             ///< its address until now
  std::string from_deployment;  ///< its deployment until now
  Record record;                ///< as it is to be recorded
};

/// What a run did at one address, as far as that is needed to undo it.
struct Done {
  Step step;
  std::optional<Record> previous;  ///< as it was recorded before; nothing when it was not there, or never whole
  RunId run = 0;                   ///< an earlier one; 0: the one that carries out the plan
  std::optional<Digest> made =
      {};  ///< of an earlier one: the definition that it gave it, or was to; none: it deleted it
};

/// What a failure leads to.
struct Consequence {
  std::string deployment;       ///< where it happens
  std::vector<std::string> of;  ///< addresses: when one of these fails; empty: whichever fails there
  OnFailure policy = OnFailure::rollback;
  std::optional<std::size_t> rollout;     ///< when more instances of this one fail than may; undone is their batch
  bool whole_run = false;                 ///< rolled back is all that the run did, everywhere
  std::vector<std::size_t> undone;        ///< steps of the plan that are undone, if they were done
  std::vector<std::size_t> stay;          ///< steps that nothing can undo
  std::vector<std::size_t> carried = {};  ///< in Plan::carried_by(whole_run): undone too, where that is possible
  std::vector<std::string> by = {};       ///< addresses: the rollback.tasks that do the undoing
};

/// What the person asked for.
struct Goal {
  enum class Kind : std::uint8_t {
    apply,
    destroy,
    rollback,
    clean,  ///< delete temporary things that an interrupted run left over
  } kind = Kind::apply;
  std::vector<std::string> targets;  ///< deployments or addresses (TASK of a forEach takes all instances); empty: all
  bool prune = false;                ///< delete what is gone from the manifests
  std::optional<RunId> to;           ///< rollback: as at the end of this run (0: before the first one)
  std::optional<RunId> undoes;       ///< rollback: what this run has done and not undone, the way its failure would
  bool refresh = false;              ///< look first how what is recorded is out there
  bool preview = false;              ///< ask providers what steps would do inside of things
  std::optional<Milliseconds> ttl;   ///< apply: what it deploys or keeps expires after that; 0: it lasts again
  std::optional<OnFailure> on_failure = {};  ///< in place of what the manifests say
};
std::string_view to_string(Goal::Kind);  ///< the command: apply, destroy, rollback, gc

/// Graph nodes: the steps (0..steps-1), then gates, which stand for what is kept and for the beginnings and ends of
/// deployments: nothing is done there. Then the gates between batches: see plan/rollout.h.
struct Plan {
  Goal goal;
  std::string environment;
  std::vector<Step> steps;
  Graph graph;
  NodeId first_batch_gate = ~NodeId{0};  ///< from here on they are those between batches
  std::vector<Rollout> rollouts;         ///< of an apply, where it does something
  std::vector<std::string> kept;         ///< addresses; nothing to do there
  std::vector<std::string> orphans;      ///< in state, gone from the manifests, and left alone
  std::vector<Move> moves;               ///< recorded before anything else; the records of the steps are those after it
  std::vector<Note> noted;               ///< no step of their own
  std::vector<Record>
      forgotten;  ///< of temporary things that nothing will need again, and of what was broken off and leaves none
  std::vector<Done> carried;  ///< of an apply: what the runs did that it goes on with, in the order in which it began
  std::vector<Done> carried_whole;  ///< the same, should all that the run did be undone (RollbackRules::whole_run)
  std::vector<Done> done;           ///< what its rollback steps undo
  std::vector<Consequence> consequences;  ///< of an apply: by deployment
  std::vector<Digest> rollbacks;          ///< of all that the rollback.tasks would be given, as far as that is known
  std::vector<std::string> locked;        ///< deployments to lock; sorted
  std::int64_t serial = 0;                ///< of the snapshot
  std::optional<RunId> back_to;           ///< of a rollback: the run at whose end it was so; 0: before the first one
  /// Of an apply without steps: it makes a run all the same, so that what runs which were broken off did in `locked`
  /// counts as wanted from then on.
  bool concludes = false;

  bool empty() const { return steps.empty(); }  ///< `moves` and `noted` do not count: nothing is run for them
  bool idle() const { return steps.empty() && moves.empty(); }  ///< nothing to tell of
  bool undoes() const { return !done.empty(); }
  const std::vector<Done>& carried_by(bool whole_run) const { return whole_run ? carried_whole : carried; }
  std::size_t count(Action) const;
};

}  // namespace verba
