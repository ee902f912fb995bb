// SPDX-License-Identifier: Apache-2.0
#include "cli/identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "cli/exit_code.h"
#include "plan/rollout.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr Milliseconds between_calls{5'000};
/// So many accounts with the same trouble are told of one by one.
constexpr std::size_t shown_alone = 5;

/// Does it name the account? A word in it may be spelt the same.
bool names(std::string_view why, const std::string& account) {
  return why.starts_with(account + ":") || why.find(" " + account + ":") != std::string_view::npos ||
         why.find("'" + account + "'") != std::string_view::npos;
}

/// Why one cannot get in, as it would be said of another account with the same trouble.
std::string without_names(const Identity& identity) {
  std::string reason = identity.why;
  const std::string host = identity.place.substr(identity.place.find('@') + 1);  // all of it where there is no @
  for (const std::string& name : {identity.account, identity.place, host, host.substr(0, host.find(' '))}) {
    for (std::size_t at = name.empty() ? std::string::npos : reason.find(name); at != std::string::npos;
         at = reason.find(name, at + 3)) {
      reason.replace(at, name.size(), "[*]");
    }
  }
  return reason;
}

/// Such a reason in words about all of them.
std::string about_all(std::string reason) {
  static constexpr std::string_view one = "[*]";
  static constexpr std::string_view and_place = " ([*])";
  auto at = reason.find(one);
  if (at == std::string::npos) return reason;
  const bool has_place = reason.compare(at + one.size(), and_place.size(), and_place) == 0;
  reason.replace(at, one.size() + (has_place ? and_place.size() : 0), "any of them");
  while ((at = reason.find(one)) != std::string::npos) reason.replace(at, one.size(), "...");
  return reason;
}

/// Calls something again and again while others wait.
class Meanwhile {
 public:
  Meanwhile(System& system, const std::function<void()>& call) : system_(system), call_(call) {
    if (call_) again();
  }
  ~Meanwhile() {
    if (timer_) system_.cancel(*timer_);
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

 private:
  void again() {
    timer_ = system_.after(between_calls, [this] {
      again();
      call_();
    });
  }
  System& system_;
  const std::function<void()>& call_;
  std::optional<TimerId> timer_;
};

/// Where tasks could not begin as things are. It is no reason to do nothing: another task may be about to change that.
void tell_lacking(Call& call, const std::vector<Identity>& identities) {
  std::map<std::string, std::vector<const Identity*>> lacking;
  for (const Identity& each : identities) {
    if (!each.lacks.empty()) lacking[each.lacks].push_back(&each);
  }
  for (const auto& [what, all] : lacking) {
    const std::string& first = all.front()->account;
    say(call, fmt::format("note: {}: {}",
                          all.size() == 1 ? printable(first)
                                          : fmt::format("{} accounts, {} to {}", all.size(), printable(first),
                                                        printable(all.back()->account)),
                          printable(what)));
  }
}

}  // namespace

Model& resolved(Call& call, const Surroundings& surroundings) {
  Project& project = load(call);
  const Map variables = command_line_variables(call.arguments.list("var"));
  Model& model = resolve(call, project, choose_environment(call, project), variables, surroundings);
  require(call, project);
  return model;
}

const Account& account_or_role(const Model& model, const std::string& name) {
  if (const auto role = model.environment.roles.find(name); role != model.environment.roles.end()) {
    return model.accounts[role->second];
  }
  if (const Account* account = find_account(model, name)) return *account;
  std::vector<std::string_view> known;
  std::string all;
  for (const Account& account : model.accounts) {
    known.push_back(account.name);
    all += (all.empty() ? "there are: " : ", ") + account.name;
  }
  std::string roles;
  for (const auto& [role, account] : model.environment.roles) {
    known.push_back(role);
    roles += (roles.empty() ? "; roles: " : ", ") + role;
  }
  all += roles;
  throw Error(Error::Kind::usage, "usage.unknown-account",
              fmt::format("environment '{}' has no account or role '{}'", model.environment.name, name),
              did_you_mean(name, known, all));
}

std::vector<Identity> identify(Call& call, Hosts& hosts, const std::vector<Account>& accounts,
                               const std::function<void()>& meanwhile) {
  Stop stop;
  call.system.on_interrupt([&stop] { stop.request(); });
  const Meanwhile calls(call.system, meanwhile);
  if (call.console.in_terminal) {
    hosts.on_question([&](const std::string& question) {
      call.console.err(question);
      return call.console.read_line(meanwhile);
    });
  }
  std::vector<Identity> answers = hosts.identify(accounts, stop);
  hosts.on_question({});
  call.system.on_interrupt({});
  if (stop.requested()) throw Interrupted{};
  return answers;
}

bool tell_unreachable(Call& call, const std::vector<Identity>& identities) {
  Diagnostics found;
  std::vector<std::pair<std::string, std::vector<const Identity*>>> reasons;  // in the order of the accounts
  std::unordered_map<std::string, std::size_t> known;
  for (const Identity& identity : identities) {
    if (identity.good) continue;
    std::string reason = without_names(identity);
    const auto [at, is_new] = known.emplace(reason, reasons.size());
    if (is_new) reasons.emplace_back(std::move(reason), std::vector<const Identity*>());
    reasons[at->second].second.push_back(&identity);
  }
  for (const auto& [reason, all] : reasons) {
    if (all.size() > shown_alone) {
      found.error("account.unreachable",
                  fmt::format("{} accounts, {} to {}: {}", all.size(), all.front()->account, all.back()->account,
                              about_all(reason)),
                  {}, all.front()->hint);
      continue;
    }
    for (const Identity* each : all) {
      const bool named = names(each->why, each->account);
      found.error("account.unreachable", named ? each->why : each->account + ": " + each->why, {}, each->hint);
    }
  }
  const Sources none;
  if (!found.empty()) call.console.err(render(found, none, call.err_style.colour));
  return !found.empty();
}

void require_identities(Call& call, Hosts& hosts, const std::vector<Account>& accounts, const Plan& plan,
                        const std::function<void()>& meanwhile) {
  if (accounts.empty()) return;
  std::vector<Identity> identities = identify(call, hosts, accounts, meanwhile);
  tell_lacking(call, identities);
  std::vector<std::string> missed;
  for (const Identity& each : identities) {
    if (!each.good && each.kind == "UnixInfrastructureAccount") missed.push_back(each.account);
  }
  const std::vector<std::string> others = spared(plan, missed);
  std::erase_if(identities, [&](const Identity& each) {
    const bool is_spared = !each.good && std::ranges::find(others, each.account) != others.end();
    if (is_spared)
      say(call,
          fmt::format("note: {} will fail, as its rollout allows: {}", printable(each.account), printable(each.why)));
    return is_spared;
  });
  if (!tell_unreachable(call, identities)) return;
  say(call, "Nothing was done.");
  throw Exit{kStepFailed};
}

}  // namespace verba
