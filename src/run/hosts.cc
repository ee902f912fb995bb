// SPDX-License-Identifier: Apache-2.0
#include "run/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "manifest/aws_accounts.h"
#include "manifest/login_secrets.h"
#include "os/ssh/ssh_executor.h"
#include "plan/definition.h"
#include "plan/steps.h"
#include "provider/mask.h"
#include "run/inquiry.h"

namespace verba {
namespace {

constexpr Milliseconds identify_limit{60'000};
constexpr std::size_t identify_at_a_time = 32;
/// Says who one is on a machine, and whether a task could begin there, in the directory $1.
constexpr const char* who_and_whether =
    R"sh(echo "$(id -un) on $(uname -n)"; [ -z "$1" ] || cd -- "$1" 2>/dev/null || exit 3)sh";
constexpr int no_directory_code = 3;
/// One more than is presentable: what was cut is not shown, as its end may be half a secret.
constexpr std::size_t answer_bytes = 4097;

bool is_here(std::string_view kind) {
  return kind != "UnixInfrastructureAccount" && kind != "CloudInfrastructureAccount" && !is_aws(kind);
}

/// The first mistake, thrown.
void require_none(const Diagnostics& diagnostics, const Account& account) {
  for (const Diagnostic& finding : diagnostics.all()) {
    if (finding.severity != Severity::error) continue;
    throw Error(Error::Kind::provider, "account.credentials",
                fmt::format("the credentials of {}: {}", account.name, finding.message), finding.hint);
  }
}

/// The first line of what a command said, as people may see it.
std::string first_line(const std::string& said, const SecretWords& secrets) {
  const std::string text = presentable(said, secrets);
  return text.substr(0, text.find('\n'));
}

}  // namespace

Hosts::Hosts(System& system, const Model& model, const Surroundings& surroundings)
    : system_(system),
      model_(model),
      surroundings_(surroundings),
      connections_(system),
      here_(system, operators_environment(system)),
      logins_(surroundings.logins ? surroundings.logins : std::make_shared<AwsLogins>(system)) {
  logins_->on_secret([this](const Value& secret) { keep(secret); });
}

Hosts::~Hosts() {
  logins_->on_secret({});
}

void Hosts::on_secret(std::function<void(const Value&)> keep) {
  keep_secret_ = std::move(keep);
  if (!keep_secret_) return;
  for (const Value& secret : secrets_) keep_secret_(secret);
}

void Hosts::keep(const Value& secret) {
  secrets_.push_back(secret);
  if (keep_secret_) keep_secret_(secret);
}

AwsLogins::Question Hosts::on_question(AwsLogins::Question ask) {
  return logins_->on_question(std::move(ask));
}

bool Hosts::asks_for_code(const Account& account) {
  if (is_aws(account.kind->name) && logins_->asks_for_code(aws_whereabouts(account).login)) return true;
  Diagnostics told_when_getting_in;
  const std::vector<LoginSecret> secrets = login_secrets(model_, account, surroundings_, told_when_getting_in);
  return std::ranges::any_of(secrets, [this](const LoginSecret& secret) {
    return secret.account != nullptr ? asks_for_code(*secret.account) : logins_->asks_for_code(AwsLogin());
  });
}

Account Hosts::account_of(const Resource& resource) const {
  const Account* account = find_account(model_, resource.account);
  Account then = described_account(resource.account, resource.account_kind, resource.account_spec);
  if (account == nullptr || moved_by(then, *account) == "accountId") return then;
  Account now = *account;
  if (is_aws(now.kind->name) && is_aws(resource.account_kind)) {
    const std::string region = written_spot(then).region;
    if (!region.empty() && written_spot(now).region != region) now.spec.map().set("region", region);
  }
  return now;
}

Executor& Hosts::of(const Resource& resource) {
  if (is_here(resource.account_kind)) return here_;
  if (const auto known = others_.find(resource.account); known != others_.end()) return *known->second;
  return of(account_of(resource));
}

AwsAccount* Hosts::aws(const Resource& resource) {
  if (!is_aws(resource.account_kind)) return nullptr;
  const Account account = account_of(resource);
  if (is_aws(account.kind->name)) return &aws_host(account).account;
  // The name means something else now.
  return &aws_host(described_account(resource.account, resource.account_kind, resource.account_spec)).account;
}

std::string Hosts::key_of(const Account& account) {
  const auto [account_id, region] = written_spot(account);
  return fmt::format("{}\n{}\n{}", account.name, account_id, region);
}

std::string Hosts::region(const Resource& resource) const {
  if (!is_aws(resource.account_kind)) return {};
  const auto known = aws_.find(key_of(account_of(resource)));
  return known == aws_.end() ? "" : known->second->account.region();
}

Hosts::AwsHost& Hosts::aws_host(const Account& account) {
  const std::string key = key_of(account);
  if (const auto known = aws_.find(key); known != aws_.end()) return *known->second;
  Diagnostics mistakes;
  std::optional<AwsPlace> place = aws_place(model_, account, surroundings_, mistakes);
  require_none(mistakes, account);
  auto made = std::make_unique<AwsHost>(*logins_, *std::move(place), here_);
  return *aws_.emplace(key, std::move(made)).first->second;
}

Executor& Hosts::of(const Account& account) {
  if (is_here(account.kind->name)) return here_;
  if (is_aws(account.kind->name)) return aws_host(account).executor;
  if (const auto known = others_.find(account.name); known != others_.end()) return *known->second;
  std::unique_ptr<Executor> made = make(account);  // may throw
  return *others_.emplace(account.name, std::move(made)).first->second;
}

std::unique_ptr<Executor> Hosts::make(const Account& account) {
  Diagnostics mistakes;
  if (account.kind->name == "UnixInfrastructureAccount") {
    std::shared_ptr<const SshTarget> target = ssh_target(model_, account, surroundings_, mistakes);
    require_none(mistakes, account);
    for (const SshTarget* at = target.get(); at != nullptr; at = at->jump.get()) {
      Value secret = at->secret;
      make_secret(secret);
      keep(secret);
    }
    UnixPlace place = unix_place(account);
    return std::make_unique<SshExecutor>(system_, connections_, std::move(target),
                                         SshPlace{std::move(place.work_directory), std::move(place.become)});
  }
  const std::optional<Map> variables = tool_variables(model_, account, surroundings_, mistakes);
  require_none(mistakes, account);
  Variables base = operators_environment(system_);
  const Map& more = variables ? *variables : Map();
  for (const auto& [key, value] : more) {
    keep(value);
    std::erase_if(base, [&](const auto& variable) { return variable.first == key.name; });
    base.emplace_back(key.name, value.string());
  }
  return std::make_unique<LocalExecutor>(system_, std::move(base));
}

std::size_t Hosts::limit(const std::string& name) const {
  const Account* account = find_account(model_, name);
  return account != nullptr ? concurrency_of(*account) : 0;
}

/// By asking STS.
Async<Identity> Hosts::ask_aws(Account account, Stop& stop) {
  Identity identity{account.name, std::string(account.kind->name), place_of(account), false, {}, {}, {}};
  try {
    Async<AwsIdentity> asking = aws_host(account).account.identify(stop);
    AwsIdentity who = co_await asking;
    identity.good = who.good;
    identity.who = std::move(who.arn);
    identity.why = std::move(who.why);
    identity.hint = std::move(who.hint);
  } catch (const Error& error) {
    identity.why = error.diagnostic().message;
    identity.hint = error.diagnostic().hint;
  }
  co_return identity;
}

/// By a command that says it: on a machine `id` and `uname`, in a cloud what `identity` is.
Async<Identity> Hosts::ask(const Account& account, Stop& stop) {
  Identity identity{account.name, std::string(account.kind->name), {}, false, {}, {}, {}};
  if (is_aws(account.kind->name)) {
    Async<Identity> asking = ask_aws(account, stop);
    identity = co_await asking;
    co_return identity;
  }
  const bool is_unix = account.kind->name == "UnixInfrastructureAccount";
  if (is_unix) identity.place = place_of(account);
  const Value* command = account.spec.find("identity");
  if (is_here(account.kind->name) || (!is_unix && (command == nullptr || !command->is_string()))) {
    identity.good = true;
    co_return identity;
  }
  try {
    Executor& executor = of(account);
    Work work;
    const std::string begins_in = is_unix ? executor.directory_for("", "") : "";
    work.argv = {"sh", "-c", is_unix ? who_and_whether : command->string()};
    if (is_unix) work.argv.insert(work.argv.end(), {"sh", begins_in});
    work.directory = is_unix ? std::string() : system_.absolute(".");
    RunOptions options;
    options.timeout = identify_limit;
    options.capture_bytes = answer_bytes;
    std::string complaint;
    options.sink = [&complaint](Stream stream, std::string_view bytes) {
      if (stream == Stream::error) complaint += bytes.substr(0, answer_bytes - complaint.size());
    };
    Async<WorkDone> asking = executor.run(std::move(work), stop, std::move(options));
    WorkDone done = co_await asking;
    const bool has_answered = done.doubt.empty() && done.finished.why == Ended::itself;
    const bool no_directory = is_unix && has_answered && done.finished.status.code == no_directory_code;
    if (no_directory) identity.lacks = fmt::format("cannot enter the directory '{}'", begins_in);
    identity.good = has_answered && (done.finished.status.success() || no_directory);
    identity.who = std::move(done.finished.output);
    if (!identity.good) {
      identity.why = !done.doubt.empty()                   ? done.doubt
                     : done.finished.why == Ended::timeout ? "it took longer than " + to_string(identify_limit)
                     : complaint.empty()                   ? fmt::format("exit code {}", done.finished.status.code)
                                                           : complaint;
    }
  } catch (const Error& error) {
    identity.why = error.diagnostic().message;
    identity.hint = error.diagnostic().hint;
  }
  co_return identity;
}

std::vector<Identity> Hosts::identify(const std::vector<Account>& accounts, Stop& stop) {
  std::vector<Identity> answers(accounts.size());
  std::vector<Background> asking(accounts.size());
  std::size_t next = 0;
  std::size_t under_way = 0;
  std::exception_ptr broken;
  while (next < accounts.size() || under_way > 0) {
    while (next < accounts.size() && under_way < identify_at_a_time) {
      const std::size_t at = next++;
      ++under_way;
      asking[at] = start<Identity>(ask(accounts[at], stop), [&, at](Result<Identity> result) {
        --under_way;
        if (result.index() == 0) answers[at] = std::get<0>(std::move(result));
        if (result.index() == 1) broken = std::get<1>(result);
      });
    }
    if (under_way > 0) system_.poll();
  }
  if (broken) std::rethrow_exception(broken);
  SecretWords secrets;  // all that are known by now: what one account says may hold those of another
  for (const Value& secret : secrets_) secrets.add(secret);
  for (Identity& each : answers) {
    for (std::string* text : {&each.who, &each.why, &each.hint}) *text = first_line(*text, secrets);
  }
  return answers;
}

namespace {

/// What was recorded last of an account.
struct Latest {
  std::optional<Instant> updated;
  std::optional<Digest> definition;  ///< in which it is recorded
};

void note_latest(const Record& record, Latest& latest) {
  const std::optional<Digest> made = made_of(record);
  if (made && (!latest.updated || record.updated > *latest.updated)) latest = {record.updated, made};
}

/// As the model says; of those that it does not know, as was recorded. This machine is not among them.
std::vector<Account> as_known(const std::map<std::string, Latest>& names, const Model& model, Store& store) {
  std::vector<Account> accounts;
  for (const auto& [name, latest] : names) {
    const Account* known = find_account(model, name);
    std::optional<Account> account = known != nullptr    ? std::optional(*known)
                                     : latest.definition ? account_of_then(store, *latest.definition)
                                                         : std::nullopt;
    if (account && !is_here(account->kind->name)) accounts.push_back(*std::move(account));
  }
  return accounts;
}

}  // namespace

std::vector<Account> accounts_of(const std::vector<const Record*>& records, const Model& model, Store& store) {
  std::map<std::string, Latest> names;
  for (const Record* record : records) note_latest(*record, names[record->account]);
  return as_known(names, model, store);
}

std::vector<Account> accounts_of(const Plan& plan, const Model& model, const Snapshot& snapshot, Store& store) {
  std::map<std::string, Latest> names;
  for (const Step& step : plan.steps) {
    if (step.only_recorded || is_only_forgotten(step)) continue;
    Latest& latest = names[step.account];
    if (!latest.definition) latest.definition = step.restores;
  }
  for (const Record& record : snapshot.records) {
    if (const auto latest = names.find(record.account); latest != names.end()) note_latest(record, latest->second);
  }
  return as_known(names, model, store);
}

}  // namespace verba
