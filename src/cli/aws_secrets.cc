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

/// `ID?stage=STAGE&version=VERSION#KEY`: none of its marks can be in the name of a secret.
struct SecretName {
  Map question;  ///< what GetSecretValue is asked for
  std::string id;
  std::optional<std::string> key = {};
  std::string unknown = {};  ///< a word that says nothing
};

SecretName read_secret_name(std::string_view written) {
  SecretName name;
  const std::size_t mark = written.find('#');
  if (mark != std::string_view::npos) name.key = std::string(written.substr(mark + 1));
  written = written.substr(0, mark);
  const std::size_t words = written.find('?');
  name.id = std::string(written.substr(0, words));
  name.question.set("SecretId", name.id);
  for (std::size_t at = words; at != std::string_view::npos && name.unknown.empty();) {
    const std::size_t end = written.find('&', at + 1);
    const std::string word(written.substr(at + 1, end == std::string_view::npos ? end : end - at - 1));
    const std::string_view value = std::string_view(word).substr(std::min(word.find('=') + 1, word.size()));
    if (word.starts_with("stage=") && !value.empty()) {
      name.question.set("VersionStage", Value(value));
    } else if (word.starts_with("version=") && !value.empty()) {
      name.question.set("VersionId", Value(value));
    } else {
      name.unknown = "?" + word;
    }
    at = end;
  }
  return name;
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

std::variant<std::string, NotFound> text_in(const AwsAnswer& answer, std::initializer_list<std::string_view> path,
                                            const std::string& what) {
  if (answer.failure) {
    const bool absent = std::ranges::find(absent_codes, answer.failure->code) != absent_codes.end();
    return NotFound{fmt::format("{}: {}", what, to_string(*answer.failure)), "", !absent};
  }
  const Value* value = at(answer.value, path);
  if (value == nullptr || !value->is_string()) return NotFound{what + " is no text", ""};
  return value->string();
}

}  // namespace

AwsAnswer AwsSecrets::ask(const AwsService& service, std::string_view target, const std::string& name, Map question) {
  if (!logins_) logins_ = std::make_unique<AwsLogins>(system_);
  AwsAccount account(*logins_, {.name = "AWS's own credential chain", .region = region_in(name)});
  Stop never;
  // A secret that is no text has its name all the same.
  const char* const answered_by = &service == &ssm ? "/Parameter/Value" : "/Name";
  return wait_for(system_, account.call(service, json_message(target, Value(std::move(question)), answered_by), never));
}

std::variant<std::string, NotFound> AwsSecrets::find(const std::string& scheme, const std::string& written) {
  return scheme == "ssm" ? parameter(written) : secret(written);
}

std::variant<std::string, NotFound> AwsSecrets::parameter(const std::string& name) {
  Map question;
  question.set("Name", name);
  question.set("WithDecryption", true);
  const AwsAnswer answer = ask(ssm, "AmazonSSM.GetParameter", name, std::move(question));
  return text_in(answer, {"Parameter", "Value"}, "the parameter '" + name + "' of AWS");
}

std::variant<std::string, NotFound> AwsSecrets::secret(const std::string& written) {
  SecretName name = read_secret_name(written);
  const std::string what = "the secret '" + name.id + "' of AWS";
  if (!name.unknown.empty()) {
    return NotFound{fmt::format("{}: '{}' says nothing", what, name.unknown),
                    "say ?stage=STAGE, as AWSPREVIOUS, or ?version=ID"};
  }
  const AwsAnswer answer = ask(secrets_manager, "secretsmanager.GetSecretValue", name.id, std::move(name.question));
  std::variant<std::string, NotFound> text = text_in(answer, {"SecretString"}, what);
  const std::string* whole = std::get_if<std::string>(&text);
  if (whole == nullptr || !name.key) return text;
  return member_of(*whole, *name.key, what);
}

}  // namespace verba
