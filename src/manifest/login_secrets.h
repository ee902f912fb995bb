// SPDX-License-Identifier: Apache-2.0
// Secrets of AWS, the accounts by which they are asked for, and the secrets that getting into those takes.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "manifest/model.h"

namespace verba {

/// Which account a secret of AWS names, by a role of the environment or by name; null where it names none; or what is
/// mistaken in the reference.
std::variant<const Account*, NotFound> account_of_secret(const Model&, const std::string& reference);

/// How to get into that account. Its own secrets are asked for here.
std::variant<AwsPlace, NotFound> place_of_secret(const Model&, const Account&, const Surroundings&);

/// A secret of AWS that one needs to get into an account.
struct LoginSecret {
  const Account* account = nullptr;  ///< by which it is asked for; null: none is named
  Where where;
};

/// All that the account's authentication, and those that it takes its role on with, will ask for, as far as that can be
/// told before anybody is asked. Adds what is mistaken in their references.
std::vector<LoginSecret> login_secrets(const Model&, const Account&, const Surroundings&, Diagnostics&);

}  // namespace verba
