// SPDX-License-Identifier: Apache-2.0
#include "aws/configuration.h"

#include <gtest/gtest.h>

#include "aws/endpoint.h"

namespace verba {
namespace {

TEST(AwsConfiguration, ReadsBothFilesAsAwsDoes) {
  AwsConfiguration configuration;
  read_aws_file(R"(# all of it
[default]
region = eu-central-1   ; Frankfurt
output=json
[profile "two words"]
Role_ARN = arn:aws:iam::123456789012:role/a#b
credential_process = "/opt/a b" --x = y
aws_access_key_id = OLD
s3 =
  endpoint_url = http://localhost:1
  max_concurrent_requests = 2
region = us-east-1
[plain]
region = ignored
[sso-session corp]
sso_region = eu-west-1
[services local]
cloudformation =
  endpoint_url = http://localhost:2
)",
                AwsFile::config, configuration);
  read_aws_file("\xEF\xBB\xBF[two words]\r\naws_access_key_id = NEW\r\n[plain]\naws_secret_access_key=a=b;c\n",
                AwsFile::credentials, configuration);
  EXPECT_EQ(configuration.setting("default", "region"), "eu-central-1");
  EXPECT_EQ(configuration.setting("two words", "role_arn"), "arn:aws:iam::123456789012:role/a#b");
  EXPECT_EQ(configuration.setting("two words", "credential_process"), "\"/opt/a b\" --x = y");
  EXPECT_EQ(configuration.setting("two words", "s3.endpoint_url"), "http://localhost:1");
  EXPECT_EQ(configuration.setting("two words", "s3.max_concurrent_requests"), "2");
  EXPECT_EQ(configuration.setting("two words", "region"), "us-east-1");
  EXPECT_EQ(configuration.setting("two words", "aws_access_key_id"), "NEW");
  EXPECT_EQ(configuration.setting("plain", "region"), "");
  EXPECT_EQ(configuration.setting("plain", "aws_secret_access_key"), "a=b;c");
  EXPECT_EQ(configuration.sso_sessions.at("corp").at("sso_region"), "eu-west-1");
  EXPECT_EQ(configuration.services.at("local").at("cloudformation.endpoint_url"), "http://localhost:2");
  EXPECT_EQ(configuration.setting("nobody", "region"), "");
}

TEST(AwsConfiguration, TellsWhatCannotBeReadAndWhere) {
  AwsConfiguration configuration;
  read_aws_file(
      "region = early\n[default\nx = 1\n[prod]\nregion = eu-west-1\n[profile a]\nregion: us-east-1\nnonsense\n"
      "role_arn = r\n  goes on\n",
      AwsFile::config, configuration, "~/config");
  EXPECT_EQ(configuration.faults,
            (std::vector<std::string>{"~/config:1: no [SECTION] is above it", "~/config:2: ']' is missing",
                                      "~/config:8: neither [SECTION] nor NAME = VALUE"}));
  EXPECT_EQ(configuration.others.at("prod"), "~/config:4");
  EXPECT_EQ(configuration.setting("a", "region"), "us-east-1");
  EXPECT_EQ(configuration.place_of("a", "role_arn"), " (~/config:9)");
  EXPECT_EQ(configuration.place_of("a", "none"), "");
}

TEST(AwsPartition, IsByTheRegion) {
  EXPECT_EQ(partition_of("eu-central-1").domain, "amazonaws.com");
  EXPECT_EQ(partition_of("cn-north-1").domain, "amazonaws.com.cn");
  EXPECT_EQ(partition_of("us-gov-west-1").name, "aws-us-gov");
  EXPECT_EQ(partition_of("us-isob-east-1").domain, "sc2s.sgov.gov");
  EXPECT_EQ(partition_of("us-iso-east-1").domain, "c2s.ic.gov");
  EXPECT_EQ(partition_of("eusc-de-east-1").domain, "amazonaws.eu");
}

}  // namespace
}  // namespace verba
