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

  /// `ssm:NAME` and `secretsmanager:ID` or `secretsmanager:ID#KEY`, of which KEY is one of a secret that is a JSON
  /// object. The answer, or why there is none. Waits for it by polling the system.
  std::variant<std::string, NotFound> find(const std::string& scheme, const std::string& name);
  static bool is_scheme(std::string_view scheme) { return scheme == "ssm" || scheme == "secretsmanager"; }

 private:
  AwsAnswer ask(const AwsService& service, std::string_view target, const std::string& field, const std::string& name);

  System& system_;
  std::unique_ptr<AwsLogins> logins_;  ///< when first needed
};

}  // namespace verba
