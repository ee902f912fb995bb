// SPDX-License-Identifier: Apache-2.0
#include "cli/identities.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cli/exit_code.h"
#include "plan/rollout.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr Milliseconds between_calls{5'000};

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
  throw Error(Error::Kind::usage, "usage.unknown-account",
              fmt::format("environment '{}' has no account or role '{}'", model.environment.name, name),
              did_you_mean(name, known, all));
}

std::vector<Identity> identify(Call& call, Hosts& hosts, const std::vector<const Account*>& accounts,
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

/// Does it name the account? A word in it may be spelt the same.
static bool names(std::string_view why, const std::string& account) {
  return why.starts_with(account + ":") || why.find(" " + account + ":") != std::string_view::npos ||
         why.find("'" + account + "'") != std::string_view::npos;
}

bool tell_unreachable(Call& call, const std::vector<Identity>& identities) {
  Diagnostics found;
  for (const Identity& identity : identities) {
    if (identity.good) continue;
    found.error("account.unreachable",
                names(identity.why, identity.account) ? identity.why : identity.account + ": " + identity.why, {},
                identity.hint);
  }
  const Sources none;
  if (!found.empty()) call.console.err(render(found, none, call.err_style.colour));
  return !found.empty();
}

void require_identities(Call& call, Hosts& hosts, const std::vector<const Account*>& accounts, const Plan& plan,
                        const std::function<void()>& meanwhile) {
  if (accounts.empty()) return;
  std::vector<Identity> identities = identify(call, hosts, accounts, meanwhile);
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
