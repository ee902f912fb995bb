// SPDX-License-Identifier: Apache-2.0
#include "manifest/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "manifest/aws_accounts.h"
#include "manifest/kinds/kinds.h"
#include "manifest/names.h"

namespace verba {
namespace {

std::string home_of(const Surroundings& surroundings) {
  const std::optional<Value> home = surroundings.variable("HOME");
  return home && home->is_string() ? home->string() : "~";
}

constexpr std::size_t jumps_at_most = 8;

/// user@host, host:port and [address]:port taken apart.
struct HostText {
  std::string user;
  std::string host;
  int port = 0;
  bool sound = true;
};

HostText host_text(std::string_view text, bool with_port) {
  HostText parts;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    parts.user = text.substr(0, at);
    parts.sound = is_login_name(parts.user);
    text.remove_prefix(at + 1);
  }
  const bool brackets = text.starts_with('[');
  const std::size_t end = brackets ? text.find(']') : text.find(':');
  // More than one colon, and no brackets: an address of IPv6 alone.
  if (with_port && end != std::string_view::npos && (brackets || text.find(':', end + 1) == std::string_view::npos)) {
    const std::string_view rest = text.substr(brackets ? end + 1 : end);
    if (!rest.empty()) {
      const char* const last = rest.data() + rest.size();
      const auto read = std::from_chars(rest.data() + 1, last, parts.port);
      parts.sound = parts.sound && rest.front() == ':' && read.ec == std::errc() && read.ptr == last &&
                    parts.port > 0 && parts.port < 65536;
    }
    text = brackets ? text.substr(1, end - 1) : text.substr(0, end);
  }
  parts.host = text;
  parts.sound = parts.sound && is_host(parts.host);
  return parts;
}

/// The host and the user, by what is written and by names.
HostText host_of(const Account& account) {
  HostText parts = host_text(account.name, false);
  if (account.authentication) {
    const HostText named = host_text(account.authentication->name, false);
    parts.user = named.user;
    parts.host = named.host;
  }
  if (const Value* written = account.spec.find("host"); written && written->is_string()) {
    parts.host = written->string();
    if (!account.authentication) parts.user.clear();
  }
  if (const Value* port = account.spec.find("port"); port && port->is(Value::Kind::integer)) {
    parts.port = static_cast<int>(std::clamp<std::int64_t>(port->integer(), 0, 65536));
  }
  return parts;
}

SshTarget target_of(const HostText& parts, std::string name) {
  SshTarget target;
  target.name = std::move(name);
  target.host = parts.host;
  target.user = parts.user;
  target.port = parts.port;
  return target;
}

bool is_host_key(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  const std::string_view data = text.substr(blank + 1, text.find(' ', blank + 1) - blank - 1);
  return data.size() > 16 && data.starts_with("AAAA") && !has_control(text);
}

class AccountChecker {
 public:
  AccountChecker(const Model& model, const Account& account, Diagnostics& diagnostics)
      : model_(model), account_(account), diagnostics_(diagnostics) {}

  void run() {
    const HostText parts = host_of(account_);
    const Value* host = account_.spec.find("host");
    if (std::ranges::count(parts.host, ':') == 1) {  // of IPv6 there are more
      error(host, fmt::format("'{}' is a host and a port", parts.host), "write the port in `port`");
    } else if (!is_host(parts.host)) {
      error(host, fmt::format("'{}' cannot be the name of a host", parts.host),
            "a host's name is made of letters, digits, '-', '.' and ':', and does not begin with '-'");
    }
    if (!parts.user.empty() && !is_login_name(parts.user)) {
      error(host, fmt::format("'{}' cannot be the name of a user", parts.user), "it is what stands before the '@'");
    }
    if (parts.port > 65535) error(account_.spec.find("port"), "a port is at most 65535", "sshd's own is 22");
    text("become", is_login_name, "cannot be the name of a user", "name the user, for example: root");
    text("hostKey", is_host_key, "is no public key",
         "write its type and its data, as in known_hosts: ssh-ed25519 AAAA...");
    text(
        "workDirectory",
        [](std::string_view path) { return !path.empty() && !has_control(path) && !path.starts_with('~'); },
        "is no path", "name a directory of that machine; without a / before it, it is one of the home directory");
    key_file();
    jumps();
  }

 private:
  template <class Is>
  void text(std::string_view field, Is is, std::string_view what, std::string hint) {
    const Value* value = account_.spec.find(field);
    if (!value || !value->is_string() || is(std::string_view(value->string()))) return;
    error(value, fmt::format("'{}' {}", value->string(), what), std::move(hint));
  }

  void key_file() {
    if (!account_.authentication) return;
    const Value* path = account_.authentication->spec.find("privateKeyPath");
    if (!path || !path->is_string()) return;
    const std::string& name = path->string();
    const bool sound = !name.empty() && !has_control(name) && name.find('"') == std::string::npos;
    if (!sound) error(path, fmt::format("'{}' is no path of a key", path->string()), "name the file with the key");
  }

  void jumps() {
    const Account* at = &account_;
    std::string way = account_.name;
    for (std::size_t count = 0; count < jumps_at_most; ++count) {
      const Value* jump = at->spec.find("proxyJump");
      if (!jump || !jump->is_string()) return;
      const Account* next = find_account(model_, jump->string());
      if (!next) {
        if (!host_text(jump->string(), true).sound) {
          error(jump, fmt::format("'{}' is neither an account nor a host", jump->string()),
                "write the name of a UnixInfrastructureAccount, or [user@]host[:port]");
        }
        return;
      }
      way += " -> " + next->name;
      if (next->kind != &unix_account_kind()) {
        return error(jump, fmt::format("'{}' is a {}: no host to go through", next->name, next->kind->name),
                     "it needs a UnixInfrastructureAccount");
      }
      if (next == &account_)
        return error(account_.spec.find("proxyJump"), "these go through one another: " + way,
                     "one of them has to go directly");
      at = next;
    }
  }

  void error(const Value* at, std::string message, std::string hint) {
    Diagnostic finding{Severity::error,
                       "manifest.bad-value",
                       std::move(message),
                       at && at->where ? at->where : account_.where,
                       {},
                       std::move(hint),
                       {}};
    finding.trail.push_back({fmt::format("resolving {} '{}'", account_.kind->name, account_.name), {}});
    diagnostics_.add(std::move(finding));
  }

  const Model& model_;
  const Account& account_;
  Diagnostics& diagnostics_;
};

void set_login(SshTarget& target, const Model& model, const Authentication& authentication,
               const Surroundings& surroundings, Diagnostics& diagnostics) {
  const auto secret = [&](std::string_view field) {
    const auto value = secret_of(model, authentication, field, surroundings, diagnostics);
    if (!value) return std::string();
    if (value->is_string() && value->string().find('\n') == std::string::npos) return value->string();
    diagnostics.error("manifest.wrong-type",
                      fmt::format("'{}' of {} must be one line of text", field, authentication.name), value->where, "");
    return std::string();
  };
  if (authentication.kind->name == "SshCredentialsBasedAuthenticationConfig") {
    target.login = SshTarget::Login::password;
    target.secret = secret("password");
  } else if (authentication.kind->name == "SshPrivateKeyBasedAuthenticationConfig") {
    target.login = SshTarget::Login::key;
    target.secret = secret("passphrase");
    std::string path(text_of(authentication.spec, "privateKeyPath"));
    if (path.starts_with("~/")) path = home_of(surroundings) + path.substr(1);
    target.key_file = path.starts_with('/') ? path : authentication.directory + "/" + path;
  }
}

const Kind* account_kind(std::string_view name) {
  for (const Kind* kind : built_in_kinds()) {
    if (kind->name == name) return kind;
  }
  return &infrastructure_account_kind();
}

Value described(const Authentication& authentication) {
  Map login;
  login.set("name", authentication.name);
  login.set("kind", authentication.kind->name);
  login.set("directory", authentication.directory);
  for (const Field& field : authentication.kind->fields) {
    const Value* value = field.secret ? nullptr : authentication.spec.find(field.name);
    if (value) login.set(field.name, *value);
  }
  if (authentication.source) login.set("login", described(*authentication.source));
  return Value(std::move(login));
}

Value described(const Model& model, const Account& account, std::size_t jumps) {
  Value description = account.spec;
  if (account.authentication) description.map().set("login", described(*account.authentication));
  const std::string_view jump = text_of(account.spec, "proxyJump");
  const Account* through = jump.empty() || jumps == 0 ? nullptr : find_account(model, jump);
  if (through != nullptr) description.map().set("jump", described(model, *through, jumps - 1));
  return description;
}

Authentication described_login(const Value& login) {
  Authentication authentication{std::string(text_of(login, "name")), account_kind(text_of(login, "kind")), login,
                                std::string(text_of(login, "directory"))};
  if (const Value* source = login.find("login")) {
    authentication.source = std::make_shared<const Authentication>(described_login(*source));
  }
  return authentication;
}

}  // namespace

std::optional<Value> secret_of(const Model& model, const Authentication& authentication, std::string_view field,
                               const Surroundings& surroundings, Diagnostics& diagnostics) {
  const Value* written = authentication.spec.find(field);
  if (!written || written->is_null()) return std::nullopt;
  std::optional<Value> value = evaluate(*written, scope_of_environment(model, surroundings), diagnostics);
  if (value) make_secret(*value);
  return value;
}

const Account* find_account(const Model& model, std::string_view name) {
  const auto found = std::ranges::find(model.accounts, name, &Account::name);
  return found == model.accounts.end() ? nullptr : &*found;
}

std::variant<const Account*, NotFound> account_or_role(const Model& model, const std::string& name) {
  if (const auto role = model.environment.roles.find(name); role != model.environment.roles.end()) {
    return &model.accounts[role->second];
  }
  if (const Account* account = find_account(model, name)) return account;
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
  return NotFound{.message = fmt::format("environment '{}' has no account or role '{}'", model.environment.name, name),
                  .hint = did_you_mean(name, known, all + roles),
                  .mistaken = true};
}

void check_account(const Model& model, const Account& account, Diagnostics& diagnostics) {
  if (account.kind == &unix_account_kind()) AccountChecker(model, account, diagnostics).run();
  if (account.kind == &aws_account_kind()) check_aws_account(account, diagnostics);
}

std::shared_ptr<const SshTarget> ssh_target(const Model& model, const Account& account,
                                            const Surroundings& surroundings, Diagnostics& diagnostics) {
  SshTarget target = target_of(host_of(account), account.name);
  target.host_key = text_of(account.spec, "hostKey");
  if (account.authentication) set_login(target, model, *account.authentication, surroundings, diagnostics);
  if (diagnostics.has_errors()) return nullptr;
  if (const std::string jump(text_of(account.spec, "proxyJump")); !jump.empty()) {
    const Account* through = find_account(model, jump);
    const Value* recorded = account.spec.find("jump");
    if (through != nullptr) {
      target.jump = ssh_target(model, *through, surroundings, diagnostics);
    } else if (recorded != nullptr) {
      const Account of_then = described_account(jump, std::string(account.kind->name), *recorded);
      target.jump = ssh_target(model, of_then, surroundings, diagnostics);
    } else {
      target.jump = std::make_shared<const SshTarget>(target_of(host_text(jump, true), jump));
    }
    if (!target.jump) return nullptr;
  }
  return std::make_shared<const SshTarget>(std::move(target));
}

UnixPlace unix_place(const Account& account) {
  return {std::string(text_of(account.spec, "workDirectory")), std::string(text_of(account.spec, "become"))};
}

std::string place_of(const Account& account) {
  if (account.kind == &aws_account_kind()) return written_place_of(account);
  if (account.kind != &unix_account_kind()) return {};
  return place_of(target_of(host_of(account), account.name));
}

std::optional<Map> tool_variables(const Model& model, const Account& account, const Surroundings& surroundings,
                                  Diagnostics& diagnostics) {
  if (!account.authentication || account.authentication->kind->name != "EnvironmentAuthentication") return Map{};
  const auto value = secret_of(model, *account.authentication, "variables", surroundings, diagnostics);
  if (!value || !value->is_map()) return std::nullopt;
  for (const auto& [key, variable] : value->map()) {
    if (variable.is_string()) continue;
    diagnostics.error("manifest.wrong-type",
                      fmt::format("variable '{}' of {} must be a string", key.name, account.authentication->name),
                      variable.where, "write \"${{ jsonEncode(...) }}\" for anything else");
    return std::nullopt;
  }
  return value->map();
}

std::size_t concurrency_of(const Account& account) {
  const Value* written = account.spec.find("concurrency");
  if (written && written->is(Value::Kind::integer)) return static_cast<std::size_t>(written->integer());
  return account.kind == &unix_account_kind() ? 8 : 0;
}

Value described(const Model& model, const Account& account) {
  return described(model, account, jumps_at_most);
}

std::string_view moved_by(const Account& then, const Account& now) {
  if (then.kind != &aws_account_kind() || now.kind != &aws_account_kind()) return {};
  const auto differ = [](const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; };
  const AwsSpot before = written_spot(then);
  const AwsSpot after = written_spot(now);
  return differ(before.account_id, after.account_id) ? "accountId"
         : differ(before.region, after.region)       ? "region"
                                                     : "";
}

Account described_account(const std::string& name, const std::string& kind, const Value& description) {
  Account account{name, account_kind(kind), description.is_map() ? description : Value(Map{}), {}, {}};
  if (const Value* login = account.spec.find("login")) account.authentication = described_login(*login);
  return account;
}

}  // namespace verba
