// SPDX-License-Identifier: Apache-2.0
// Every manifest with its names resolved for one environment. Immutable once made; references are ids.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "aws/place.h"
#include "base/diagnostic.h"
#include "base/instant.h"
#include "graph/graph.h"
#include "manifest/manifest.h"
#include "manifest/occasion.h"
#include "manifest/verb.h"
#include "os/large_file.h"
#include "value/expr.h"
#include "value/value.h"

namespace verba {

class AwsLogins;

using TaskId = std::uint32_t;
using DeploymentId = std::uint32_t;
using AccountId = std::uint32_t;

enum class Trigger : std::uint8_t { changed, always, once };
enum class OnFailure : std::uint8_t { rollback, stop, keep_going };  ///< YAML: rollback, stop, continue
std::string_view to_string(OnFailure);
std::optional<OnFailure> on_failure_named(std::string_view word);

struct Retry {
  int attempts = 1;
  Milliseconds delay{0};
  double backoff = 1;
  Milliseconds max_delay{60'000};
};

/// How to get into an account. In `spec` here and there expressions are evaluated, but for those of secret fields: they
/// are asked for when somebody gets in (manifest/accounts.h).
struct Authentication {
  std::string name;
  const Kind* kind = nullptr;
  Value spec;
  std::string directory;                              ///< of its manifest
  std::shared_ptr<const Authentication> source = {};  ///< what takes on the role, of an AwsAssumeRoleAuthentication
};

struct Account {
  std::string name;
  const Kind* kind = nullptr;
  Value spec;
  Where where;
  std::optional<Authentication> authentication = {};
  Map labels = {};
};

/// How many instances of one task are worked on at a time.
struct RolloutRules {
  std::size_t batch = 1;         ///< so many at a time; of a percentage: of all its instances, rounded up
  std::size_t max_failures = 0;  ///< so many may fail, in all, before the rollout stops
  Where where;
};

/// What is done in the place of something that the task's own provider would do: a task without a name.
struct Substitute {
  Verb verb = Verb::update;
  const TaskType* type = nullptr;
  Value with;
  std::optional<Retry> retry;           ///< of its own; else the task's
  std::optional<Milliseconds> timeout;  ///< likewise
  SourceId source = 0;
};

/// One thing to bring about; an instance, when written with forEach or accounts.
struct Task {
  std::string name;       ///< "site", or "motd[web-1]"
  std::string base_name;  ///< without the key
  std::string address;    ///< "website.site"
  DeploymentId deployment = 0;
  const TaskType* type = nullptr;
  AccountId account = 0;
  std::shared_ptr<const Value> with;                    ///< checked against type->inputs; not evaluated; never null
  Map variables;                                        ///< the task's own
  std::shared_ptr<const std::pair<Value, Value>> each;  ///< each.key, each.value; null of a single task
  std::shared_ptr<const Template> when;  ///< only when it waits for outputs; decided when the task is ready
  Trigger trigger = Trigger::changed;
  bool temporary = false;
  bool protect = false;
  bool idempotent = false;
  Retry retry;
  std::optional<Milliseconds> timeout;
  OnFailure on_failure = OnFailure::rollback;
  Occasion occasion = Occasion::deploy;
  std::vector<Substitute> instead;
  std::string concurrency_group;
  std::optional<RolloutRules> rollout;  ///< the same in all instances
  std::vector<std::string> moved_from;  ///< its addresses before; the first where something is recorded counts
  std::vector<TaskId> needs;            ///< whose end it waits for inside and outside its deployment; ascending
  SourceId source = 0;                  ///< of the text that its inputs are from: see Model::directory_of
  Where where;                          ///< of its name

  bool asks() const { return type->on_demand && occasion == Occasion::deploy; }
  /// Done only when something that needs it has something to do.
  bool is_called_up() const { return temporary || asks(); }
};

/// How a deployment is rolled back.
struct RollbackRules {
  bool whole_run = false;  ///< YAML: scope: run. All that the run did is undone, not only what it did here
  Milliseconds delay{0};   ///< how long to wait before it begins
};

struct DeploymentScope {
  std::string name;
  std::vector<DeploymentId> needs;                 ///< dependsOn, all in scope; ascending
  std::vector<TaskId> tasks;                       ///< by occasion, then in order of writing; ids follow one another
  std::array<std::vector<TaskId>, 4> by_occasion;  ///< the same
  std::vector<std::string> loops;  ///< names of the tasks with instances, sorted; one may have none at all
  Map variables;
  OnFailure on_failure = OnFailure::rollback;
  RollbackRules rollback;
  Value spec;  ///< the checked spec but for `tasks`, for what has no member here
  std::string directory;
  Where where;

  const std::vector<TaskId>& on(Occasion occasion) const { return by_occasion[static_cast<std::size_t>(occasion)]; }
};

struct EnvironmentScope {
  std::string name = "default";
  Map labels;
  Map variables;  ///< of it and all it extends, nearest first taken
  std::map<std::string, AccountId> roles;
  Value protection;  ///< null when none
};

struct VariableCache;  // what scripts of variables printed; private to scope.cc

/// Borrows the manifests and the catalogue. Can be moved, not copied: `by_address` points into `tasks`.
/// Nodes of `graph`: the tasks (0..tasks-1), then for each deployment a begin gate and an end gate
/// (tasks + 2d, tasks + 2d + 1), so that `dependsOn` between deployments costs few edges.
struct Model {
  Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  EnvironmentScope environment;
  std::vector<Account> accounts;             ///< [0] is deployment-host
  std::vector<DeploymentScope> deployments;  ///< sorted by name
  std::vector<Task> tasks;                   ///< by deployment, then in order of writing
  Map global_variables;                      ///< of all Variables manifests in scope
  Map command_line_variables;                ///< --var: strongest of all
  Graph graph;

  NodeId begin_of(DeploymentId d) const { return static_cast<NodeId>(tasks.size() + 2 * std::size_t{d}); }
  NodeId end_of(DeploymentId d) const { return begin_of(d) + 1; }
  const Task* task(std::string_view address) const;
  std::optional<DeploymentId> deployment(std::string_view name) const;

  std::unordered_map<std::string_view, TaskId> by_address;
  std::unordered_map<std::string_view, const Manifest*> scripts;    ///< the ShellScript manifests in scope
  std::unordered_map<std::string_view, const Manifest*> templates;  ///< the InfrastructureTemplate manifests in scope
  std::vector<const Manifest*> policies;                            ///< the Policy manifests in scope, by name
  std::vector<std::string> directories;  ///< by SourceId: what relative paths in that text start from; absolute
  /// What relative paths in a task's inputs start from.
  const std::string& directory_of(const Task& task) const { return directories.at(task.source); }
  std::shared_ptr<VariableCache> cache;  ///< never null
  /// By text from Git: one of its manifests, which knows the commit.
  std::unordered_map<SourceId, const Manifest*> from_git;
};

/// A file as it is: any bytes.
struct RawFile {
  std::string inner;  ///< its path in the directory that was asked for; "": it is what was asked for
  std::string content;
  bool executable = false;
};

/// What secret() wants.
struct SecretQuestion {
  std::string reference;  ///< "env:NAME"
  std::string directory;  ///< what relative paths in it start from
  Where where = {};
  const Account* account = nullptr;  ///< of AWS, by which it is asked for (aws/secret_name.h); null: none is named
  /// How one gets into that account. Its own secrets are asked for here: call it as late as can be.
  std::function<std::variant<AwsPlace, NotFound>()> place = {};
};

/// What expressions may ask of the world while a model is made or a task's inputs are evaluated. Borrowed.
struct Surroundings {
  std::function<std::variant<std::string, NotFound>(const std::string& path)> file;  ///< absolute path
  /// A file, or all files of a directory, sorted. What a link leads to must be in the directory, too.
  std::function<std::variant<std::vector<RawFile>, NotFound>(const std::string& path)> raw;  ///< absolute path
  /// A file that is too large for `file`; nothing: it is not that large, or cannot be read.
  std::function<std::optional<LargeFile>(const std::string& path)> large;  ///< absolute path
  std::function<TextAnswer(const SecretQuestion&)> secret;
  /// The credentials of AWS with which its secrets are asked for, for others to share; null: there are none.
  std::shared_ptr<AwsLogins> logins;
  /// Of an account of AWS that is written no region: the one it has on this machine; "": none.
  std::function<std::string(const Account&)> region;
  std::function<std::optional<Value>(const std::string& name)> variable;  ///< env.X: a text, or Unknown
  /// A `Variables` value that comes from a ShellScript: runs it, gives its trimmed standard output.
  std::function<TextAnswer(const Manifest& script)> script;
  std::function<std::string()> now;
  /// run.{id,started,reason}; while planning: stable words, so that they never count as a change.
  Map run;
  /// The outputs of a task: a map, Unknown while they wait, or nothing when the task is not deployed.
  std::function<std::optional<Value>(TaskId)> outputs;
};

/// The environments that are written (sorted), or {"default"} when none is.
std::vector<std::string> environment_names(const std::vector<Manifest>&);

/// Resolves everything for one environment: scoping by metadata.environments and task environments, `extends`,
/// variables, accounts and roles, `when`, `forEach`, dependsOn, references inside expressions (through variables too),
/// task names that are reused scripts or templates (`task: NAME`), the graph and its cycles (the whole cycle with the
/// place of each edge). `variables` are those of the command line (they must be known to some manifest:
/// "manifest.unknown-variable" else). `outputs` of surroundings is not used here.
/// Every mistake becomes a diagnostic, unless `diagnostics` has the very same already (of another environment); with
/// errors the model is not to be used. Linear in the size of the manifests.
Model resolve(const std::vector<Manifest>& manifests, std::string_view environment, const Map& variables,
              const Surroundings&, const Catalogue&, const Sources&, Diagnostics&);

/// Names, uniqueness, references between manifests that do not depend on an environment. Once for all environments.
void check_names(const std::vector<Manifest>&, const Catalogue&, const Sources&, Diagnostics&);

/// What the expressions of one task see. Borrows the model and the surroundings; cheap to make. Variables are worked
/// out when they are read, once per Scope. While `surroundings.outputs` is empty all outputs are Unknown.
Scope scope_of(const Model&, TaskId, const Surroundings&);
/// What expressions of accounts and authentications see: vars, env, environment; files and secrets.
Scope scope_of_environment(const Model&, const Surroundings&);

}  // namespace verba
