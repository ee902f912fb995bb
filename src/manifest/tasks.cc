// SPDX-License-Identifier: Apache-2.0
// Tasks in scope: conditions, loops, accounts, and all that a task says about itself.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/resolve.h"
#include "manifest/reuse.h"
#include "manifest/rollout.h"

namespace verba {
namespace {

bool flag(const Value& holder, std::string_view member) {
  const Value* value = holder.find(member);
  return value && value->is(Value::Kind::boolean) && value->boolean();
}

Retry retry_of(const Value& task) {
  Retry retry;
  const Value* written = task.find("retry");
  if (!written) return retry;
  if (const Value* attempts = written->find("attempts"); attempts && attempts->is(Value::Kind::integer)) {
    retry.attempts = static_cast<int>(std::clamp<std::int64_t>(attempts->integer(), 1, 1'000'000));
  }
  retry.delay = parse_duration(text_of(*written, "delay")).value_or(retry.delay);
  retry.max_delay = parse_duration(text_of(*written, "maxDelay")).value_or(retry.max_delay);
  if (const Value* backoff = written->find("backoff")) {
    if (backoff->is(Value::Kind::integer)) retry.backoff = static_cast<double>(backoff->integer());
    if (backoff->is(Value::Kind::real)) retry.backoff = backoff->real();
  }
  return retry;
}

Trigger trigger_of(const Value& task) {
  const std::string_view text = text_of(task, "trigger");
  if (text == "always") return Trigger::always;
  return text == "once" ? Trigger::once : Trigger::changed;
}

// What the task adds to a reused script: its maps grow by entries, all else is replaced.
void lay_over(const Value& more, Value& with) {
  if (!more.is_map() || !with.is_map()) return;
  for (const auto& [key, value] : more.map()) {
    Value* there = with.map().find(key.name);
    if (!there || !there->is_map() || !value.is_map()) {
      with.map().set(key, value);
      continue;
    }
    for (const auto& [inner_key, inner] : value.map()) there->map().set(inner_key, inner);
  }
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= 256 && std::all_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '[' && c != ']';
  });
}

// Makes the instances of one written task.
class TaskMaker {
 public:
  TaskMaker(Resolution& resolution, DeploymentId deployment)
      : resolution_(resolution),
        model_(resolution.model),
        id_(deployment),
        scope_(model_.deployments[deployment]),
        manifest_(*resolution.deployments[deployment]),
        deployment_account_(manifest_.spec.find("account")) {}

  void make(const Value& written, Occasion occasion) {
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

  /// After all tasks. The deployment's account that none of them asked for must exist somewhere all the same.
  void check_unused_account() {
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

 private:
  bool in_environment(const Value& written) const {
    const Value* environments = written.find("environments");
    if (!environments || !environments->is_list()) return true;
    return std::any_of(environments->list().begin(), environments->list().end(),
                       [&](const Value& name) { return name.is_string() && name.string() == model_.environment.name; });
  }

  // Made in place: a task is large, and there may be many.
  void single(const Value& written, const Value& name, Declared& declared) {
    if (!describe(written, name, model_.tasks.emplace_back())) {
      model_.tasks.pop_back();
      declared.fate = Declared::Fate::broken;
    } else if (!settle(written, declared) && declared.fate == Declared::Fate::present) {
      declared.fate = Declared::Fate::condition;
    }
  }

  void loop(const Value& written, const Value& name, Declared& declared) {
    Task prototype;
    if (!describe(written, name, prototype)) {
      declared.fate = Declared::Fate::broken;
      return;
    }
    scope_.loops.push_back(name.string());
    if (written.find("accounts")) {
      account_instances(prototype, written, declared);
    } else {
      instances(prototype, written, declared);
    }
  }

  // All that does not differ from instance to instance. False when the task is broken.
  bool describe(const Value& written, const Value& name, Task& task) {
    task.occasion = occasion_;
    if (!work(written, task.type, task.with, task.source)) return false;
    for (const Verb verb : all_verbs) {
      const Value* own = written.find(to_string(verb));
      if (!own || !own->is_map()) continue;
      Substitute& substitute = task.instead.emplace_back();
      substitute.verb = verb;
      std::shared_ptr<const Value> with;
      if (!work(*own, substitute.type, with, substitute.source)) return false;
      substitute.with = *with;
      if (own->find("retry")) substitute.retry = retry_of(*own);
      substitute.timeout = parse_duration(text_of(*own, "timeout"));
      if (substitute.type->on_demand) {
        error("manifest.wrong-type-here",
              fmt::format("a {} cannot stand for '{}' of a task", substitute.type->name, to_string(verb)), own->where,
              "make it a task of its own, which this one depends on", to_string(verb));
        return false;
      }
    }
    task.base_name = name.string();
    task.name = name.string();
    task.deployment = id_;
    task.where = name.where;
    task.variables = written_variables(written);
    task.trigger = trigger_of(written);
    task.temporary = flag(written, "temporary");
    task.protect = flag(written, "protect");
    if (task.temporary && task.protect) {
      resolution_.diagnostics.error(
          "manifest.temporary",
          fmt::format("task '{}' is temporary and protected: it could never be deleted", task.name),
          written.find("temporary")->where, "leave out one of the two");
    }
    if (task.temporary && task.type->on_demand) {
      resolution_.diagnostics.error(
          "manifest.temporary", fmt::format("task '{}' is temporary, but asks and leaves nothing to delete", task.name),
          written.find("temporary")->where, "leave it out");
    }
    task.idempotent = flag(written, "idempotent") || flag(*task.with, "idempotent");  // a script may say it itself
    if (task.type->on_demand) task.idempotent = true;
    task.retry = retry_of(written);
    task.timeout = parse_duration(text_of(written, "timeout"));
    task.on_failure = on_failure_named(text_of(written, "onFailure")).value_or(scope_.on_failure);
    return true;
  }

  /// What is written as `type` and `with`, or as `task`. False when it is broken.
  bool work(const Value& written, const TaskType*& type, std::shared_ptr<const Value>& with, SourceId& source) {
    source = manifest_.where.source;
    if (const Value* script = written.find("task")) {
      return script->is_string() && reuse(*script, written, type, with, source);
    }
    type = resolution_.catalogue.type(text_of(written, "type"));
    const Value* inputs = written.find("with");
    if (inputs && inputs->is_map()) {
      with = std::shared_ptr<const Value>(std::shared_ptr<const Value>(), inputs);  // borrowed from the manifest
    } else {
      with = std::make_shared<const Value>(Map{});
    }
    return type != nullptr;
  }

  bool reuse(const Value& name, const Value& written, const TaskType*& type, std::shared_ptr<const Value>& with,
             SourceId& source) {
    const Manifest* found = reused(name);
    type = found ? resolution_.catalogue.type(found->kind->task_type) : nullptr;
    if (!type) return false;
    Value together = found->spec;
    source = found->where.source;
    if (const Value* more = written.find("with")) lay_over(*more, together);
    const bool is_whole = std::ranges::all_of(type->inputs, [&](const Field& field) {
      if (!field.required || together.find(field.name)) return true;
      error("manifest.missing-field", fmt::format("'{}' is missing", field.name), name.where,
            fmt::format("add it to 'with', for example '{}: {}'", field.name, field.example), "task");
      return false;
    });
    with = std::make_shared<const Value>(std::move(together));
    return is_whole;
  }

  /// The manifest of that name; nothing, with a diagnostic, when it is not in scope.
  const Manifest* reused(const Value& name) {
    for (const auto* known : {&model_.scripts, &model_.templates}) {
      if (const auto found = known->find(name.string()); found != known->end()) return found->second;
    }
    for (const std::string_view kind : reused_kinds) {
      const Manifest* elsewhere = resolution_.index.find(kind, name.string());
      if (!elsewhere) continue;  // one that does not exist at all is told by check_names()
      error("manifest.out-of-scope",
            fmt::format("{} '{}' is not in scope in environment '{}'", kind, name.string(), model_.environment.name),
            name.where, scope_of_manifest(*elsewhere), "task");
    }
    return nullptr;
  }

  void instances(const Task& prototype, const Value& written, Declared& declared) {
    const Value& over = *written.find("forEach");
    model_.tasks.push_back(prototype);  // for the time of the evaluation: what 'vars' means is a matter of the task
    const auto items = evaluated(over, "forEach", "instances must be known before anything runs");
    model_.tasks.pop_back();
    if (!items) {
      declared.fate = Declared::Fate::broken;
      return;
    }
    if (items->is_map()) {
      for (const auto& [key, value] : items->map()) instance(prototype, written, declared, key.name, value, over.where);
    } else if (items->is_list()) {
      list_instances(prototype, items->list(), written, declared, over.where);
    } else {
      declared.fate = Declared::Fate::broken;
      error("manifest.wrong-type",
            fmt::format("'forEach' must give a list or a map, but gave {}", with_article(items->kind())), over.where,
            "write a list, a map, or an expression that gives one", "forEach");
    }
  }

  void list_instances(const Task& prototype, const List& items, const Value& written, Declared& declared, Where where) {
    const bool by_text = std::all_of(items.begin(), items.end(), [](const Value& item) { return item.is_string(); });
    std::unordered_set<std::string_view> keys;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!by_text) {
        instance(prototype, written, declared, std::to_string(i), items[i], where);
      } else if (keys.insert(items[i].string()).second) {
        instance(prototype, written, declared, items[i].string(), items[i], where);
      } else {
        error("manifest.duplicate-key", fmt::format("'forEach' has '{}' twice", items[i].string()),
              items[i].where ? items[i].where : where, "remove one: each item makes an instance of its own", "forEach");
      }
    }
  }

  /// What is written out was looked at when it was checked; what expressions give was not.
  static bool told(const Value* written) { return written && !written->is_expression(); }

  /// One in each account that is chosen.
  void account_instances(const Task& prototype, const Value& written, Declared& declared) {
    const Value& over = *written.find("accounts");
    model_.tasks.push_back(prototype);  // as for forEach
    const auto chosen = evaluated(over, "accounts", "instances must be known before anything runs");
    model_.tasks.pop_back();
    const Value* labels = chosen ? chosen->find("matchLabels") : nullptr;
    const bool sound = chosen && (chosen->is_list() || (labels && labels->is_map() && chosen->map().size() == 1));
    if (!sound) declared.fate = Declared::Fate::broken;
    const Value* written_labels = over.find("matchLabels");
    if (!sound && chosen && !(told(&over) && (!written_labels || told(written_labels)))) {
      error("manifest.wrong-type",
            fmt::format("'accounts' must give labels or a list of names, but gave {}", with_article(chosen->kind())),
            over.where, "write {matchLabels: {role: web}}, or [web-1, web-2]", "accounts");
    }
    if (!sound) return;
    if (labels) {
      labelled_instances(prototype, labels->map(), written, declared);
    } else {
      named_instances(prototype, chosen->list(), written, declared);
    }
  }

  void labelled_instances(const Task& prototype, const Map& labels, const Value& written, Declared& declared) {
    const Value& over = *written.find("accounts");
    const Where where = over.where;
    const Value* written_labels = over.find("matchLabels");
    if (labels.empty()) {
      declared.fate = Declared::Fate::broken;
      if (told(&over) && told(written_labels)) return;
      return error("manifest.bad-value", "'matchLabels' gave no label: every account would match", where,
                   "name at least one label, or name the accounts in a list", "accounts");
    }
    for (const auto& [name, value] : labels) {
      if (value.is_string()) continue;
      declared.fate = Declared::Fate::broken;
      if (written_labels && told(written_labels->find(name.name))) return;
      return error("manifest.wrong-type",
                   fmt::format("label '{}' must be a string, but is {}", name.name, with_article(value.kind())),
                   value.where ? value.where : where, "labels are texts: put it in quotes", "accounts");
    }
    const std::vector<AccountId> found = accounts_with(model_, labels);
    if (found.empty()) {
      warn_of_none(fmt::format("no account has these labels in environment '{}'", model_.environment.name), prototype,
                   where,
                   "labels stand in metadata.labels of accounts; `verba accounts list` shows which are in scope");
    }
    for (const AccountId account : found) {
      if (!account_instance(prototype, account, written, declared, where)) return;
    }
  }

  void warn_of_none(const std::string& why, const Task& prototype, Where where, std::string hint) {
    Diagnostic warning{Severity::warning, "manifest.no-account", {}, where, {}, std::move(hint), {}};
    warning.message = fmt::format("{}, so there is no '{}'", why, prototype.base_name);
    warning.trail.push_back({doing("accounts"), {}});
    resolution_.diagnostics.add(std::move(warning));
  }

  void named_instances(const Task& prototype, const List& names, const Value& written, Declared& declared) {
    const Value& over = *written.find("accounts");
    if (names.empty()) warn_of_none("'accounts' names none", prototype, over.where, "name accounts or roles in it");
    std::unordered_map<AccountId, std::string_view> known;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Value& name = names[i];
      const Where here = name.where ? name.where : over.where;
      if (!name.is_string()) {
        declared.fate = Declared::Fate::broken;
        if (over.is_list() && told(&over.list()[i])) continue;
        error("manifest.wrong-type",
              fmt::format("an account is named by a string, not by {}", with_article(name.kind())), here,
              "name an account or a role", "accounts");
        continue;
      }
      const auto account = account_named(name.string(), here, "accounts");
      if (!account) {
        declared.fate = Declared::Fate::broken;
        continue;
      }
      const auto [before, is_new] = known.emplace(*account, name.string());
      if (is_new) {
        account_instance(prototype, *account, written, declared, here);
        continue;
      }
      const bool same = before->second == name.string();
      error("manifest.duplicate-key",
            same ? fmt::format("'accounts' has '{}' twice", name.string())
                 : fmt::format("'{}' and '{}' are the same account", before->second, name.string()),
            here, "remove one: each account has an instance of its own", "accounts");
    }
  }

  /// False when the task cannot work there.
  bool account_instance(Task task, AccountId account, const Value& written, Declared& declared, Where where) {
    task.account = account;
    if (!fits(task, where, "accounts")) {
      declared.fate = Declared::Fate::broken;
      return false;
    }
    const Account& of = model_.accounts[account];
    instance(std::move(task), written, declared, of.name, Value(of.labels), where);
    return true;
  }

  void instance(Task task, const Value& written, Declared& declared, const std::string& key, const Value& value,
                Where where) {
    if (!is_key(key)) {
      return error("manifest.bad-value", fmt::format("'{}' cannot be the key of an instance", key), where,
                   "a key is not empty, has no brackets and no line ends", "forEach");
    }
    task.name = fmt::format("{}[{}]", task.base_name, key);
    task.each = std::make_shared<const std::pair<Value, Value>>(Value(key), value);
    model_.tasks.push_back(std::move(task));
    settle(written, declared);
  }

  // Finishes the task that was added last. False when it turns out not to be in scope; it is then taken away again.
  bool settle(const Value& written, Declared& declared) {
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

  bool account(const Value& written, TaskId id) {
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

  std::optional<AccountId> account_named(const std::string& name, Where where, std::string_view field) {
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

  static std::string known_accounts(const std::vector<std::string_view>& names) {
    constexpr std::size_t at_most = 20;
    if (names.size() <= at_most) return fmt::format("known: {}", fmt::join(names, ", "));
    return fmt::format("known: {} and {} more", fmt::join(names.begin(), names.begin() + at_most, ", "),
                       names.size() - at_most);
  }

  bool fits(const Task& task, Where where, std::string_view field) {
    const auto& kinds = task.type->accounts;
    const Account& account = model_.accounts[task.account];
    if (kinds.empty() || std::find(kinds.begin(), kinds.end(), account.kind->name) != kinds.end()) return true;
    error("manifest.wrong-account",
          fmt::format("a task of type {} cannot work in '{}', of kind {}", task.type->name, account.name,
                      account.kind->name),
          where, fmt::format("it needs one of kind {}", fmt::join(kinds, " or ")), field);
    return false;
  }

  bool condition(const Value& written, TaskId id) {
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
    error("manifest.wrong-type",
          fmt::format("'when' must give true or false, but gave {}", with_article(result->kind())), when->where,
          "compare with something, for example: vars.size > 3", "when");
    return true;
  }

  void group(const Value& written, TaskId id) {
    const Value* group = written.find("concurrencyGroup");
    if (!group) return;
    const auto name = evaluated(*group, "concurrencyGroup", "the group must be known before anything runs");
    if (name && name->is_string()) model_.tasks[id].concurrency_group = name->string();
  }

  // Of the task that was added last. Nothing after a mistake.
  std::optional<Value> evaluated(const Value& value, std::string_view field, std::string hint) {
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

  // Findings of an evaluation, until trail() passes them on.
  Diagnostics& mistakes() {
    found_ = Diagnostics();
    return found_;
  }

  void trail(std::string_view field) {
    for (Diagnostic finding : found_.all()) {
      finding.trail.push_back({doing(field), {}});
      resolution_.diagnostics.add(std::move(finding));
    }
    found_ = Diagnostics();
  }

  std::string doing(std::string_view field) const {
    if (!doing_) return fmt::format("resolving '{}' of Deployment '{}'", field, scope_.name);
    return fmt::format("resolving '{}' of task '{}.{}'", field, scope_.name, *doing_);
  }

  void error(std::string_view code, std::string message, Where where, std::string hint, std::string_view field) {
    report(resolution_.diagnostics, code, std::move(message), where, std::move(hint), doing(field));
  }

  Resolution& resolution_;
  Model& model_;
  const DeploymentId id_;
  DeploymentScope& scope_;
  const Manifest& manifest_;
  const Value* deployment_account_;
  Occasion occasion_ = Occasion::deploy;
  const std::string* doing_ = nullptr;  ///< the task's name; none: the deployment itself
  bool account_used_ = false;           ///< a task asked for deployment_account_
  Diagnostics found_;
};

}  // namespace

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
