// SPDX-License-Identifier: Apache-2.0
// From a task to what its provider is told: expressions evaluated, files read, the digest that says "changed".
#pragma once

#include <optional>

#include "base/diagnostic.h"
#include "manifest/resource.h"
#include "plan/definition.h"
#include "provider/provider.h"

namespace verba {

/// A task's inputs as far as they are known.
struct Inputs {
  Resource resource;  ///< `inputs` may hold Unknown when `waits`
  bool waits = false;
  Digest digest;  ///< of what counts for "changed"; when `waits`, of what is known
  Digest beside;  ///< of the rest of what is recorded
};

/// Evaluates `task` of the model and reads the files that its inputs name, as far as these surroundings know. Mistakes
/// become diagnostics; then nothing.
std::optional<Resource> evaluate_resource(const Model&, TaskId task, const Surroundings&, Diagnostics&);

/// Evaluates `task` of the model in these surroundings, reads the files that its inputs name (through
/// `surroundings.file`
/// ), and computes the digest over type, version, account, inputs and files. Mistakes become diagnostics; then nothing.
std::optional<Inputs> evaluate_inputs(const Model&, TaskId task, const Surroundings& surroundings, const Sealer& sealer,
                                      Diagnostics&);

/// Of all of it.
Digest digest_of(const Inputs&);

/// The same digests of a recorded definition, for a record that is written without evaluating anything.
Digest digest_of(const Definition&, const TaskType&, const Sealer&);
/// And the one of Inputs::beside.
Digest beside_of(const Definition&, const TaskType&, const Sealer&);

/// Of `now` comes how to get into the account, where both are of one. In which region `then` was made stays known where
/// no account says it.
void take_over_account(Resource& then, const Resource& now);

/// `old` with everything taken from `now` that counts as no change: scripts for later, retry, timeout, how to get into
/// the account.
Definition redefined(Definition old, const Inputs& now, const Task&);

/// Does the task's condition hold? Nothing when it is not known yet.
std::optional<bool> evaluate_condition(const Model&, TaskId task, const Surroundings&, Diagnostics&);

/// What `run.` and now() give while planning: words that are always the same, so that they never count as a change.
Map planning_run();
std::string planning_now();

}  // namespace verba
