// SPDX-License-Identifier: Apache-2.0
// Tasks in scope: their environments, accounts, conditions and groups.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/resolve.h"
#include "manifest/rollout.h"
#include "manifest/task_maker.h"

namespace verba {
namespace {

std::string known_accounts(const std::vector<std::string_view>& names) {
  constexpr std::size_t at_most = 20;
  if (names.size() <= at_most) return fmt::format("known: {}", fmt::join(names, ", "));
  return fmt::format("known: {} and {} more", fmt::join(names.begin(), names.begin() + at_most, ", "),
                     names.size() - at_most);
}

}  // namespace

TaskMaker::TaskMaker(Resolution& resolution, DeploymentId deployment)
    : resolution_(resolution),
      model_(resolution.model),
      id_(deployment),
      scope_(model_.deployments[deployment]),
      manifest_(*resolution.deployments[deployment]),
      deployment_account_(manifest_.spec.find("account")) {}

void TaskMaker::make(const Value& written, Occasion occasion) {
  occasion_ = occasion;
  const Value* name = written.find("name");
  if (!name || !name->is_string()) return;
  auto [place, is_new] = resolution_.declared[id_].try_emplace(name->string());
  if (!is_new) return;
  Declared& declared = place->second;
  declared.written = &written;
  declared.loop = written.find("forEach") || written.find("accounts");
  declared.first = static_cast<TaskId>(model_.tasks.size());
  if (!in_environment(written)) {
    declared.fate = Declared::Fate::other_environments;
    return;
  }
  doing_ = &name->string();
  if (declared.loop) {
    loop(written, *name, declared);
  } else {
    single(written, *name, declared);
  }
  declared.count = static_cast<std::uint32_t>(model_.tasks.size()) - declared.first;
  const Value* rollout = written.find("rollout");
  if (!rollout || !rollout->is_map()) return;
  const RolloutRules rules = rollout_rules(*rollout, declared.count);
  for (TaskId id = declared.first; id < model_.tasks.size(); ++id) model_.tasks[id].rollout = rules;
}

void TaskMaker::check_unused_account() {
  if (!deployment_account_ || !deployment_account_->is_string() || account_used_) return;
  const std::string& name = deployment_account_->string();
  const auto names_role = [&](const Manifest* environment) {
    const Value* accounts = environment->spec.find("accounts");
    return accounts && accounts->find(name);
  };
  if (resolution_.index.find("Account", name) ||
      std::ranges::any_of(resolution_.index.all("Environment"), names_role)) {
    return;
  }
  doing_ = nullptr;
  account_named(name, deployment_account_->where, "account");
}

bool TaskMaker::in_environment(const Value& written) const {
  const Value* environments = written.find("environments");
  if (!environments || !environments->is_list()) return true;
  return std::any_of(environments->list().begin(), environments->list().end(),
                     [&](const Value& name) { return name.is_string() && name.string() == model_.environment.name; });
}

// Made in place: a task is large, and there may be many.
void TaskMaker::single(const Value& written, const Value& name, Declared& declared) {
  if (!describe(written, name, model_.tasks.emplace_back())) {
    model_.tasks.pop_back();
    declared.fate = Declared::Fate::broken;
  } else if (!settle(written, declared) && declared.fate == Declared::Fate::present) {
    declared.fate = Declared::Fate::condition;
  }
}

bool TaskMaker::settle(const Value& written, Declared& declared) {
  const auto id = static_cast<TaskId>(model_.tasks.size() - 1);
  Task& task = model_.tasks.back();
  task.address.reserve(scope_.name.size() + 1 + task.name.size());
  task.address.append(scope_.name).append(1, '.').append(task.name);
  if (!account(written, id)) declared.fate = Declared::Fate::broken;
  if (!condition(written, id)) {
    model_.tasks.pop_back();
    return false;
  }
  group(written, id);
  scope_.tasks.push_back(id);
  scope_.by_occasion[static_cast<std::size_t>(occasion_)].push_back(id);
  return true;
}

bool TaskMaker::account(const Value& written, TaskId id) {
  if (written.find("accounts")) return true;  // it has one
  const Value* own = written.find("account");
  const Value* account = own ? own : deployment_account_;
  account_used_ = account_used_ || !own;
  if (account) {
    const auto name = evaluated(*account, "account", "the account must be known before anything runs");
    if (!name) return false;
    if (!name->is_string()) {
      error("manifest.wrong-type", fmt::format("'account' must be a string, but is {}", with_article(name->kind())),
            account->where, "name an account or a role", "account");
      return false;
    }
    const auto found = account_named(name->string(), account->where, "account");
    if (!found) return false;
    model_.tasks[id].account = *found;
  }
  return fits(model_.tasks[id], account ? account->where : model_.tasks[id].where, "account");
}

std::optional<AccountId> TaskMaker::account_named(const std::string& name, Where where, std::string_view field) {
  const auto role = model_.environment.roles.find(name);
  if (role != model_.environment.roles.end()) return role->second;
  std::vector<std::string_view> known;
  for (AccountId id = 0; id < model_.accounts.size(); ++id) {
    if (model_.accounts[id].name == name) return id;
    known.push_back(model_.accounts[id].name);
  }
  for (const auto& entry : model_.environment.roles) known.push_back(entry.first);
  if (const Manifest* elsewhere = resolution_.index.find("Account", name)) {
    error("manifest.out-of-scope",
          fmt::format("account '{}' is not in scope in environment '{}'", name, model_.environment.name), where,
          scope_of_manifest(*elsewhere), field);
  } else {
    error("manifest.unknown-account",
          fmt::format("environment '{}' has no account or role '{}'", model_.environment.name, name), where,
          did_you_mean(name, known, known_accounts(known)), field);
  }
  return std::nullopt;
}

bool TaskMaker::fits(const Task& task, Where where, std::string_view field) {
  const auto& kinds = task.type->accounts;
  const Account& account = model_.accounts[task.account];
  if (kinds.empty() || std::find(kinds.begin(), kinds.end(), account.kind->name) != kinds.end()) return true;
  error("manifest.wrong-account",
        fmt::format("a task of type {} cannot work in '{}', of kind {}", task.type->name, account.name,
                    account.kind->name),
        where, fmt::format("it needs one of kind {}", fmt::join(kinds, " or ")), field);
  return false;
}

bool TaskMaker::condition(const Value& written, TaskId id) {
  const Value* when = written.find("when");
  if (!when || when->is_null()) return true;
  if (when->is(Value::Kind::boolean)) return when->boolean();
  if (!when->is_expression()) return true;
  const auto result = evaluate(when->expression(), scope_of(model_, id, resolution_.surroundings), mistakes());
  trail("when");
  if (!result) return true;
  if (result->is_unknown() && (occasion_ == Occasion::update || occasion_ == Occasion::rollback)) {
    error("manifest.waits-for-outputs",
          fmt::format("'when' of a task of {}.tasks cannot wait for outputs of other tasks", to_string(occasion_)),
          when->where, "whether it acts must be known before; its script may look itself", "when");
    return true;
  }
  if (result->is_unknown()) {
    model_.tasks[id].when = std::make_shared<const Template>(when->expression());
    return true;
  }
  if (result->is(Value::Kind::boolean)) return result->boolean();
  error("manifest.wrong-type", fmt::format("'when' must give true or false, but gave {}", with_article(result->kind())),
        when->where, "compare with something, for example: vars.size > 3", "when");
  return true;
}

void TaskMaker::group(const Value& written, TaskId id) {
  const Value* group = written.find("concurrencyGroup");
  if (!group) return;
  const auto name = evaluated(*group, "concurrencyGroup", "the group must be known before anything runs");
  if (name && name->is_string()) model_.tasks[id].concurrency_group = name->string();
}

std::optional<Value> TaskMaker::evaluated(const Value& value, std::string_view field, std::string hint) {
  if (value.is_string()) return value;
  const auto id = static_cast<TaskId>(model_.tasks.size() - 1);
  auto result = evaluate(value, scope_of(model_, id, resolution_.surroundings), mistakes());
  trail(field);
  if (!result) return std::nullopt;
  if (has_unknown(*result)) {
    error("manifest.waits-for-outputs", fmt::format("'{}' cannot wait for the outputs of other tasks", field),
          value.where, std::move(hint), field);
    return std::nullopt;
  }
  if (has_secret(*result)) {
    error("manifest.secret-here", fmt::format("'{}' cannot be a secret: it is shown everywhere", field), value.where,
          "use a value that may be seen", field);
    return std::nullopt;
  }
  return result;
}

Diagnostics& TaskMaker::mistakes() {
  found_ = Diagnostics();
  return found_;
}

void TaskMaker::trail(std::string_view field) {
  for (Diagnostic finding : found_.all()) {
    finding.trail.push_back({doing(field), {}});
    resolution_.diagnostics.add(std::move(finding));
  }
  found_ = Diagnostics();
}

std::string TaskMaker::doing(std::string_view field) const {
  if (!doing_) return fmt::format("resolving '{}' of Deployment '{}'", field, scope_.name);
  return fmt::format("resolving '{}' of task '{}.{}'", field, scope_.name, *doing_);
}

void TaskMaker::error(std::string_view code, std::string message, Where where, std::string hint,
                      std::string_view field) {
  report(resolution_.diagnostics, code, std::move(message), where, std::move(hint), doing(field));
}

void resolve_tasks(Resolution& resolution) {
  Model& model = resolution.model;
  std::size_t written = 0;
  for (const Manifest* manifest : resolution.deployments) written += tasks_of(manifest->spec).size();
  model.tasks.reserve(written);
  resolution.declared.resize(model.deployments.size());
  for (DeploymentId id = 0; id < model.deployments.size(); ++id) {
    const Value& spec = resolution.deployments[id]->spec;
    resolution.declared[id].reserve(tasks_of(spec).size());
    TaskMaker maker(resolution, id);
    for (const Occasion occasion : all_occasions) {
      for (const Value& task : tasks_of(spec, occasion)) maker.make(task, occasion);
    }
    maker.check_unused_account();
    auto& loops = model.deployments[id].loops;
    std::sort(loops.begin(), loops.end());
  }
  model.by_address.reserve(model.tasks.size());
  for (TaskId id = 0; id < model.tasks.size(); ++id) model.by_address.emplace(model.tasks[id].address, id);
}

}  // namespace verba
