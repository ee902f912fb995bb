// SPDX-License-Identifier: Apache-2.0
// Where credentials of AWS come from, in the order of AWS's own tools: see "Standardized credential providers" in the
// AWS SDKs and Tools Reference Guide.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/configuration.h"
#include "aws/logins.h"
#include "aws/transport.h"

namespace verba {

/// Credentials that were found; a problem where a control character is in one of them, which would begin another header
/// of every request. `from`: "the profile 'web' (~/.aws/config:3)".
AwsFound checked(AwsCredentials, std::string_view from);
/// Those of an answer with SecretAccessKey in it, as STS, containers, instances and processes give it. `token`: what
/// the session's is called there.
std::optional<AwsCredentials> credentials_in(const Value&, std::string_view token);
constexpr const char* control_hint = "take it away; often it is the end of the line of the file that it was read from";

/// Looks once for the credentials of a place's login. Changes nothing but what AWS and a credential_process write down
/// of themselves, and the token of a session of SSO, which it renews as AWS's own tools do. Borrows the logins; lives
/// as long as what it is asked for is under way.
class AwsSources {
 public:
  AwsSources(AwsLogins& logins, AwsPlace place);
  Async<AwsFound> find(Stop& stop);
  bool has_asked() const { return has_asked_; }  ///< a person, who answered

 private:
  /// What to ask STS for a role with.
  struct Role {
    std::string arn;
    std::string external_id = {};
    std::string session_name = {};
    Milliseconds duration{0};
    std::string mfa_serial = {};
    std::string mfa_code = {};
  };

  Async<AwsFound> of(AwsLogin login, Stop& stop);
  Async<AwsFound> of_role(AwsLogin login, Stop& stop);
  Async<AwsFound> of_chain(Stop& stop);
  /// `way`: the profiles that led here by their source_profile.
  Async<AwsFound> of_profile(std::string name, std::vector<std::string> way, Stop& stop);
  Async<AwsFound> of_role_profile(std::string name, std::vector<std::string> way, Stop& stop);
  /// Files that can be read only in part may lead to the wrong account.
  std::optional<AwsFound> broken_files() const;
  Async<AwsFound> of_source(std::string name, Stop& stop);
  AwsFound of_environment() const;
  AwsFound of_keys(std::string_view profile) const;
  Async<AwsFound> of_process(std::string profile, Stop& stop);
  Async<AwsFound> of_sso(std::string profile, Stop& stop);
  /// Renews the token of a session of SSO, where it says how, and writes it to `path`. Nothing else is a failure.
  Async<std::optional<AwsFailure>> renew_sso(std::string path, Value& token, std::string region, Stop& stop);
  Async<AwsFound> of_container(Stop& stop);
  Async<AwsFound> of_instance(Stop& stop);
  Async<AwsFound> take_on(Role role, AwsCredentials credentials, Stop& stop);
  Async<AwsFound> take_on_by_token(Role role, std::string token_file, Stop& stop);

  Async<AwsFound> ask_sts(std::string action, Variables parameters, std::optional<AwsCredentials> credentials,
                          std::string role, Stop& stop);
  /// `place`: a whole address without its path.
  Async<AwsAnswer> ask_machine(std::string place, AwsMessage message, Stop& stop);
  std::string variable(const char* name) const;
  std::string setting(std::string_view profile, std::string_view name) const;
  std::string place_of(std::string_view profile, std::string_view name) const {
    return configuration_.place_of(profile, name);
  }

  AwsLogins& logins_;
  AwsTransport& transport_;
  System& system_;
  const AwsConfiguration& configuration_;
  AwsPlace place_;
  bool has_asked_ = false;
};

}  // namespace verba
