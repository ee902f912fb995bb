// SPDX-License-Identifier: Apache-2.0
// The passes of resolve() and what they share. Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "manifest/model.h"

namespace verba {

/// What may change in a model that is made, and what makes it quick.
struct VariableCache {
  /// What scripts of variables printed: each runs once for all tasks.
  std::unordered_map<const Manifest*, TextAnswer> scripts;
  /// Model::global_variables by name.
  std::unordered_map<std::string_view, const Map::Entry*> globals;
};

/// Manifests by kind and name; of two with the same name the first. Borrows them.
class ManifestIndex {
 public:
  explicit ManifestIndex(const std::vector<Manifest>&);

  /// `kind` may be the name of a family: "Account", "Authentication". (There is a kind Authentication as well: its
  /// family is what is meant.)
  const Manifest* find(std::string_view kind, std::string_view name) const;
  /// In order of reading.
  const std::vector<const Manifest*>& all(std::string_view kind) const;
  std::vector<std::string_view> names(std::string_view kind) const;

 private:
  struct OfKind {
    std::vector<const Manifest*> all;
    std::unordered_map<std::string_view, const Manifest*> by_name;
  };
  std::unordered_map<std::string_view, OfKind> kinds_;
};

bool in_scope(const Manifest&, std::string_view environment);
/// "it is in scope in test, production".
std::string scope_of_manifest(const Manifest&);

/// The environment and what it extends, nearest first. A circle ends where it closes.
std::vector<const Manifest*> environment_chain(const ManifestIndex&, std::string_view name);

/// Every name that any manifest gives a variable, in scope or not.
std::unordered_set<std::string_view> variable_names(const std::vector<Manifest>&);

/// A task as it is written, and what became of it in this environment.
struct Declared {
  enum class Fate : std::uint8_t { present, other_environments, condition, broken } fate = Fate::present;
  const Value* written = nullptr;
  bool loop = false;
  TaskId first = 0;  ///< the instances: [first, first + count)
  std::uint32_t count = 0;
};

/// What the passes of one resolve() share.
struct Resolution {
  const std::vector<Manifest>& manifests;
  const Surroundings& surroundings;
  const Catalogue& catalogue;
  const Sources& sources;
  const ManifestIndex& index;
  Diagnostics& diagnostics;
  Model model;
  std::unordered_set<std::string_view> known_variables;
  std::vector<const Manifest*> deployments = {};                              ///< beside model.deployments
  std::vector<std::unordered_map<std::string_view, Declared>> declared = {};  ///< beside model.deployments
};

/// What a deployment or a task gives its variables; none: an empty map.
Map written_variables(const Value& holder);

/// One finding with what we were doing.
void report(Diagnostics&, std::string_view code, std::string message, Where, std::string hint, std::string doing);

// The passes, in order.
bool resolve_environment(Resolution&, std::string_view name, const Map& command_line);  ///< false: there is no such
void resolve_accounts(Resolution&);
/// Those that have all of these labels (values are strings), by name.
std::vector<AccountId> accounts_with(const Model&, const Map& labels);
void resolve_deployments(Resolution&);
void resolve_tasks(Resolution&);
void resolve_moves(Resolution&);       ///< makes addresses of Task::moved_from
void resolve_references(Resolution&);  ///< checks what expressions and dependsOn name; fills Task::needs
void resolve_occasions(Resolution&);  ///< the order among tasks, update.tasks and delete.tasks; called by the one above
void resolve_login_secrets(Resolution&);  ///< checks whose secrets are needed to get into accounts (login_secrets.h)
void resolve_graph(Resolution&);

/// The value that `vars.NAME` has for a task (or, without one, for a deployment or the environment), not evaluated;
/// strongest first. `scripted`: it may be {from: ...}.
struct Effective {
  const Value* value = nullptr;
  Where where;
  bool scripted = false;
};
Effective effective_variable(const Model&, const Task*, const DeploymentScope*, std::string_view name);

/// Where a reference leads: the tasks that it needs, each once per reference.
struct Need {
  TaskId task = 0;
  Where where;
};
/// What the task `id` needs, with places; findings go to `diagnostics`. The pass over all tasks uses the same.
std::vector<Need> needs_of(Resolution&, TaskId id, Diagnostics& diagnostics);

}  // namespace verba
