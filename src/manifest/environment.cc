// SPDX-License-Identifier: Apache-2.0
// The environment: what it extends, its variables, its accounts and roles.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/accounts.h"
#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/protection.h"
#include "manifest/resolve.h"
#include "value/expr.h"

namespace verba {
namespace {

void add_names(const Value* variables, std::unordered_set<std::string_view>& names) {
  if (!variables || !variables->is_map()) return;
  for (const auto& entry : variables->map()) names.insert(entry.first.name);
}

// What is there already is nearer, and stays.
void merge(const Value* more, Map& into) {
  if (!more || !more->is_map()) return;
  std::unordered_set<std::string> there;
  for (const auto& entry : into) there.insert(entry.first.name);
  for (const auto& [key, value] : more->map()) {
    if (there.insert(key.name).second) into.append(key, value);
  }
}

void global_variables(Resolution& resolution) {
  Model& model = resolution.model;
  std::unordered_map<std::string_view, Where> first;
  for (const Manifest* manifest : resolution.index.all("Variables")) {
    const Value* values = manifest->spec.find("values");
    if (!in_scope(*manifest, model.environment.name) || !values || !values->is_map()) continue;
    for (const auto& [key, value] : values->map()) {
      const auto [known, is_new] = first.emplace(key.name, key.where);
      if (is_new) {
        model.global_variables.append(key, value);
        continue;
      }
      resolution.diagnostics.add({Severity::error,
                                  "manifest.duplicate-variable",
                                  fmt::format("two Variables manifests give '{}' a value in environment '{}'", key.name,
                                              model.environment.name),
                                  key.where,
                                  {},
                                  "remove one, or give them different 'environments'",
                                  {{"first given here", known->second}}});
    }
  }
  for (const auto& entry : model.global_variables) model.cache->globals.emplace(entry.first.name, &entry);
}

/// Is it a secret by what it is made of?
bool makes_secret(const Value& declared) {
  if (const Value* from = declared.find("from"); from && from->find("secret")) return true;
  std::vector<WorldCall> calls;
  collect_world_calls(declared, calls);
  return std::ranges::find(calls, "secret", &WorldCall::function) != calls.end();
}

/// Does any manifest declare the variable as a secret? Then so is what takes its place.
bool is_declared_secret(const std::vector<Manifest>& manifests, std::string_view name) {
  const auto in = [name](const Value& holder) {
    for (const std::string_view field : {"values", "variables"}) {
      const Value* variables = holder.find(field);
      const Value* declared = variables ? variables->find(name) : nullptr;
      if (declared && makes_secret(*declared)) return true;
    }
    return false;
  };
  return std::ranges::any_of(manifests, [&](const Manifest& manifest) {
    if (in(manifest.spec)) return true;
    if (manifest.kind != &deployment_kind()) return false;
    return std::ranges::any_of(
        all_occasions, [&](Occasion occasion) { return std::ranges::any_of(tasks_of(manifest.spec, occasion), in); });
  });
}

void command_line_variables(Resolution& resolution, const Map& variables) {
  for (const auto& [key, value] : variables) {
    if (resolution.known_variables.contains(key.name)) continue;
    std::vector<std::string_view> names(resolution.known_variables.begin(), resolution.known_variables.end());
    std::sort(names.begin(), names.end());
    resolution.diagnostics.error("manifest.unknown-variable",
                                 fmt::format("no manifest has a variable '{}' to be set from outside", key.name),
                                 key.where,
                                 did_you_mean(key.name, names,
                                              "variables are those of Variables, Environment, "
                                              "Deployment and task"));
  }
  resolution.model.command_line_variables = variables;
  for (auto& [key, value] : resolution.model.command_line_variables) {
    if (is_declared_secret(resolution.manifests, key.name)) make_secret(value);
  }
}

std::optional<AccountId> account_named(const Model& model, std::string_view name) {
  for (AccountId id = 0; id < model.accounts.size(); ++id) {
    if (model.accounts[id].name == name) return id;
  }
  return std::nullopt;
}

/// What can be known of a spec before anybody gets in.
void evaluate_spec(Resolution& resolution, const Kind& kind, std::string_view name, Value& spec) {
  const Scope scope = scope_of_environment(resolution.model, resolution.surroundings);
  const std::string what = fmt::format("{} '{}'", kind.name, name);
  for (const Field& field : kind.fields) {
    const Value* value = field.expressions && !field.secret ? spec.find(field.name) : nullptr;
    if (!value || value->is_string()) continue;
    const Where where = value->where;
    auto result = evaluate(*value, scope, resolution.diagnostics);
    if (result && !result->is_string()) {
      report(resolution.diagnostics, "manifest.wrong-type",
             fmt::format("'{}' must be a string, but is {}", field.name, with_article(result->kind())), where,
             "write one, or an expression that gives one", "resolving " + what);
    } else if (result && has_secret(*result)) {
      report(resolution.diagnostics, "manifest.secret-here",
             fmt::format("'{}' cannot be a secret: it is shown everywhere", field.name), where,
             "use a value that may be seen", "resolving " + what);
    } else if (result) {
      result->where = where;
      spec.map().set(field.name, *std::move(result));
      continue;
    }
    spec.map().erase(field.name);  // so that it adds no noise
  }
}

/// The authentication that a field of a manifest names; nothing when it needs none. `way`: the manifests that led here.
std::optional<Authentication> authentication_of(Resolution& resolution, const Manifest& manifest,
                                                std::string_view field, std::vector<const Manifest*> way = {}) {
  const Value* name = manifest.spec.find(field);
  if (!name || !name->is_string() || name->string() == "no-auth") return std::nullopt;
  const Manifest* found = resolution.index.find("Authentication", name->string());
  if (!found) return std::nullopt;  // told by check_names()
  const std::string doing = fmt::format("resolving '{}' of {} '{}'", field, manifest.kind->name, manifest.name);
  if (!in_scope(*found, resolution.model.environment.name)) {
    report(resolution.diagnostics, "manifest.out-of-scope",
           fmt::format("{} '{}' is not in scope in environment '{}'", found->kind->name, name->string(),
                       resolution.model.environment.name),
           name->where, scope_of_manifest(*found), doing);
    return std::nullopt;
  }
  way.push_back(&manifest);
  if (const auto seen = std::ranges::find(way, found); seen != way.end()) {
    std::string names;
    for (auto at = seen; at != way.end(); ++at) names += (*at)->name + " -> ";
    report(resolution.diagnostics, "manifest.cycle",
           "these take on their roles from one another: " + names + found->name, name->where,
           "one of them has to get in by itself", doing);
    return std::nullopt;
  }
  Authentication authentication{found->name, found->kind, found->spec, found->directory};
  evaluate_spec(resolution, *found->kind, found->name, authentication.spec);
  if (auto source = authentication_of(resolution, *found, "source", std::move(way))) {
    authentication.source = std::make_shared<const Authentication>(*std::move(source));
  }
  return authentication;
}

void roles(Resolution& resolution) {
  Model& model = resolution.model;
  for (const Manifest* environment : environment_chain(resolution.index, model.environment.name)) {
    const Value* accounts = environment->spec.find("accounts");
    if (!accounts || !accounts->is_map()) continue;
    for (const auto& [role, account] : accounts->map()) {
      if (!account.is_string() || model.environment.roles.contains(role.name)) continue;
      if (const auto id = account_named(model, account.string())) {
        model.environment.roles.emplace(role.name, *id);
      } else if (const Manifest* found = resolution.index.find("Account", account.string())) {
        report(
            resolution.diagnostics, "manifest.out-of-scope",
            fmt::format("account '{}' is not in scope in environment '{}'", account.string(), model.environment.name),
            account.where, scope_of_manifest(*found),
            fmt::format("resolving role '{}' of Environment '{}'", role.name, environment->name));
      }
    }
  }
}

}  // namespace

std::unordered_set<std::string_view> variable_names(const std::vector<Manifest>& manifests) {
  std::unordered_set<std::string_view> names;
  for (const Manifest& manifest : manifests) {
    if (manifest.kind == &variables_kind()) add_names(manifest.spec.find("values"), names);
    add_names(manifest.spec.find("variables"), names);
    if (manifest.kind != &deployment_kind()) continue;
    for (const Occasion occasion : all_occasions) {
      for (const Value& task : tasks_of(manifest.spec, occasion)) add_names(task.find("variables"), names);
    }
  }
  return names;
}

std::vector<const Manifest*> environment_chain(const ManifestIndex& index, std::string_view name) {
  std::vector<const Manifest*> chain;
  const Manifest* at = index.find("Environment", name);
  while (at && std::find(chain.begin(), chain.end(), at) == chain.end()) {
    chain.push_back(at);
    const std::string_view next = text_of(at->spec, "extends");
    at = next.empty() ? nullptr : index.find("Environment", next);
  }
  return chain;
}

std::vector<std::string> environment_names(const std::vector<Manifest>& manifests) {
  std::vector<std::string> names;
  for (const Manifest& manifest : manifests) {
    if (manifest.kind == &environment_kind() && !manifest.name.empty()) names.push_back(manifest.name);
    // In that version they exist by being named.
    if (manifest.alpha) names.insert(names.end(), manifest.environments.begin(), manifest.environments.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty()) names.emplace_back("default");
  return names;
}

bool resolve_environment(Resolution& resolution, std::string_view name, const Map& command_line) {
  const auto names = environment_names(resolution.manifests);
  if (!std::binary_search(names.begin(), names.end(), name)) {
    const std::vector<std::string_view> views(names.begin(), names.end());
    resolution.diagnostics.error("manifest.unknown-environment", fmt::format("there is no environment '{}'", name), {},
                                 did_you_mean(name, views, fmt::format("known: {}", fmt::join(names, ", "))));
    return false;
  }
  EnvironmentScope& environment = resolution.model.environment;
  environment.name = name;
  for (const Manifest* manifest : environment_chain(resolution.index, name)) {
    merge(manifest->spec.find("variables"), environment.variables);
    const Value labels = manifest->labels;
    merge(&labels, environment.labels);
    const Value* protection = manifest->spec.find("protection");
    if (protection && environment.protection.is_null()) environment.protection = *protection;
  }
  protection_of(environment.protection, resolution.diagnostics);  // says what is wrong with it
  command_line_variables(resolution, command_line);
  global_variables(resolution);
  return true;
}

std::vector<AccountId> accounts_with(const Model& model, const Map& labels) {
  const auto has_all = [&](const Account& account) {
    return std::ranges::all_of(labels, [&](const Map::Entry& wanted) {
      const Value* label = account.labels.find(wanted.first.name);
      return label && label->is_string() && label->string() == wanted.second.string();
    });
  };
  std::vector<AccountId> found;
  for (AccountId id = 0; id < model.accounts.size(); ++id) {
    if (has_all(model.accounts[id])) found.push_back(id);
  }
  std::ranges::sort(found, {}, [&](AccountId id) { return std::string_view(model.accounts[id].name); });
  return found;
}

void resolve_accounts(Resolution& resolution) {
  Model& model = resolution.model;
  model.accounts.push_back({"deployment-host", &infrastructure_account_kind(), Value(Map{}), {}, {}});
  auto manifests = resolution.index.all("Account");
  std::sort(manifests.begin(), manifests.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  for (const Manifest* manifest : manifests) {
    if (!in_scope(*manifest, model.environment.name)) continue;
    if (account_named(model, manifest->name) && manifest->name != "deployment-host") continue;
    Account account{manifest->name,
                    manifest->kind,
                    manifest->spec,
                    manifest->where,
                    authentication_of(resolution, *manifest, "authentication"),
                    manifest->labels};
    evaluate_spec(resolution, *account.kind, account.name, account.spec);
    if (manifest->name == "deployment-host") {  // whatever kind it is written as, it is this machine
      account.kind = &infrastructure_account_kind();
      account.authentication.reset();
      model.accounts.front() = std::move(account);
    } else {
      model.accounts.push_back(std::move(account));
    }
  }
  for (const Account& account : model.accounts) check_account(model, account, resolution.diagnostics);
  roles(resolution);
}

}  // namespace verba
