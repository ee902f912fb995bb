// SPDX-License-Identifier: Apache-2.0
// How manifests name secrets that AWS keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verba {

/// `ssm:NAME?account=ACCOUNT`; `secretsmanager:ID?account=ACCOUNT&stage=STAGE&version=VERSION#KEY`. Each word may be
/// left out, and they come in any order. No name, ARN, label or version of AWS has a '?' or a '#' in it.
struct AwsSecretName {
  enum class Keeper { parameters, secrets } keeper = Keeper::parameters;  ///< Systems Manager, Secrets Manager
  std::string id = {};       ///< a name or an ARN; of a parameter with ":VERSION" or ":LABEL"
  std::string account = {};  ///< by which it is asked for; "": by who we are around here
  std::string stage = {};
  std::string version = {};
  std::optional<std::string> key = {};  ///< one of a secret that is a JSON object

  std::string mistake = {};  ///< "'?satge=AWSPREVIOUS' says nothing"; "" when there is none
  std::string hint = {};     ///< then
};

/// Nothing when it is not one of AWS.
std::optional<AwsSecretName> read_aws_secret(std::string_view reference);

}  // namespace verba
