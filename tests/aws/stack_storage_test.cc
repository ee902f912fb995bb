// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_storage.h"

#include <gtest/gtest.h>

#include "aws/stacks_world.h"

namespace verba {
namespace {

struct Storage : testing::Test, StacksWorld {
  std::string address_in(const std::string& region, const std::string& endpoint = "") {
    AwsPlace place{.name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = region};
    place.endpoint_url = endpoint;
    const AwsAccount there(logins, place);
    return place_of(there, "code").address;
  }
};

TEST_F(Storage, TemplatesAreReadByTheAddressOfTheirRegionAndPartition) {
  EXPECT_EQ(address_in("eu-central-1"), "https://s3.eu-central-1.amazonaws.com/code/");
  EXPECT_EQ(address_in("us-east-1"), "https://s3.us-east-1.amazonaws.com/code/");
  EXPECT_EQ(address_in("us-gov-west-1"), "https://s3.us-gov-west-1.amazonaws.com/code/");
  EXPECT_EQ(address_in("cn-north-1"), "https://s3.cn-north-1.amazonaws.com.cn/code/");
  EXPECT_EQ(address_in("us-iso-east-1"), "https://s3.us-iso-east-1.c2s.ic.gov/code/");
  EXPECT_EQ(address_in("us-isob-east-1"), "https://s3.us-isob-east-1.sc2s.sgov.gov/code/");
  EXPECT_EQ(address_in("eu-isoe-west-1"), "https://s3.eu-isoe-west-1.cloud.adc-e.uk/code/");
  EXPECT_EQ(address_in("us-isof-south-1"), "https://s3.us-isof-south-1.csp.hci.ic.gov/code/");
  EXPECT_EQ(address_in("eusc-de-east-1"), "https://s3.eusc-de-east-1.amazonaws.eu/code/");
}

TEST_F(Storage, OurOwnWayToS3IsNotCloudFormations) {
  system.environment["AWS_ENDPOINT_URL_S3"] = "https://bucket.vpce-1a2b.s3.eu-central-1.vpce.amazonaws.com";
  EXPECT_EQ(address_in("eu-central-1"), "https://s3.eu-central-1.amazonaws.com/code/");
  system.environment["AWS_ENDPOINT_URL_CLOUDFORMATION"] = "http://localhost:4566";
  EXPECT_EQ(address_in("eu-central-1"), "https://bucket.vpce-1a2b.s3.eu-central-1.vpce.amazonaws.com/code/");
  EXPECT_EQ(address_in("eu-central-1", "http://localhost:5000/"), "http://localhost:5000/code/");
}

TEST_F(Storage, ALargeTemplateIsWrittenWhereItIsRead) {
  system.servers = [](const WebRequest& request) -> WebAnswer {
    if (request.method == "HEAD") return {.status = 404};
    return {.status = 200, .headers = {{"etag", "\"e\""}}};
  };
  WantedStack wanted{.name = "s", .body = "Resources: {}\n#" + std::string(60'000, 'x'), .bucket = "code"};
  StackStorage storage(
      account, [](const std::string&) {}, stop);
  std::string url;
  EXPECT_FALSE(wait_for(system, storage.store(&wanted, &url)));
  EXPECT_EQ(url, "https://s3.eu-central-1.amazonaws.com/code/" + template_key(wanted.body));
  EXPECT_EQ(system.requests.back().method, "PUT");
  EXPECT_EQ(system.requests.back().url, url);
}

}  // namespace
}  // namespace verba
