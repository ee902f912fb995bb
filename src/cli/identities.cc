// SPDX-License-Identifier: Apache-2.0
#include "cli/identities.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "base/error.h"
#include "cli/exit_code.h"
#include "cli/troubles.h"
#include "plan/rollout.h"
#include "view/text/width.h"

namespace verba {
namespace {

constexpr Milliseconds between_calls{5'000};
constexpr Milliseconds between_looks{50};  ///< at what is being typed
/// After that it says that it is at it.
constexpr Milliseconds long_while{10'000};

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

/// Says once that it takes its time.
class Notice {
 public:
  Notice(Call& call, const std::vector<Account>& accounts) : system_(call.system) {
    timer_ = system_.after(long_while, [this, &call, &accounts] {
      timer_.reset();
      say(call, accounts.size() == 1 ? fmt::format("getting into {}", printable(accounts.front().name))
                                     : fmt::format("getting into {} accounts", accounts.size()));
    });
  }
  ~Notice() { withdraw(); }
  void withdraw() {
    if (timer_) system_.cancel(*timer_);
    timer_.reset();
  }
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

 private:
  System& system_;
  std::optional<TimerId> timer_;
};

/// Whoever sits at the terminal: one question at a time, while all else goes on.
class Person {
 public:
  /// `before_asking` is called then. After `all` was requested nobody is asked, whoever wants to know.
  Person(Call& call, Stop& all, std::function<void()> before_asking = {})
      : call_(call), all_(all), before_asking_(std::move(before_asking)) {}

  Async<std::optional<std::string>> ask(std::string question, Stop& stop) {
    const auto is_over = [&] { return stop.requested() || all_.requested(); };
    while (busy_ && !is_over()) {
      Async<bool> sleeping = sleep(call_.system, between_looks, stop);
      co_await sleeping;
    }
    if (is_over()) co_return std::nullopt;
    busy_ = true;
    if (before_asking_) before_asking_();
    call_.console.err(question);
    while (!is_over() && !call_.console.has_line()) {
      Async<bool> sleeping = sleep(call_.system, between_looks, stop);
      co_await sleeping;
    }
    std::optional<std::string> answer;
    if (!is_over()) answer = call_.console.read_line([] {});
    if (!answer) say(call_, "");
    busy_ = false;
    co_return answer;
  }

 private:
  Call& call_;
  Stop& all_;
  std::function<void()> before_asking_;
  bool busy_ = false;
};

/// Where tasks could not begin as things are. It is no reason to do nothing: another task may be about to change that.
void note_lacking(Call& call, const std::vector<Identity>& identities) {
  std::vector<Identity> lacking;
  for (const Identity& each : identities) {
    if (!each.lacks.empty()) lacking.emplace_back(each).why = each.lacks;
  }
  for (const Trouble& trouble : troubles_of(lacking)) say(call, "note: " + printable(trouble.text()));
}

/// What the plan can do without.
void note_spared(Call& call, const std::vector<Identity>& spared) {
  for (const Trouble& trouble : troubles_of(spared)) {
    say(call, fmt::format("note: {} will fail, as {} allows: {}", printable(trouble.who),
                          trouble.many ? "their rollout" : "its rollout", printable(trouble.why)));
  }
}

}  // namespace

struct CodesOfSecrets::Terminal {
  explicit Terminal(Call& call) : person(call, never) {}
  Stop never;
  Person person;
};

CodesOfSecrets::CodesOfSecrets(Call& call) : logins_(call.logins()) {
  if (!call.console.in_terminal) return;
  terminal_ = std::make_unique<Terminal>(call);
  logins_->on_question(
      [this](std::string question, Stop& stop) { return terminal_->person.ask(std::move(question), stop); });
}

CodesOfSecrets::~CodesOfSecrets() {
  if (terminal_) logins_->on_question({});
}

Model& resolved(Call& call, const Surroundings& surroundings) {
  Project& project = load(call);
  const Map variables = command_line_variables(call.arguments.list("var"));
  Model& model = resolve(call, project, choose_environment(call, project), variables, surroundings);
  require(call, project);
  return model;
}

const Account& require_account(const Model& model, const std::string& name) {
  auto found = account_or_role(model, name);
  if (const auto* account = std::get_if<const Account*>(&found)) return **account;
  NotFound& none = std::get<NotFound>(found);
  throw Error(Error::Kind::usage, "usage.unknown-account", std::move(none.message), std::move(none.hint));
}

std::vector<Identity> identify(Call& call, Hosts& hosts, const std::vector<Account>& accounts,
                               const std::function<void()>& meanwhile) {
  Stop stop;
  call.system.on_interrupt([&stop] { stop.request(); });
  const Meanwhile calls(call.system, meanwhile);
  Notice notice(call, accounts);
  Person person(call, stop, [&notice] { notice.withdraw(); });
  AwsLogins::Question before;
  if (call.console.in_terminal) {
    before =
        hosts.on_question([&person](std::string question, Stop& at) { return person.ask(std::move(question), at); });
  }
  std::vector<Identity> answers = hosts.identify(accounts, stop);
  hosts.on_question(std::move(before));
  call.system.on_interrupt({});
  if (stop.requested()) throw Interrupted{};
  return answers;
}

std::vector<Identity> identify_by_code(Call& call, Hosts& hosts, std::vector<Account> accounts,
                                       const std::function<void()>& meanwhile) {
  if (!call.console.in_terminal) return {};
  std::erase_if(accounts, [&](const Account& account) { return !hosts.asks_for_code(account); });
  if (accounts.empty()) return {};
  return identify(call, hosts, accounts, meanwhile);
}

bool tell_unreachable(Call& call, const std::vector<Identity>& identities) {
  std::vector<Identity> bad;
  std::ranges::copy_if(identities, std::back_inserter(bad), std::logical_not(), &Identity::good);
  Diagnostics found;
  for (Trouble& trouble : troubles_of(bad)) {
    found.error("account.unreachable", trouble.text(), {}, std::move(trouble.hint));
  }
  const Sources none;
  if (!found.empty()) call.console.err(render(found, none, call.err_style.colour));
  return !found.empty();
}

void note_unreachable(Call& call, const std::vector<Identity>& identities) {
  std::vector<Identity> bad;
  std::ranges::copy_if(identities, std::back_inserter(bad), std::logical_not(), &Identity::good);
  for (const Trouble& trouble : troubles_of(bad)) say(call, "note: " + printable(trouble.text()));
}

void require_identities(Call& call, Hosts& hosts, const std::vector<Account>& accounts, const Plan& plan,
                        const std::function<void()>& meanwhile) {
  if (accounts.empty()) return;
  std::vector<Identity> identities = identify(call, hosts, accounts, meanwhile);
  note_lacking(call, identities);
  std::vector<std::string> missed;
  for (const Identity& each : identities) {
    if (!each.good && each.kind == "UnixInfrastructureAccount") missed.push_back(each.account);
  }
  const std::vector<std::string> others = spared(plan, missed);
  const auto rest = std::ranges::stable_partition(identities, [&](const Identity& each) {
    return each.good || std::ranges::find(others, each.account) == others.end();
  });
  note_spared(call, {rest.begin(), rest.end()});
  identities.erase(rest.begin(), rest.end());
  if (!tell_unreachable(call, identities)) return;
  say(call, "Nothing was done.");
  throw Exit{kStepFailed};
}

}  // namespace verba
