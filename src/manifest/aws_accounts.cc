// SPDX-License-Identifier: Apache-2.0
#include "manifest/aws_accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "aws/endpoint.h"
#include "base/utf8.h"
#include "manifest/accounts.h"
#include "manifest/kinds/kinds.h"
#include "manifest/names.h"

namespace verba {
namespace {

bool is_account_id(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_region(std::string_view text) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  return !text.empty() && text.front() != '-' && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_session_name(std::string_view text) {
  constexpr std::string_view others = "_+=,.@-";
  return text.size() >= 2 && text.size() <= 64 && std::ranges::all_of(text, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  others.find(c) != std::string_view::npos;
         });
}

bool is_duration(std::string_view text) {
  const std::optional<Milliseconds> length = parse_duration(text);
  return length && *length >= Milliseconds(900'000) && *length <= Milliseconds(43'200'000);
}

struct Rule {
  std::string_view field;
  bool (*is)(std::string_view);
  std::string_view what;
  std::string_view hint;
};

constexpr Rule account_rules[] = {
    {"accountId", is_account_id, "is no id of an account of AWS", "it has twelve digits: \"123456789012\""},
    {"region", is_region, "cannot be a region", "for example: eu-central-1"},
    {"endpointUrl", is_aws_endpoint, "is no address of a service", "for example: https://localhost:4566"},
};
constexpr Rule login_rules[] = {
    {"region", is_region, "cannot be a region", "for example: eu-central-1"},
    {"roleArn", is_aws_role, "is no role of AWS", "for example: arn:aws:iam::123456789012:role/deployer"},
    {"sessionName", is_session_name, "cannot be the name of a session",
     "it has 2 to 64 letters, digits and characters of _+=,.@-"},
    {"duration", is_duration, "cannot be the length of a session", "AWS allows from 15m to 12h"},
};

/// Without the user name and password of an address.
std::string shown(const std::string& text) {
  const std::size_t begin = text.find("://");
  const std::size_t at = text.rfind('@');
  if (begin == std::string::npos || at == std::string::npos || at < begin) return text;
  return text.substr(0, begin + 3) + "***" + text.substr(at);
}

template <std::size_t n>
void check_spec(const Value& spec, const Rule (&rules)[n], const Account& account, Diagnostics& diagnostics) {
  for (const Rule& rule : rules) {
    const Value* value = spec.find(rule.field);
    if (!value || !value->is_string() || rule.is(value->string())) continue;
    Diagnostic finding;
    finding.code = "manifest.bad-value";
    finding.message = fmt::format("'{}' {}", shown(value->string()), rule.what);
    finding.where = value->where ? value->where : account.where;
    finding.hint = rule.hint;
    finding.trail.push_back({fmt::format("resolving {} '{}'", account.kind->name, account.name), {}});
    // Several accounts may get in by the same authentication.
    const bool told = std::ranges::any_of(diagnostics.all(), [&](const Diagnostic& one) {
      return one.where == finding.where && one.code == finding.code;
    });
    if (!told) diagnostics.add(std::move(finding));
  }
}

std::string text(const Value& spec, std::string_view field) {
  return std::string(text_of(spec, field));
}

/// A secret field as text; "" when it is not written, or after a mistake.
std::string secret_text(const Model& model, const Authentication& authentication, std::string_view field,
                        const Surroundings& surroundings, Diagnostics& diagnostics) {
  const auto value = secret_of(model, authentication, field, surroundings, diagnostics);
  if (!value) return {};
  if (value->is_string() && !has_control(value->string())) return value->string();
  diagnostics.error("manifest.wrong-type",
                    fmt::format("'{}' of {} must be one line of text", field, authentication.name), value->where, "");
  return {};
}

using AskSecret = std::function<std::string(const Authentication&, std::string_view field)>;

AwsLogin login_of(const Authentication& authentication, const AskSecret& ask) {
  AwsLogin login;
  const auto secret = [&](std::string_view field) { return ask(authentication, field); };
  const std::string_view kind = authentication.kind->name;
  if (kind == "AwsKeyBasedAuthentication") {
    login.kind = AwsLogin::Kind::keys;
    login.keys = {secret("accessKey"), secret("secretKey"), secret("sessionToken")};
  } else if (kind == "AwsProfileBasedAuthentication") {
    login.kind = AwsLogin::Kind::profile;
    login.profile = text(authentication.spec, "profileName");
  } else if (kind == "AwsAssumeRoleAuthentication") {
    login.kind = AwsLogin::Kind::role;
    login.role_arn = text(authentication.spec, "roleArn");
    login.external_id = secret("externalId");
    login.session_name = text(authentication.spec, "sessionName");
    login.duration = parse_duration(text(authentication.spec, "duration")).value_or(Milliseconds(0));
    if (authentication.source) {
      login.source = std::make_shared<const AwsLogin>(login_of(*authentication.source, ask));
    }
  }
  return login;
}

/// Of those by which the way in begins.
void check_keys(const AwsLogin& login, const Authentication& authentication, Diagnostics& diagnostics) {
  if (login.source) return check_keys(*login.source, *authentication.source, diagnostics);
  const bool is_there = !login.keys.access_key.empty() && !login.keys.secret_key.empty();
  if (login.kind != AwsLogin::Kind::keys || is_there || diagnostics.has_errors()) return;
  diagnostics.error("account.no-key", fmt::format("the key of {} is not known any more", authentication.name), {},
                    "keys are not recorded: its manifest has to be there");
}

/// As the account says, or its authentication, or what that takes on its role with.
std::string written_region(const Account& account) {
  std::string region = text(account.spec, "region");
  const Authentication* at = account.authentication ? &*account.authentication : nullptr;
  for (; region.empty() && at != nullptr; at = at->source.get()) region = text(at->spec, "region");
  return region;
}

}  // namespace

bool is_aws(std::string_view kind) {
  return kind == aws_account_kind().name;
}

void check_aws_account(const Account& account, Diagnostics& diagnostics) {
  check_spec(account.spec, account_rules, account, diagnostics);
  const Authentication* at = account.authentication ? &*account.authentication : nullptr;
  for (; at != nullptr; at = at->source.get()) check_spec(at->spec, login_rules, account, diagnostics);
}

std::optional<AwsPlace> aws_place(const Model& model, const Account& account, const Surroundings& surroundings,
                                  Diagnostics& diagnostics) {
  AwsPlace place;
  place.name = account.name;
  place.region = written_region(account);
  place.account_id = text(account.spec, "accountId");
  place.endpoint_url = text(account.spec, "endpointUrl");
  if (account.authentication) {
    place.login = login_of(*account.authentication, [&](const Authentication& authentication, std::string_view field) {
      return secret_text(model, authentication, field, surroundings, diagnostics);
    });
    check_keys(place.login, *account.authentication, diagnostics);
  }
  if (diagnostics.has_errors()) return std::nullopt;
  return place;
}

AwsPlace aws_whereabouts(const Account& account) {
  AwsPlace place{.name = account.name, .region = written_region(account)};
  const auto nothing = [](const Authentication&, std::string_view) { return std::string(); };
  if (account.authentication) place.login = login_of(*account.authentication, nothing);
  return place;
}

AwsSpot written_spot(const Account& account) {
  return {text(account.spec, "accountId"), written_region(account)};
}

std::string written_place_of(const Account& account) {
  const auto [id, region] = written_spot(account);
  return id.empty() || region.empty() ? id + region : id + " in " + region;
}

}  // namespace verba
