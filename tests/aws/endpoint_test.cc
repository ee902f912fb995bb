// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_system.h"

namespace verba {
namespace {

class Endpoint : public testing::Test {
 protected:
  Endpoint() {
    read_aws_file(
        "[default]\nregion = eu-north-1\nendpoint_url = http://profile\nservices = own\n"
        "[profile web]\nregion = eu-west-2\n[services own]\nsts =\n  endpoint_url = http://services\n",
        AwsFile::config, configuration);
  }
  std::string of(const AwsPlace& place) const {
    return endpoint_of(sts_service(), "cn-north-1", place, configuration, system);
  }

  mutable FakeSystem system;
  AwsConfiguration configuration;
  AwsPlace by_chain;
  AwsPlace by_profile{.name = "", .login = {.kind = AwsLogin::Kind::profile, .profile = "web"}};
};

TEST_F(Endpoint, TheNearestSayingCounts) {
  EXPECT_EQ(of(by_profile), "https://sts.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(of(by_chain), "http://services");
  configuration.services.clear();
  EXPECT_EQ(of(by_chain), "http://profile");
  system.environment["AWS_ENDPOINT_URL"] = "http://all/";
  EXPECT_EQ(of(by_chain), "http://all");
  system.environment["AWS_ENDPOINT_URL_STS"] = "http://sts";
  EXPECT_EQ(of(by_chain), "http://sts");
  by_chain.endpoint_url = "http://account";
  system.environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(of(by_chain), "http://account");
  by_chain.endpoint_url.clear();
  EXPECT_EQ(of(by_chain), "https://sts.cn-north-1.amazonaws.com.cn");
}

TEST_F(Endpoint, AnAddressWithAPasswordIsTold) {
  const auto wrong = [&](const AwsPlace& place) { return wrong_setting(place, configuration, system); };
  const char* const seen =
      " has a user name or a password in it, which would be seen: addresses are shown and recorded";
  EXPECT_EQ(wrong(by_chain), "");
  configuration.profiles["default"]["endpoint_url"] = "http://ann:hunter2@profile";
  EXPECT_EQ(wrong(by_chain), std::string("endpoint_url of the profile 'default' (:3)") + seen);
  EXPECT_EQ(wrong(by_profile), "");
  configuration.services["own"]["s3.endpoint_url"] = "http://ann:hunter2@services";
  configuration.profiles["default"]["endpoint_url"] = "";
  EXPECT_EQ(wrong(by_chain), std::string("s3.endpoint_url of [services own]") + seen);
  system.environment["AWS_ENDPOINT_URL_S3"] = "https://ann:hunter2@localhost";
  EXPECT_EQ(wrong(by_profile), std::string("AWS_ENDPOINT_URL_S3") + seen);
  system.environment["AWS_ENDPOINT_URL_S3"] = "banana";
  EXPECT_THAT(wrong(by_profile), testing::StartsWith("AWS_ENDPOINT_URL_S3 is no address of a service"));
  by_profile.endpoint_url = "http://account";
  EXPECT_EQ(wrong(by_profile), "");
}

TEST_F(Endpoint, WhatCannotBeMeantIsTold) {
  const auto wrong = [&] { return wrong_setting(by_chain, configuration, system); };
  system.environment["AWS_MAX_ATTEMPTS"] = "rubbish";
  EXPECT_EQ(wrong(), "AWS_MAX_ATTEMPTS is 'rubbish', which is no number of tries");
  system.environment["AWS_MAX_ATTEMPTS"] = "3";
  system.environment["AWS_CA_BUNDLE"] = "/absent.pem";
  EXPECT_EQ(wrong(),
            "there is no file '/absent.pem' with certificates to trust (AWS_CA_BUNDLE, or ca_bundle of the profile)");
  system.add_file("/absent.pem", "");
  EXPECT_EQ(wrong(), "");
}

TEST_F(Endpoint, SoItIsWithTheRegion) {
  EXPECT_EQ(region_of(by_chain, configuration, system), "eu-north-1");
  EXPECT_EQ(region_of(by_profile, configuration, system), "eu-west-2");
  system.environment["AWS_DEFAULT_REGION"] = "us-east-2";
  EXPECT_EQ(region_of(by_chain, configuration, system), "us-east-2");
  system.environment["AWS_REGION"] = "us-east-1";
  EXPECT_EQ(region_of(by_chain, configuration, system), "us-east-1");
  EXPECT_EQ(region_of(by_profile, configuration, system), "eu-west-2");
  by_chain.region = "eu-central-1";
  EXPECT_EQ(region_of(by_chain, configuration, system), "eu-central-1");
}

}  // namespace
}  // namespace verba
