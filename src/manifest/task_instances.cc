// SPDX-License-Identifier: Apache-2.0
// The instances of a task with forEach or accounts.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "manifest/names.h"
#include "manifest/task_maker.h"

namespace verba {
namespace {

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= 256 && std::all_of(key.begin(), key.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '[' && c != ']';
  });
}

/// What is written out was looked at when it was checked; what expressions give was not.
bool told(const Value* written) {
  return written && !written->is_expression();
}

}  // namespace

void TaskMaker::loop(const Value& written, const Value& name, Declared& declared) {
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

void TaskMaker::instances(const Task& prototype, const Value& written, Declared& declared) {
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

void TaskMaker::list_instances(const Task& prototype, const List& items, const Value& written, Declared& declared,
                               Where where) {
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

void TaskMaker::account_instances(const Task& prototype, const Value& written, Declared& declared) {
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

void TaskMaker::labelled_instances(const Task& prototype, const Map& labels, const Value& written, Declared& declared) {
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
                 where, "labels stand in metadata.labels of accounts; `verba accounts list` shows which are in scope");
  }
  for (const AccountId account : found) {
    if (!account_instance(prototype, account, written, declared, where)) return;
  }
}

void TaskMaker::warn_of_none(const std::string& why, const Task& prototype, Where where, std::string hint) {
  Diagnostic warning{Severity::warning, "manifest.no-account", {}, where, {}, std::move(hint), {}};
  warning.message = fmt::format("{}, so there is no '{}'", why, prototype.base_name);
  warning.trail.push_back({doing("accounts"), {}});
  resolution_.diagnostics.add(std::move(warning));
}

void TaskMaker::named_instances(const Task& prototype, const List& names, const Value& written, Declared& declared) {
  const Value& over = *written.find("accounts");
  if (names.empty()) warn_of_none("'accounts' names none", prototype, over.where, "name accounts or roles in it");
  std::unordered_map<AccountId, std::string_view> known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Value& name = names[i];
    const Where here = name.where ? name.where : over.where;
    if (!name.is_string()) {
      declared.fate = Declared::Fate::broken;
      if (over.is_list() && told(&over.list()[i])) continue;
      error("manifest.wrong-type", fmt::format("an account is named by a string, not by {}", with_article(name.kind())),
            here, "name an account or a role", "accounts");
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

bool TaskMaker::account_instance(Task task, AccountId account, const Value& written, Declared& declared, Where where) {
  task.account = account;
  if (!fits(task, where, "accounts")) {
    declared.fate = Declared::Fate::broken;
    return false;
  }
  const Account& of = model_.accounts[account];
  instance(std::move(task), written, declared, of.name, Value(of.labels), where);
  return true;
}

void TaskMaker::instance(Task task, const Value& written, Declared& declared, const std::string& key,
                         const Value& value, Where where) {
  if (!is_key(key)) {
    return error("manifest.bad-value", fmt::format("'{}' cannot be the key of an instance", key), where,
                 "a key is not empty, has no brackets and no line ends", "forEach");
  }
  task.name = fmt::format("{}[{}]", task.base_name, key);
  task.each = std::make_shared<const std::pair<Value, Value>>(Value(key), value);
  model_.tasks.push_back(std::move(task));
  settle(written, declared);
}

}  // namespace verba
