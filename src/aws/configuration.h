// SPDX-License-Identifier: Apache-2.0
// AWS's shared files, ~/.aws/config and ~/.aws/credentials, as the "AWS SDKs and Tools Reference Guide" has them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/system.h"

namespace verba {

/// Settings by name in lower case; those below another one as "s3.endpoint_url".
using AwsSection = std::map<std::string, std::string, std::less<>>;

struct AwsConfiguration {
  std::map<std::string, AwsSection, std::less<>> profiles;  ///< of both files; the credentials file is stronger
  std::map<std::string, AwsSection, std::less<>> sso_sessions;
  std::map<std::string, AwsSection, std::less<>> services;

  std::map<std::string, std::string, std::less<>> others;  ///< sections that mean nothing, with their places
  std::vector<std::string> faults;                         ///< "PATH:LINE: why that line cannot be read"

  /// "" when there is no such profile or setting.
  std::string_view setting(std::string_view profile, std::string_view name) const;
  /// Does somebody have to give the code of an MFA device for it, or for one of those that it is taken on with?
  bool asks_for_code(std::string_view profile) const;
  /// Where that is written, for people: " (PATH:LINE)", "" when it is not.
  std::string place_of(std::string_view profile, std::string_view name) const;

  std::map<std::pair<std::string, std::string>, std::string> places;  ///< of profiles and settings: "PATH:LINE"
};

/// Adds the profiles of a text. `path`: its file, for people.
enum class AwsFile { config, credentials };
void read_aws_file(std::string_view text, AwsFile, AwsConfiguration&, std::string_view path = {});

/// Both files, where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE or the home directory have them; absent is fine.
AwsConfiguration read_aws_configuration(System&);

/// AWS_PROFILE, AWS_DEFAULT_PROFILE, or "default".
std::string default_profile(System&);

/// With the home directory in the place of "~/".
std::string home_path(System&, const std::string& path);

}  // namespace verba
