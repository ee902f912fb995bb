// SPDX-License-Identifier: Apache-2.0
#include "cli/aws_secrets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/account.h"
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

}  // namespace

AwsAnswer AwsSecrets::ask(const AwsService& service, std::string_view target, const std::string& field,
                          const std::string& name) {
  if (!logins_) logins_ = std::make_unique<AwsLogins>(system_);
  AwsAccount account(*logins_, {.name = "AWS's own credential chain", .region = region_in(name)});
  Map body;
  body.set(field, name);
  if (&service == &ssm) body.set("WithDecryption", true);
  Stop never;
  // A secret that is no text has its name all the same.
  const char* const answered_by = &service == &ssm ? "/Parameter/Value" : "/Name";
  return wait_for(system_, account.call(service, json_message(target, Value(std::move(body)), answered_by), never));
}

std::variant<std::string, NotFound> AwsSecrets::find(const std::string& scheme, const std::string& name) {
  const bool is_parameter = scheme == "ssm";
  const std::size_t mark = is_parameter ? std::string::npos : name.rfind('#');
  const std::string id = name.substr(0, mark);
  const std::string what = (is_parameter ? "the parameter '" : "the secret '") + id + "' of AWS";
  const AwsAnswer answer = is_parameter ? ask(ssm, "AmazonSSM.GetParameter", "Name", id)
                                        : ask(secrets_manager, "secretsmanager.GetSecretValue", "SecretId", id);
  if (answer.failure) {
    const bool absent = std::ranges::find(absent_codes, answer.failure->code) != absent_codes.end();
    return NotFound{fmt::format("{}: {}", what, to_string(*answer.failure)), "", !absent};
  }
  const Value* value = is_parameter ? at(answer.value, {"Parameter", "Value"}) : at(answer.value, {"SecretString"});
  if (value == nullptr || !value->is_string()) return NotFound{what + " is no text", ""};
  if (mark != std::string::npos) return member_of(value->string(), name.substr(mark + 1), what);
  return value->string();
}

}  // namespace verba
