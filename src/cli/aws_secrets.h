// SPDX-License-Identifier: Apache-2.0
// Secrets that AWS keeps: parameters of Systems Manager, and Secrets Manager.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "aws/logins.h"
#include "value/expr.h"

namespace verba {

/// Asks with AWS's own credential chain and region, but for the region that an ARN names. Borrows the system. One
/// thread.
class AwsSecrets {
 public:
  explicit AwsSecrets(System& system) : system_(system) {}

  /// `ssm:NAME`, with the version or the label that AWS takes after it (`ssm:NAME:3`); `secretsmanager:ID`, after it
  /// `?stage=STAGE`, `?version=ID` or both (`&`), then `#KEY`: one of a secret that is a JSON object. The answer, or
  /// why there is none. Waits for it by polling the system.
  std::variant<std::string, NotFound> find(const std::string& scheme, const std::string& name);
  static bool is_scheme(std::string_view scheme) { return scheme == "ssm" || scheme == "secretsmanager"; }

 private:
  std::variant<std::string, NotFound> parameter(const std::string& name);
  std::variant<std::string, NotFound> secret(const std::string& written);
  /// `name`: whose region counts, where it is an ARN.
  AwsAnswer ask(const AwsService& service, std::string_view target, const std::string& name, Map question);

  System& system_;
  std::unique_ptr<AwsLogins> logins_;  ///< when first needed
};

}  // namespace verba
