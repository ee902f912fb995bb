// SPDX-License-Identifier: Apache-2.0
// What is known of an account of AWS before anybody gets in: plain values.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/instant.h"

namespace verba {

/// A key to sign with. Secret but for the id; there is no formatter for it.
struct AwsCredentials {
  std::string access_key;  ///< its id
  std::string secret_key;
  std::string session_token = {};       ///< of temporary ones
  std::optional<Instant> expires = {};  ///< nothing: they stay
};

/// How one gets in.
struct AwsLogin {
  enum class Kind {
    chain,    ///< AWS's own: environment, profile, files, container, instance
    keys,     ///< `keys`
    profile,  ///< the profile of that name of AWS's shared files, and nothing else
    role,     ///< a role, taken on by `source`
  } kind = Kind::chain;
  AwsCredentials keys = {};
  std::string profile = {};
  std::string role_arn = {};
  std::string external_id = {};
  std::string session_name = {};                ///< "": one of ours
  Milliseconds duration{0};                     ///< of a session; 0: as AWS does of itself, an hour
  std::shared_ptr<const AwsLogin> source = {};  ///< null: the chain
};

/// An account.
struct AwsPlace {
  std::string name;  ///< as manifests call it
  AwsLogin login = {};
  std::string region = {};        ///< "": as the login's profile or the environment says
  std::string account_id = {};    ///< which it must be; "": any
  std::string endpoint_url = {};  ///< of all its services; "": as is usual
};

}  // namespace verba
