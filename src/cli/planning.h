// SPDX-License-Identifier: Apache-2.0
// The passes from what was asked for to a plan.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/state_access.h"
#include "manifest/model.h"
#include "plan/plan.h"
#include "provider/mask.h"
#include "run/hosts.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// make_surroundings() with planning's own words for what is different in every run.
Surroundings planning_surroundings(Call&);

/// What the person asked for, on the command line or by a plan file.
struct Request {
  std::vector<Location> locations;
  std::optional<std::string> environment;  ///< nothing: -e, or the only one
  std::vector<std::string> variables;      ///< NAME=VALUE, as said
  std::string state;                       ///< path of the database
  Goal goal;
};

/// From the global flags; without targets.
Request request_of(Call&, Goal::Kind);
/// The words and --target.
std::vector<std::string> targets_of(Call&);

/// Everything at hand for one environment: the manifests resolved, the state open.
struct Desk {
  Project& project;
  Model& model;
  Surroundings surroundings;
  std::string state_path;
  std::unique_ptr<Store> store;
  Sealer sealer;
  std::vector<std::string> variables = {};  ///< as in the request
  std::unique_ptr<Hosts> hosts = {};        ///< see hosts_of
};

/// What must not be written down of what a person said: the secrets among --var, and what a task's type says is one.
SecretWords secrets_at_hand(const Desk&);

/// Of --var, as it was said: what may be written down, and the names of those that are secrets.
struct SaidVariables {
  std::vector<std::string> open, secret_names;
};
SaidVariables said_variables(const Desk&, const std::vector<std::string>& said);
/// Is "NAME=VALUE" for that name?
bool is_for(const std::string& said, const std::string& name);
/// Throws Error(usage) unless they are said: `what` ("run 3") was made with them and does not hold them.
void require_said_again(const std::vector<std::string>& secret_names, const std::vector<std::string>& said,
                        const std::string& what);

/// Where the commands of this desk run; made when first asked for, so that every account is got into once.
/// REQUIRES: the desk stays where it is from then on.
Hosts& hosts_of(Call&, Desk&);

/// Reads, checks and resolves what the request names; throws Exit when there are mistakes, all of them printed. Then
/// opens the state.
Desk open_desk(Call&, const Request&, StoreUse, KeyUse);

/// What the manifests say of the environment where state alone says what was, when there are some: how it is guarded
/// (its protection and the policies), and its accounts.
Model& model_at_hand(Call&, const std::string& environment);
/// A desk with such a model. `environment`: nothing is -e, or the only one that it knows.
Desk open_state_desk(Call&, std::optional<std::string> environment = std::nullopt);

/// A plan, and the records it was made from.
struct Planned {
  Snapshot snapshot;
  Plan plan;
};

/// Compares what is wanted with what is recorded now. Mistakes are printed, then Exit is thrown.
Planned plan_now(Call&, Desk&, const Goal&);

/// What the policies in scope say of it (plan/policies.h). For require(): a plan that is denied is not carried out.
Diagnostics judged(const Desk&, const Plan&);

/// judged(), and what the plan takes away though others hold on to it (plan/withdrawals.h): where it takes away
/// anything, AWS is asked. Codes of MFA are asked for before; `meanwhile`: see identify(). Where it cannot be told is
/// said.
Diagnostics judged_and_held(Call&, Desk&, const Planned&, const std::function<void()>& meanwhile = {});

/// Where runs keep what they need only while they last; beside the state.
std::string scratch_directory(Call&, const std::string& state_path);

/// Settles what interrupted runs left unknown in the deployments of the lease (run/recovery.h): waits for what is at
/// work still, asks where nobody can know. True when there was anything: records have changed then. Throws Exit, or
/// Error(provider), where nobody can say what became of a step.
bool settle(Call&, Desk&, const HeldLease&);

/// Locks what the plan touches and settles what an interrupted run left there; `planned` is made again
/// when state moved since. Locks more when the new plan touches more. Throws Exit in a freeze, and
/// where nobody can say what became of a step.
HeldLease lock_and_plan(Call&, Desk&, Planned&);

/// The sources that were read, for records and plan files: [{name, sha256, commit, branch}]; the latter two of Git
/// only.
Value sources_value(const Project&);
/// What was fetched, for records: [{location, commit, sha256}]; the commit of Git only.
Value locations_value(const Project&);
/// The same as lines to print before a plan; of a list as locations_value() makes it. Empty when all is local.
std::string locations_text(const Value&);

}  // namespace verba
