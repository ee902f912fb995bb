// SPDX-License-Identifier: Apache-2.0
#include "aws/secret_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace verba {
namespace {

using Keeper = AwsSecretName::Keeper;

void mistake(AwsSecretName& name, std::string message, std::string hint) {
  if (!name.mistake.empty()) return;
  name.mistake = std::move(message);
  name.hint = std::move(hint);
}

/// Where the value of that word belongs; null when it is none.
std::string* place_of(std::string_view word, AwsSecretName& name) {
  if (word == "account") return &name.account;
  if (name.keeper == Keeper::parameters) return nullptr;
  return word == "stage" ? &name.stage : word == "version" ? &name.version : nullptr;
}

void read_word(std::string_view text, AwsSecretName& name) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string_view word = text.substr(0, equals);
  const std::string_view value = text.substr(std::min(equals + 1, text.size()));
  std::string* const place = place_of(word, name);
  if (place == nullptr || value.empty()) {
    return mistake(name, fmt::format("'?{}' says nothing", text),
                   name.keeper == Keeper::secrets
                       ? "say ?account=NAME, ?stage=STAGE, as AWSPREVIOUS, or ?version=ID"
                       : "say ?account=NAME; a version or a label comes before it: ssm:NAME:3");
  }
  if (!place->empty()) return mistake(name, fmt::format("'{}' is said twice", word), "keep one of them");
  *place = value;
}

}  // namespace

std::optional<AwsSecretName> read_aws_secret(std::string_view reference) {
  const std::size_t colon = std::min(reference.find(':'), reference.size());
  const std::string_view scheme = reference.substr(0, colon);
  const bool is_parameter = scheme == "ssm";
  if (colon == reference.size() || (!is_parameter && scheme != "secretsmanager")) return std::nullopt;
  AwsSecretName name{.keeper = is_parameter ? Keeper::parameters : Keeper::secrets};
  reference.remove_prefix(colon + 1);
  if (const std::size_t mark = reference.find('#'); mark != std::string_view::npos) {
    name.key = reference.substr(mark + 1);
    reference = reference.substr(0, mark);
  }
  std::size_t at = std::min(reference.find('?'), reference.size());
  name.id = reference.substr(0, at);
  while (at < reference.size()) {
    const std::size_t end = std::min(reference.find('&', at + 1), reference.size());
    read_word(reference.substr(at + 1, end - at - 1), name);
    at = end;
  }
  if (name.id.empty()) mistake(name, fmt::format("the name after '{}:' is missing", scheme), "");
  if (is_parameter && name.key) {
    mistake(name, fmt::format("'#{}' says nothing", *name.key), "only a secret of Secrets Manager has keys");
  }
  return name;
}

}  // namespace verba
