// SPDX-License-Identifier: Apache-2.0
// Where the services of AWS are.
#pragma once

#include <string>
#include <string_view>

#include "aws/configuration.h"
#include "aws/place.h"
#include "os/system.h"

namespace verba {

/// A service. All text has static storage.
struct AwsService {
  std::string_view name;          ///< in signatures and host names: "cloudformation"
  std::string_view id;            ///< in settings: "cloudformation", "secrets_manager"
  std::string_view version = {};  ///< of its API, where calls have to name it
  std::string_view title = {};    ///< for people: "CloudFormation"
};
const AwsService& sts_service();
const AwsService& sso_service();  ///< whose host name is another: portal.sso

/// A part of AWS with accounts and endpoints of its own, by the region: "aws", "aws-cn", ...
struct AwsPartition {
  std::string_view name;
  std::string_view domain;  ///< "amazonaws.com"
};
AwsPartition partition_of(std::string_view region);

/// The profile whose settings count for a login.
std::string profile_of(const AwsLogin&, System&);

/// The first of: the place's own, that of a profile that the login names, AWS_REGION, AWS_DEFAULT_REGION, that of the
/// profile that counts. "" when nobody says one.
std::string region_of(const AwsPlace&, const AwsConfiguration&, System&);

/// Is it what an endpointUrl may be? Without a query, and without a user name or a password: addresses are shown.
bool is_aws_endpoint(std::string_view);
/// arn:PARTITION:iam::ACCOUNT:role/NAME
bool is_aws_role(std::string_view);
/// The first of what a person has set besides manifests and cannot be meant (an address, the region, AWS_MAX_ATTEMPTS,
/// certificates to trust): a sentence that names the setting; values that could hold a secret are not shown. "" when
/// there is none.
std::string wrong_setting(const AwsPlace&, const AwsConfiguration&, System&);

/// Certificates (PEM) to trust in place of the machine's: AWS_CA_BUNDLE, or as the profile says; "": the machine's.
std::string ca_file_of(const AwsConfiguration&, System&);

/// The first of: the place's endpointUrl, AWS_ENDPOINT_URL_SERVICE, AWS_ENDPOINT_URL, the profile's `services`, its
/// endpoint_url (these four not with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), and AWS's own. Without a '/' at its end.
std::string endpoint_of(const AwsService&, std::string_view region, const AwsPlace&, const AwsConfiguration&, System&);

}  // namespace verba
