// SPDX-License-Identifier: Apache-2.0
// Credentials that a machine has without being told: of a session of IAM Identity Center (SSO), of a container, of an
// instance.
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "aws/sources.h"
#include "base/utf8.h"
#include "value/json.h"

namespace verba {
namespace {

const AwsService sso_oidc{.name = "oidc", .id = "sso_oidc", .title = "SSO OIDC"};
constexpr Milliseconds soon_over{60'000};  ///< a token of SSO is used up by then

AwsFound problem(std::string message, std::string hint = {}) {
  return {.problem = NoLogin{std::move(message), std::move(hint)}};
}

std::string sha1_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha1(), nullptr);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

/// Capitals or not, as AWS's own tools take it. `word` has none.
bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

/// Of what answers in plain HTTP, only what cannot be elsewhere may be told a token.
bool may_be_asked(std::string_view url) {
  if (url.starts_with("https://")) return true;
  if (!url.starts_with("http://")) return false;
  std::string_view host = url.substr(7, url.find_first_of("/?", 7) - 7);
  const std::size_t port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) host = host.substr(0, port);
  const bool is_numeric = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || (is_numeric && host.starts_with("127.")) || host == "[::1]" ||
         host == "169.254.170.2" || host == "169.254.170.23" || host == "[fd00:ec2::23]";
}

/// Has the token of SSO still so long to go?
bool is_good(const Value& token, Instant at) {
  const std::optional<Instant> end = parse_instant(text_at(token, {"expiresAt"}));
  return end && *end > at;
}

}  // namespace

Async<AwsAnswer> AwsSources::ask_machine(std::string place, AwsMessage message, Stop& stop) {
  AwsCall call{.service = &sts_service(), .endpoint = std::move(place), .message = std::move(message), .direct = true};
  Async<AwsAnswer> asking = transport_.send(std::move(call), std::nullopt, stop);
  AwsAnswer answer = co_await asking;
  co_return answer;
}

/// A token ends after an hour, the session that `aws sso login` began lives on: as AWS's own tools, we get the next
/// one, and write it down for them.
Async<std::optional<AwsFailure>> AwsSources::renew_sso(std::string path, Value& token, std::string region, Stop& stop) {
  Map question;
  question.set("grantType", "refresh_token");
  for (const std::string_view name : {"clientId", "clientSecret", "refreshToken"}) {
    const std::string text = text_at(token, {name});
    if (text.empty()) co_return std::nullopt;
    logins_.keep_secret(text);
    question.set(name, text);
  }
  AwsCall call{.service = &sso_oidc, .region = region};
  call.endpoint = endpoint_of(sso_oidc, region, place_, configuration_, system_);
  call.message = {.path = "/token",
                  .headers = {{"Content-Type", "application/json"}},
                  .body = to_json(Value(std::move(question)), SecretsAs::clear),
                  .answered_by = "/accessToken"};
  Async<AwsAnswer> asking = transport_.send(std::move(call), std::nullopt, stop);
  const AwsAnswer answer = co_await asking;
  if (answer.failure) co_return answer.failure;
  const Value* seconds = at(answer.value, {"expiresIn"});
  if (seconds == nullptr || !seconds->is(Value::Kind::integer)) co_return std::nullopt;
  const Instant end = system_.now() + std::chrono::seconds(std::clamp<std::int64_t>(seconds->integer(), 0, 86'400));
  token.map().set("accessToken", text_at(answer.value, {"accessToken"}));
  token.map().set("expiresAt", to_string(end).substr(0, 19) + "Z");
  if (const std::string next = text_at(answer.value, {"refreshToken"}); !next.empty()) {
    logins_.keep_secret(next);
    token.map().set("refreshToken", next);
  }
  system_.write_file(path, to_json(token, SecretsAs::clear), 0600);
  co_return std::nullopt;
}

/// The token is the one that `aws sso login` has written down.
Async<AwsFound> AwsSources::of_sso(std::string profile, Stop& stop) {
  const std::string session = setting(profile, "sso_session");
  const auto section = configuration_.sso_sessions.find(session);
  if (!session.empty() && section == configuration_.sso_sessions.end()) {
    co_return problem(fmt::format("there is no sso-session '{}', which the profile '{}' names{}", session, profile,
                                  place_of(profile, "sso_session")),
                      "write it into AWS's configuration with `aws configure sso-session`");
  }
  const auto say = [&](std::string_view name) {
    if (section == configuration_.sso_sessions.end()) return setting(profile, name);
    const auto known = section->second.find(name);
    return known != section->second.end() ? known->second : setting(profile, name);
  };
  for (const std::string_view name : {"sso_region", "sso_start_url", "sso_role_name"}) {
    if (!say(name).empty() || (name == "sso_start_url" && !session.empty())) continue;
    co_return problem(fmt::format("the profile '{}' has an sso_account_id, but no {}{}", profile, name,
                                  place_of(profile, "sso_account_id")),
                      fmt::format("set it up with `aws configure sso --profile {}`", profile));
  }
  const std::string cached = session.empty() ? say("sso_start_url") : session;
  const std::string path = home_path(system_, "~/.aws/sso/cache/" + sha1_hex(cached) + ".json");
  const std::string hint = fmt::format("log in with `aws sso login --profile {}`", profile);
  const std::optional<std::string> text = system_.read_file(path, 1 << 20);
  if (!text) co_return problem(fmt::format("nobody is logged in to SSO for the profile '{}'", profile), hint);
  std::string why;
  Value token = parse_json(*text, why).value_or(Value());
  const std::string region = say("sso_region");
  if (!session.empty() && !is_good(token, system_.now() + soon_over)) {
    Async<std::optional<AwsFailure>> renewing = renew_sso(path, token, region, stop);
    const std::optional<AwsFailure> failure = co_await renewing;
    if (stop.requested()) co_return AwsFound{};
    // A token is renewed once: another process, or another profile of the session, may be about to write down the next.
    const bool is_refused = failure && (failure->status == 400 || failure->status == 401);
    for (int looks = 0; is_refused && looks < 5 && !is_good(token, system_.now()); ++looks) {
      Async<bool> sleeping = sleep(system_, Milliseconds(200), stop);
      co_await sleeping;
      if (stop.requested()) co_return AwsFound{};
      token = parse_json(system_.read_file(path, 1 << 20).value_or(""), why).value_or(Value());
    }
    if (failure && !is_refused && !is_good(token, system_.now())) {
      co_return problem(
          fmt::format("the SSO session of the profile '{}' cannot be renewed: {}", profile, to_string(*failure)));
    }
  }
  if (!is_good(token, system_.now())) {
    co_return problem(fmt::format("the SSO session of the profile '{}' has ended", profile), hint);
  }
  const std::string access_token = text_at(token, {"accessToken"});
  if (has_control(access_token)) {
    co_return problem(fmt::format("the token of SSO in {} has a control character in it", path), hint);
  }
  logins_.keep_secret(access_token);
  AwsCall call{.service = &sso_service(), .region = region};
  call.endpoint = endpoint_of(sso_service(), region, place_, configuration_, system_);
  call.message = get_message(
      "/federation/credentials",
      {{"role_name", setting(profile, "sso_role_name")}, {"account_id", setting(profile, "sso_account_id")}},
      {{"x-amz-sso_bearer_token", access_token}}, "/roleCredentials/secretAccessKey");
  Async<AwsAnswer> asking = transport_.send(std::move(call), std::nullopt, stop);
  const AwsAnswer answer = co_await asking;
  if (answer.failure && answer.failure->stopped) co_return AwsFound{};
  if (answer.failure) {
    const bool is_ended = answer.failure->status == 401;
    const bool is_refused = answer.failure->status == 403 || answer.failure->status == 404;
    co_return problem(fmt::format("SSO gives the profile '{}' no credentials: {}", profile, to_string(*answer.failure)),
                      is_ended     ? hint
                      : is_refused ? "see whether its sso_account_id and sso_role_name are what you were given"
                                   : "");
  }
  AwsCredentials got{text_at(answer.value, {"roleCredentials", "accessKeyId"}),
                     text_at(answer.value, {"roleCredentials", "secretAccessKey"}),
                     text_at(answer.value, {"roleCredentials", "sessionToken"})};
  const Value* ends = at(answer.value, {"roleCredentials", "expiration"});
  if (ends != nullptr && ends->is(Value::Kind::integer)) got.expires = Instant{ends->integer()};
  if (got.secret_key.empty()) co_return problem("the answer of SSO has no credentials in it", hint);
  co_return checked(std::move(got), fmt::format("the SSO session of the profile '{}'", profile));
}

Async<AwsFound> AwsSources::of_container(Stop& stop) {
  std::string url = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (const std::string path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty()) {
    if (!path.starts_with('/')) {
      co_return problem(fmt::format("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is '{}', which is no path", path),
                        "it begins with a '/'");
    }
    url = "http://169.254.170.2" + path;
  }
  if (url.empty()) co_return AwsFound{};
  if (!may_be_asked(url)) {
    co_return problem(fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI is '{}', which is neither https nor near", url));
  }
  std::string token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    const std::optional<std::string> content = system_.read_file(file, 64 << 10);
    if (!content) {
      co_return problem(
          fmt::format("there is no file '{}' with the token for the container's credentials "
                      "(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)",
                      file));
    }
    token = *content;
    while (token.ends_with('\n')) token.pop_back();
  }
  if (has_control(token)) {
    co_return problem(
        "the token for the container's credentials has a line break or another control character in it "
        "(AWS_CONTAINER_AUTHORIZATION_TOKEN, or its file)",
        control_hint);
  }
  logins_.keep_secret(token);
  const std::size_t begin = std::min(url.find('/', url.find("//") + 2), url.size());
  AwsMessage message = get_message(begin < url.size() ? url.substr(begin) : "/");
  if (const std::size_t mark = message.path.find('?'); mark != std::string::npos) {
    co_return problem(fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI is '{}': a query is not expected there", url));
  }
  if (!token.empty()) message.headers.emplace_back("Authorization", token);
  Async<AwsAnswer> asking = ask_machine(url.substr(0, begin), std::move(message), stop);
  const AwsAnswer answer = co_await asking;
  if (answer.failure && answer.failure->stopped) co_return AwsFound{};
  std::optional<AwsCredentials> got = credentials_in(answer.value, "Token");
  if (answer.failure || !got) {
    co_return problem(fmt::format("the container has no credentials at {}: {}", url,
                                  answer.failure ? to_string(*answer.failure) : "none are in the answer"));
  }
  co_return checked(*std::move(got), fmt::format("the container at {}", url));
}

/// By version 2 of the instance metadata service. That nobody is there is no mistake: this is no instance then.
Async<AwsFound> AwsSources::of_instance(Stop& stop) {
  if (is_word(variable("AWS_EC2_METADATA_DISABLED"), "true")) co_return AwsFound{};
  std::string place = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  while (place.ends_with('/')) place.pop_back();
  if (place.empty()) {
    place = is_word(variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6") ? "http://[fd00:ec2::254]"
                                                                                : "http://169.254.169.254";
  }
  constexpr const char* roles = "/latest/meta-data/iam/security-credentials/";
  AwsMessage session{.method = "PUT", .path = "/latest/api/token"};
  session.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  Async<AwsAnswer> beginning = ask_machine(place, std::move(session), stop);
  const AwsAnswer token = co_await beginning;
  if (token.body.empty() || has_control(token.body) || !token.good()) co_return AwsFound{};
  const Variables headers{{"x-aws-ec2-metadata-token", token.body}};
  Async<AwsAnswer> listing = ask_machine(place, get_message(roles, {}, headers), stop);
  const AwsAnswer list = co_await listing;
  const std::string role = list.body.substr(0, list.body.find('\n'));
  if (role.empty() || !list.good()) co_return AwsFound{};
  Async<AwsAnswer> asking = ask_machine(place, get_message(roles + role, {}, headers), stop);
  const AwsAnswer answer = co_await asking;
  if (answer.failure && answer.failure->stopped) co_return AwsFound{};
  std::optional<AwsCredentials> got = credentials_in(answer.value, "Token");
  if (answer.failure || !got) {
    co_return problem(fmt::format("the instance's role {} has no credentials: {}", role,
                                  answer.failure ? to_string(*answer.failure) : text_at(answer.value, {"Message"})));
  }
  co_return checked(*std::move(got), fmt::format("the instance's role {}", role));
}

}  // namespace verba
