// SPDX-License-Identifier: Apache-2.0
// Secrets that AWS keeps: parameters of Systems Manager, and Secrets Manager.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "aws/account.h"
#include "aws/secret_name.h"
#include "manifest/model.h"

namespace verba {

/// Asks by the account that a secret names, else by AWS's own credential chain; in its region, but for the one that an
/// ARN names. Borrows the logins. One thread.
class AwsSecrets {
 public:
  explicit AwsSecrets(AwsLogins& logins) : logins_(logins) {}

  /// The answer, or why there is none; where the account is not the one that it must be, nothing is asked for. Waits by
  /// polling the system. REQUIRES: the name has no mistake.
  std::variant<std::string, NotFound> find(const AwsSecretName&, const SecretQuestion&);

 private:
  std::variant<AwsPlace, NotFound> place_of(const SecretQuestion&);
  /// What is in the way of getting in.
  std::optional<NotFound> obstacle(AwsAccount&, const AwsPlace&);

  AwsLogins& logins_;
  std::map<std::string, std::optional<NotFound>>
      identities_;  ///< what is wrong with accounts that must be a certain one
};

}  // namespace verba
