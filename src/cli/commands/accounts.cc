// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/identities.h"
#include "cli/planning.h"
#include "cli/surroundings.h"
#include "view/text/table.h"

namespace verba {
namespace {

/// Which roles of the environment mean the account.
std::vector<std::string> roles_of(const Model& model, AccountId id) {
  std::vector<std::string> roles;
  for (const auto& [role, account] : model.environment.roles) {
    if (account == id) roles.push_back(role);
  }
  return roles;
}

Value account_value(const Model& model, AccountId id) {
  const Account& account = model.accounts[id];
  Map map;
  map.append({"account", {}}, account.name);
  map.append({"kind", {}}, account.kind->name);
  map.append({"authentication", {}}, account.authentication ? Value(account.authentication->name) : Value());
  const std::string place = place_of(account);
  map.append({"place", {}}, place.empty() ? Value() : Value(place));
  List roles;
  for (std::string& role : roles_of(model, id)) roles.emplace_back(std::move(role));
  map.append({"roles", {}}, std::move(roles));
  map.append({"labels", {}}, account.labels);
  return Value(std::move(map));
}

/// Those that were named, or all.
std::vector<const Account*> chosen(const Model& model, const std::vector<std::string>& words) {
  std::vector<const Account*> accounts;
  for (const Account& account : model.accounts) {
    if (words.size() < 2) accounts.push_back(&account);
  }
  for (std::size_t i = 1; i < words.size(); ++i) accounts.push_back(&require_account(model, words[i]));
  return accounts;
}

int list(Call& call, const Model& model, Format format) {
  std::vector<AccountId> ids;
  for (const Account* account : chosen(model, call.arguments.words())) {
    ids.push_back(static_cast<AccountId>(account - model.accounts.data()));
  }
  if (format != Format::text) {
    List accounts;
    for (const AccountId id : ids) accounts.push_back(account_value(model, id));
    Map answer;
    answer.append({"environment", {}}, model.environment.name);
    answer.append({"accounts", {}}, std::move(accounts));
    print(call, format, Value(std::move(answer)));
    return kDone;
  }
  Table table({"ACCOUNT", "KIND", "AUTHENTICATION", "PLACE", "ROLES"});
  for (const AccountId id : ids) {
    const Account& account = model.accounts[id];
    const std::string place = place_of(account);
    table.add({account.name, std::string(account.kind->name),
               account.authentication ? account.authentication->name : "-", place.empty() ? "-" : place,
               fmt::format("{}", fmt::join(roles_of(model, id), ", "))});
  }
  print(call, table.text(call.out_style));
  return kDone;
}

Value identity_value(const Identity& identity) {
  Map map;
  map.append({"account", {}}, identity.account);
  map.append({"kind", {}}, identity.kind);
  map.append({"good", {}}, identity.good);
  map.append({"who", {}}, identity.who);
  if (!identity.good) map.append({"why", {}}, identity.why);
  if (!identity.good) map.append({"hint", {}}, identity.hint);
  return Value(std::move(map));
}

int test(Call& call, const Model& model, const Surroundings& surroundings, Format format) {
  Hosts hosts(call.system, model, surroundings);
  std::vector<Account> asked;
  for (const Account* account : chosen(model, call.arguments.words())) asked.push_back(*account);
  std::vector<Identity> identities = identify(call, hosts, asked);
  for (Identity& each : identities) {
    if (each.lacks.empty()) continue;
    each.good = false;
    each.why = each.lacks;
    each.hint = "it is the account's `workDirectory`: make it, or write another one";
  }
  const bool good = std::ranges::all_of(identities, &Identity::good);
  if (format != Format::text) {
    List list;
    for (const Identity& identity : identities) list.push_back(identity_value(identity));
    Map answer;
    answer.append({"environment", {}}, model.environment.name);
    answer.append({"accounts", {}}, std::move(list));
    print(call, format, Value(std::move(answer)));
    return good ? kDone : kStepFailed;
  }
  Table table({"ACCOUNT", "KIND", "", "WHO"});
  for (const Identity& identity : identities) {
    table.add({identity.account, identity.kind, identity.good ? "ok" : "bad", identity.good ? identity.who : "-"});
  }
  print(call, table.text(call.out_style));
  tell_unreachable(call, identities);
  return good ? kDone : kStepFailed;
}

int accounts(Call& call) {
  const Format format = format_of(call);
  const std::string& action = call.arguments.words().front();
  if (action != "list" && action != "test") {
    throw Error(Error::Kind::usage, "usage.action", "verba accounts cannot '" + action + "'",
                did_you_mean(action, {"list", "test"}, "it can: list, test"));
  }
  const Surroundings surroundings = planning_surroundings(call);
  const Model& model = resolved(call, surroundings);
  return action == "list" ? list(call, model, format) : test(call, model, surroundings, format);
}

}  // namespace

CommandRow accounts_command() {
  return {
      .name = "accounts",
      .group = "Look",
      .summary = "the accounts of an environment, and who one is in them",
      .positionals = {{.name = "list|test", .required = true, .completes = Completes::words, .words = {"list", "test"}},
                      {.name = "ACCOUNT", .repeats = true}},
      .looks_at_systems = true,
      .function = accounts};
}

}  // namespace verba
