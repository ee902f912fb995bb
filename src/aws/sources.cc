// SPDX-License-Identifier: Apache-2.0
#include "aws/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "aws/soon_stop.h"
#include "base/diagnostic.h"
#include "base/number.h"
#include "base/utf8.h"
#include "os/curl.h"
#include "value/json.h"

namespace verba {
namespace {

constexpr Milliseconds process_limit{60'000};
constexpr std::size_t process_bytes = 64 << 10;
constexpr const char* role_hint = "for example: arn:aws:iam::123456789012:role/deployer";

AwsFound problem(std::string message, std::string hint = {}) {
  return {.problem = NoLogin{std::move(message), std::move(hint)}};
}

}  // namespace

std::optional<AwsCredentials> credentials_in(const Value& value, std::string_view token) {
  AwsCredentials credentials{text_at(value, {"AccessKeyId"}), text_at(value, {"SecretAccessKey"}),
                             text_at(value, {token}), parse_instant(text_at(value, {"Expiration"}))};
  if (credentials.access_key.empty() || credentials.secret_key.empty()) return std::nullopt;
  return credentials;
}

AwsFound checked(AwsCredentials credentials, std::string_view from) {
  const std::pair<std::string_view, std::string_view> parts[] = {{"access key id", credentials.access_key},
                                                                 {"secret access key", credentials.secret_key},
                                                                 {"session token", credentials.session_token}};
  for (const auto& [name, text] : parts) {
    if (!has_control(text)) continue;
    return problem(fmt::format("the {} of {} has a line break or another control character in it", name, from),
                   control_hint);
  }
  return {.credentials = std::move(credentials)};
}

AwsSources::AwsSources(AwsLogins& logins, AwsPlace place)
    : logins_(logins),
      transport_(logins.transport()),
      system_(logins.system()),
      configuration_(logins.configuration()),
      place_(std::move(place)) {}

std::string AwsSources::variable(const char* name) const {
  return system_.variable(name).value_or("");
}

std::string AwsSources::setting(std::string_view profile, std::string_view name) const {
  return std::string(configuration_.setting(profile, name));
}

Async<AwsFound> AwsSources::find(Stop& stop) {
  const std::string wrong = wrong_setting(place_, configuration_, system_);
  if (!wrong.empty()) co_return problem(wrong);
  Async<AwsFound> looking = of(place_.login, stop);
  AwsFound result = co_await looking;
  if (result.any() || stop.requested()) co_return result;
  co_return problem(
      "there are no credentials of AWS: not in the environment, in no profile, and this machine has no role",
      "log in as for AWS's own tools (`aws configure`, `aws sso login`), or give the account an "
      "authentication");
}

Async<AwsFound> AwsSources::of(AwsLogin login, Stop& stop) {
  if (login.kind == AwsLogin::Kind::keys) co_return checked(login.keys, "the account's authentication");
  if (login.kind == AwsLogin::Kind::chain) {
    Async<AwsFound> looking = of_chain(stop);
    AwsFound result = co_await looking;
    co_return result;
  }
  if (login.kind == AwsLogin::Kind::profile) {
    Async<AwsFound> looking = of_profile(login.profile, {}, stop);
    AwsFound result = co_await looking;
    if (!result.any() && !stop.requested()) {
      co_return problem(fmt::format("the profile '{}' of AWS's configuration has no credentials", login.profile),
                        "it needs keys, a role_arn with its source, an SSO session or a credential_process");
    }
    co_return result;
  }
  Async<AwsFound> looking = of_role(std::move(login), stop);
  AwsFound result = co_await looking;
  co_return result;
}

/// What a code was given for serves other roles, too: the logins keep it.
Async<AwsFound> AwsSources::of_role(AwsLogin login, Stop& stop) {
  AwsPlace from = place_;
  from.login = login.source ? *login.source : AwsLogin();
  from.region = region_of(place_, configuration_, system_);
  const bool is_kept = logins_.asks_for_code(from.login);
  Async<AwsFound> looking = is_kept ? logins_.credentials(from, stop) : of(from.login, stop);
  AwsFound source = co_await looking;
  if (!source.credentials) co_return source;
  Async<AwsFound> taking = take_on({login.role_arn, login.external_id, login.session_name, login.duration},
                                   *std::move(source.credentials), stop);
  AwsFound result = co_await taking;
  co_return result;
}

Async<AwsFound> AwsSources::of_chain(Stop& stop) {
  AwsFound result = of_environment();
  if (result.any()) co_return result;
  const std::string profile = default_profile(system_);
  const std::string token_file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!token_file.empty() && setting(profile, "role_arn").empty()) {
    const std::string role = variable("AWS_ROLE_ARN");
    if (!is_aws_role(role)) {
      co_return problem(role.empty()
                            ? "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN, the role to take on, is not"
                            : fmt::format("AWS_ROLE_ARN is '{}', which is no role of AWS", role),
                        role_hint);
    }
    Async<AwsFound> taking = take_on_by_token({role, "", variable("AWS_ROLE_SESSION_NAME")}, token_file, stop);
    result = co_await taking;
    co_return result;
  }
  if (std::optional<AwsFound> broken = broken_files()) co_return *std::move(broken);
  if (profile != "default" || configuration_.profiles.contains(profile)) {
    Async<AwsFound> looking = of_profile(profile, {}, stop);
    result = co_await looking;
  }
  if (!result.any() && !stop.requested()) {
    Async<AwsFound> looking = of_container(stop);
    result = co_await looking;
  }
  if (!result.any() && !stop.requested()) {
    Async<AwsFound> looking = of_instance(stop);
    result = co_await looking;
  }
  co_return result;
}

AwsFound AwsSources::of_environment() const {
  AwsCredentials keys{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
  if (keys.access_key.empty() != keys.secret_key.empty()) {
    return problem("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set", "set both, or neither");
  }
  return keys.access_key.empty() ? AwsFound{}
                                 : checked(std::move(keys), "the environment (AWS_ACCESS_KEY_ID and its companions)");
}

std::optional<AwsFound> AwsSources::broken_files() const {
  if (configuration_.faults.empty()) return std::nullopt;
  return problem("AWS's configuration cannot be read: " + configuration_.faults.front(),
                 "correct that line, or make a comment of it by a # before it");
}

AwsFound AwsSources::of_keys(std::string_view profile) const {
  AwsCredentials keys{setting(profile, "aws_access_key_id"), setting(profile, "aws_secret_access_key"),
                      setting(profile, "aws_session_token")};
  if (keys.access_key.empty()) return {};
  if (!keys.secret_key.empty()) {
    return checked(std::move(keys), fmt::format("the profile '{}'{}", profile, place_of(profile, "aws_access_key_id")));
  }
  return problem(fmt::format("the profile '{}' has an aws_access_key_id without an aws_secret_access_key{}", profile,
                             place_of(profile, "aws_access_key_id")));
}

Async<AwsFound> AwsSources::of_profile(std::string name, std::vector<std::string> way, Stop& stop) {
  if (std::optional<AwsFound> broken = broken_files()) co_return *std::move(broken);
  if (!configuration_.profiles.contains(name)) {
    std::vector<std::string_view> known;
    for (const auto& [other, section] : configuration_.profiles) known.push_back(other);
    const auto other = configuration_.others.find(name);
    co_return problem(way.empty() ? fmt::format("there is no profile '{}' in AWS's configuration", name)
                                  : fmt::format("there is no profile '{}', the source_profile of '{}'{}", name,
                                                way.back(), place_of(way.back(), "source_profile")),
                      other != configuration_.others.end()
                          ? fmt::format("{} has [{}]: in that file it is [profile {}]", other->second, name, name)
                          : did_you_mean(name, known, fmt::format("there are: {}", fmt::join(known, ", "))));
  }
  AwsFound result;
  if (!way.empty()) result = of_keys(name);  // what takes on the role of another one needs none of its own then
  if (result.any()) co_return result;
  if (!setting(name, "role_arn").empty()) {
    Async<AwsFound> taking = of_role_profile(name, std::move(way), stop);
    result = co_await taking;
    co_return result;
  }
  if (!setting(name, "sso_account_id").empty()) {
    Async<AwsFound> looking = of_sso(name, stop);
    result = co_await looking;
    co_return result;
  }
  result = of_keys(name);
  if (result.any() || setting(name, "credential_process").empty()) co_return result;
  Async<AwsFound> asking = of_process(name, stop);
  result = co_await asking;
  co_return result;
}

Async<AwsFound> AwsSources::of_role_profile(std::string name, std::vector<std::string> way, Stop& stop) {
  if (std::ranges::find(way, name) != way.end()) {
    way.push_back(name);
    co_return problem(fmt::format("these profiles take on their roles from one another: {}", fmt::join(way, " -> ")),
                      "one source_profile has to lead to credentials");
  }
  way.push_back(name);
  Role role{setting(name, "role_arn"), setting(name, "external_id"), setting(name, "role_session_name")};
  const std::string length = setting(name, "duration_seconds");
  const auto seconds = number_in<std::int64_t>(length);
  if (!length.empty() && (!seconds || *seconds <= 0)) {
    co_return problem(
        fmt::format("duration_seconds of the profile '{}' is '{}'{}", name, length, place_of(name, "duration_seconds")),
        "it is a number of seconds, such as 3600");
  }
  role.duration = std::chrono::seconds(seconds.value_or(0));
  if (!is_aws_role(role.arn)) {
    co_return problem(fmt::format("role_arn of the profile '{}' is '{}', which is no role of AWS{}", name, role.arn,
                                  place_of(name, "role_arn")),
                      role_hint);
  }
  const std::string token_file = setting(name, "web_identity_token_file");
  if (!token_file.empty()) {
    Async<AwsFound> taking = take_on_by_token(std::move(role), token_file, stop);
    AwsFound result = co_await taking;
    co_return result;
  }
  AwsFound source;
  const std::string source_profile = setting(name, "source_profile");
  if (!source_profile.empty() && !setting(name, "credential_source").empty()) {
    co_return problem(fmt::format("the profile '{}' has a source_profile and a credential_source{}", name,
                                  place_of(name, "credential_source")),
                      "keep the one that leads to credentials");
  }
  if (source_profile == name) {
    source = of_keys(name);
  } else if (!source_profile.empty()) {
    Async<AwsFound> looking = of_profile(source_profile, way, stop);
    source = co_await looking;
  } else {
    Async<AwsFound> looking = of_source(setting(name, "credential_source"), stop);
    source = co_await looking;
  }
  role.mfa_serial = setting(name, "mfa_serial");
  if (source.credentials && !role.mfa_serial.empty()) {
    const std::string what = fmt::format("code of {} for the profile '{}'", role.mfa_serial, name);
    std::optional<std::string> code;
    if (logins_.question()) {
      Async<std::optional<std::string>> asking = logins_.question()(what + ": ", stop);
      code = co_await asking;
      if (stop.requested()) co_return AwsFound{};
    }
    if (!code) {
      co_return problem(
          fmt::format("the {} is needed, and there is nobody to ask", what),
          fmt::format("run this on a terminal; where there is none, get in with the keys of a session, as "
                      "`aws configure export-credentials --profile {}` prints them",
                      name));
    }
    has_asked_ = true;
    role.mfa_code = *code;
  }
  if (source.credentials) {
    Async<AwsFound> taking = take_on(std::move(role), *std::move(source.credentials), stop);
    source = co_await taking;
  } else if (!source.problem && !stop.requested()) {
    const std::string from = setting(name, "credential_source");
    source = from.empty()
                 ? problem(fmt::format("the profile '{}' has a role_arn, but nothing to take it on with", name),
                           "give it a source_profile with credentials, or a credential_source")
                 : problem(fmt::format("the credential_source '{}' of the profile '{}' gives no credentials{}", from,
                                       name, place_of(name, "credential_source")),
                           from == "Environment" ? "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                                                 : "does it run where that is?");
  }
  co_return source;
}

Async<AwsFound> AwsSources::of_source(std::string name, Stop& stop) {
  if (name == "Environment") co_return of_environment();
  if (name != "EcsContainer" && name != "Ec2InstanceMetadata") {
    co_return name.empty() ? AwsFound{} : problem(fmt::format("there is no credential_source '{}'", name));
  }
  Async<AwsFound> looking = name == "EcsContainer" ? of_container(stop) : of_instance(stop);
  AwsFound result = co_await looking;
  co_return result;
}

Async<AwsFound> AwsSources::take_on(Role role, AwsCredentials credentials, Stop& stop) {
  Variables parameters{{"RoleArn", role.arn}};
  if (role.session_name.empty()) role.session_name = fmt::format("verba-{}", system_.now().ms / 1000);
  parameters.emplace_back("RoleSessionName", role.session_name);
  if (!role.external_id.empty()) parameters.emplace_back("ExternalId", role.external_id);
  if (role.duration.count() > 0)
    parameters.emplace_back("DurationSeconds", std::to_string(role.duration.count() / 1000));
  if (!role.mfa_serial.empty()) {
    parameters.emplace_back("SerialNumber", role.mfa_serial);
    parameters.emplace_back("TokenCode", role.mfa_code);
  }
  Async<AwsFound> asking = ask_sts("AssumeRole", std::move(parameters), std::move(credentials), role.arn, stop);
  AwsFound result = co_await asking;
  co_return result;
}

Async<AwsFound> AwsSources::take_on_by_token(Role role, std::string token_file, Stop& stop) {
  std::optional<std::string> token = system_.read_file(home_path(system_, token_file), 64 << 10);
  if (!token) co_return problem(fmt::format("there is no file '{}' with a token of an identity", token_file));
  while (token->ends_with('\n')) token->pop_back();
  if (token->empty()) co_return problem(fmt::format("the file '{}' with a token of an identity is empty", token_file));
  logins_.keep_secret(*token);
  Variables parameters{{"RoleArn", role.arn}, {"WebIdentityToken", *token}};
  if (role.session_name.empty()) role.session_name = fmt::format("verba-{}", system_.now().ms / 1000);
  parameters.emplace_back("RoleSessionName", role.session_name);
  if (role.duration.count() > 0)
    parameters.emplace_back("DurationSeconds", std::to_string(role.duration.count() / 1000));
  Async<AwsFound> asking = ask_sts("AssumeRoleWithWebIdentity", std::move(parameters), std::nullopt, role.arn, stop);
  AwsFound result = co_await asking;
  co_return result;
}

Async<AwsFound> AwsSources::ask_sts(std::string action, Variables parameters, std::optional<AwsCredentials> credentials,
                                    std::string role, Stop& stop) {
  const AwsService& sts = sts_service();
  AwsCall call{.service = &sts, .region = region_of(place_, configuration_, system_)};
  if (call.region.empty()) call.region = "us-east-1";
  call.endpoint = endpoint_of(sts, call.region, place_, configuration_, system_);
  call.message = query_message(sts, action, std::move(parameters), action + "Result/Credentials");
  const std::string endpoint = call.endpoint;
  SoonStop soon(system_, stop);
  Async<AwsAnswer> asking = transport_.send(std::move(call), std::move(credentials), soon.stop());
  const AwsAnswer answer = co_await asking;
  if (answer.failure && answer.failure->stopped) {
    if (stop.requested()) co_return AwsFound{};
    co_return problem(fmt::format("the role {} cannot be taken on: {}", role, late_text(*answer.failure, endpoint)));
  }
  if (answer.failure) {
    co_return problem(fmt::format("the role {} cannot be taken on: {}", role, to_string(*answer.failure)),
                      answer.failure->code == "AccessDenied"
                          ? "see whom its trust policy names, and whether an external "
                            "id is asked for"
                          : "");
  }
  const Value* inside = at(answer.value, {action + "Result", "Credentials"});
  std::optional<AwsCredentials> got = credentials_in(inside != nullptr ? *inside : Value(), "SessionToken");
  if (!got) co_return problem(fmt::format("the role {} cannot be taken on: the answer has no credentials", role));
  co_return checked(*std::move(got), fmt::format("the role {}", role));
}

/// A command line, for sh, that prints JSON.
Async<AwsFound> AwsSources::of_process(std::string profile, Stop& stop) {
  std::string complaint;
  RunOptions options;
  options.timeout = process_limit;
  options.capture_bytes = process_bytes;
  options.sink = [&complaint](Stream stream, std::string_view bytes) {
    if (stream == Stream::error && complaint.size() < 2000) complaint += bytes;
  };
  Command command;
  command.argv = {"sh", "-c", setting(profile, "credential_process")};
  command.environment = operators_environment(system_);
  Async<Finished> running = run(system_, std::move(command), stop, std::move(options));
  const Finished finished = co_await running;
  if (finished.why == Ended::stopped) co_return AwsFound{};
  const std::string what =
      fmt::format("the credential_process of the profile '{}'{}", profile, place_of(profile, "credential_process"));
  if (finished.why == Ended::timeout) co_return problem(what + " took longer than " + to_string(process_limit));
  if (!finished.status.success()) {
    co_return problem(fmt::format("{} ended with exit code {}", what, finished.status.code), essence_of(complaint));
  }
  std::string why;
  const std::optional<Value> printed = parse_json(finished.output, why);
  std::optional<AwsCredentials> got = printed ? credentials_in(*printed, "SessionToken") : std::nullopt;
  const Value* version = printed ? at(*printed, {"Version"}) : nullptr;
  if (!got || version == nullptr || !version->is(Value::Kind::integer) || version->integer() != 1) {
    co_return problem(what + (got ? " printed no Version 1" : " printed no credentials"),
                      "it has to print JSON with Version 1, AccessKeyId and SecretAccessKey");
  }
  if (!got->expires && !text_at(*printed, {"Expiration"}).empty()) {
    co_return problem(what + " printed an Expiration that is no time", "it is written like 2026-11-29T20:00:00Z");
  }
  if (got->expires && *got->expires <= system_.now()) {
    co_return problem(fmt::format("{} printed credentials that ended at {}", what, to_string(*got->expires)));
  }
  co_return checked(*std::move(got), what);
}

}  // namespace verba
