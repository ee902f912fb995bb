// SPDX-License-Identifier: Apache-2.0
#include "cli/aws_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "value/json.h"

namespace verba {
namespace {

const AwsService ssm{.name = "ssm", .id = "ssm", .title = "Systems Manager"};
const AwsService secrets_manager{.name = "secretsmanager", .id = "secrets_manager", .title = "Secrets Manager"};

/// Of answers that say that there is no such secret. With all others nobody knows.
constexpr std::array<std::string_view, 5> absent_codes{"ParameterNotFound", "ParameterVersionNotFound",
                                                       "ResourceNotFoundException", "ValidationException",
                                                       "InvalidParameterException"};

/// arn:PARTITION:SERVICE:REGION:...; "" of what is none.
std::string region_in(std::string_view name) {
  if (!name.starts_with("arn:")) return {};
  for (int i = 0; i < 3; ++i) name.remove_prefix(std::min(name.find(':') + 1, name.size()));
  return std::string(name.substr(0, name.find(':')));
}

/// How a service is asked for it, and where its answer has it.
struct Asking {
  const AwsService& service;
  AwsMessage message;
  std::string_view title;
  const Value* (*text)(const Value& answer);  ///< null: it has none
};

Asking asking_for(const AwsSecretName& name) {
  Map question;
  if (name.keeper == AwsSecretName::Keeper::parameters) {
    question.set("Name", name.id);
    question.set("WithDecryption", true);
    return {ssm, json_message("AmazonSSM.GetParameter", Value(std::move(question)), "/Parameter/Value"), "parameter",
            [](const Value& answer) {
              return at(answer, {"Parameter", "Value"});
            }};
  }
  question.set("SecretId", name.id);
  if (!name.stage.empty()) question.set("VersionStage", name.stage);
  if (!name.version.empty()) question.set("VersionId", name.version);
  // A secret that is no text has its name all the same.
  return {secrets_manager, json_message("secretsmanager.GetSecretValue", Value(std::move(question)), "/Name"), "secret",
          [](const Value& answer) { return at(answer, {"SecretString"}); }};
}

/// One member of a JSON object.
std::variant<std::string, NotFound> member_of(const std::string& text, const std::string& key,
                                              const std::string& what) {
  std::string why;
  const std::optional<Value> object = parse_json(text, why);
  if (!object || !object->is_map()) return NotFound{what + " is no JSON object", "leave out what follows the '#'"};
  const Value* member = object->find(key);
  if (member == nullptr) return NotFound{fmt::format("{} has no key '{}'", what, key), ""};
  return member->is_string() ? member->string() : to_json(*member, SecretsAs::clear);
}

std::variant<std::string, NotFound> text_in(const AwsAnswer& answer, const Asking& asking, const std::string& what) {
  if (answer.failure) {
    const bool absent = std::ranges::find(absent_codes, answer.failure->code) != absent_codes.end();
    return NotFound{fmt::format("{}: {}", what, to_string(*answer.failure)), "", !absent};
  }
  const Value* value = asking.text(answer.value);
  if (value == nullptr || !value->is_string()) return NotFound{what + " is no text", ""};
  return value->string();
}

}  // namespace

std::variant<AwsPlace, NotFound> AwsSecrets::place_of(const SecretQuestion& question) {
  if (question.place) return question.place();
  return AwsPlace{.name = "AWS's own credential chain"};
}

std::optional<NotFound> AwsSecrets::obstacle(AwsAccount& account, const AwsPlace& place) {
  Stop never;
  if (place.account_id.empty()) {
    const AwsFound found = wait_for(logins_.system(), account.credentials(never));
    if (!found.problem) return std::nullopt;
    return NotFound{found.problem->message, found.problem->hint, true};
  }
  const auto known = identities_.find(place.name);
  if (known != identities_.end()) return known->second;
  std::optional<NotFound> wrong;
  const AwsIdentity identity = wait_for(logins_.system(), account.identify(never));
  if (!identity.good) wrong = NotFound{identity.why, identity.hint, true};
  return identities_.emplace(place.name, std::move(wrong)).first->second;
}

std::variant<std::string, NotFound> AwsSecrets::find(const AwsSecretName& name, const SecretQuestion& question) {
  std::variant<AwsPlace, NotFound> known = place_of(question);
  if (auto* missing = std::get_if<NotFound>(&known)) return std::move(*missing);
  const AwsPlace& place = std::get<AwsPlace>(known);
  Asking asking = asking_for(name);
  const std::string what = question.account == nullptr ? fmt::format("the {} '{}' of AWS", asking.title, name.id)
                                                       : fmt::format("the {} '{}' of the account '{}'", asking.title,
                                                                     name.id, question.account->name);
  AwsAccount account(logins_, place);
  if (std::optional<NotFound> wrong = obstacle(account, place)) {
    wrong->message = fmt::format("{}: {}", what, wrong->message);
    return *std::move(wrong);
  }
  Stop never;
  AwsAccount there = account.in(region_in(name.id));
  const AwsAnswer answer = wait_for(logins_.system(), there.call(asking.service, std::move(asking.message), never));
  std::variant<std::string, NotFound> text = text_in(answer, asking, what);
  const std::string* whole = std::get_if<std::string>(&text);
  if (whole == nullptr || !name.key) return text;
  return member_of(*whole, *name.key, what);
}

}  // namespace verba
