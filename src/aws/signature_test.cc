// SPDX-License-Identifier: Apache-2.0
#include "aws/signature.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

const AwsCredentials example{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};

std::string signature_of(AwsMessage message, const AwsCredentials& credentials, const SigningScope& scope,
                         const PathRules& rules) {
  sign(message, credentials, scope, rules);
  const std::string& header = message.headers.back().second;
  return header.substr(header.rfind('=') + 1);
}

/// A case of AWS's own suite: its service is "service", its paths are encoded once.
struct Case {
  const char* name;
  AwsMessage message;
  const char* signature;
  bool tidied = true;
};

TEST(Signature, IsAsInTheSuiteOfAws) {
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::pair<std::string, std::string> host{"Host", "example.amazonaws.com"};
  const std::string form = "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e";
  const Case cases[] = {
      {"vanilla", {"GET", "/", {}, {host}, ""}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"a name three times",
       {"GET", "/", {}, {host, {"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, ""},
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"blanks",
       {"GET", "/", {}, {host, {"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}, ""},
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"relative",
       {"GET", "/example1/example2/../..", {}, {host}, ""},
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"slashes",
       {"GET", "//example//", {}, {host}, ""},
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"not tidied",
       {"GET", "/./", {}, {host}, ""},
       "68714168e6557f8f2de0ef956fc24dc2593a4bd2961f8df51898d8a134695145",
       false},
      {"a blank in the path",
       {"GET", "/example space/", {}, {host}, ""},
       "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"UTF-8 in the path",
       {"GET", "/\u1234", {}, {host}, ""},
       "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"order of the query",
       {"GET", "/", {{"Param-3", "Value3"}, {"Param", "Value2"}, {"\u1234", "Value1"}}, {host}, ""},
       "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
      {"what is not encoded",
       {"GET", "/", {{unreserved, unreserved}}, {host}, ""},
       "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"a form",
       {"POST",
        "/",
        {},
        {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
         host,
         {"Content-Length", "13"},
         {"X-Amz-Content-Sha256", form}},
        "Param1=value1"},
       "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422"},
  };
  const SigningScope scope{"us-east-1", "service", *parse_instant("2015-08-30T12:36:00Z")};
  for (const Case& one : cases) {
    EXPECT_EQ(signature_of(one.message, example, scope, {one.tidied, false}), one.signature) << one.name;
  }
}

// What botocore 1.43 makes of the same requests.
const AwsCredentials temporary{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the/token=="};
const Instant noon = *parse_instant("2026-11-28T09:55:11Z");

TEST(Signature, EncodesPathsTwiceButForS3) {
  const AwsMessage lambda{"GET",
                          "/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:f",
                          {},
                          {{"Host", "lambda.eu-central-1.amazonaws.com"}},
                          ""};
  EXPECT_EQ(wire_path(lambda), "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Af");
  EXPECT_EQ(signature_of(lambda, temporary, {"eu-central-1", "lambda", noon}, path_rules("lambda")),
            "9ad60f0b38402529664a345a1bb4a2ef878186f6638787185f9240c7c4c07cb5");
}

TEST(Signature, OfS3KeepsThePathAndSignsTheDigestAndPrefixesOfHeaderNames) {
  AwsMessage put{"PUT",
                 "/a/../b (\u00fc)+.zip",
                 {{"versionId", "2"}, {"acl", ""}},
                 {{"Host", "b.s3.eu-central-1.amazonaws.com"},
                  {"x-amz-server-side-encryption-aws-kms-key-id", "k"},
                  {"x-amz-server-side-encryption", "aws:kms"},
                  {"Content-Type", "application/zip"}},
                 "hello"};
  EXPECT_EQ(wire_path(put), "/a/../b%20%28%C3%BC%29%2B.zip");
  EXPECT_EQ(wire_query(put), "acl=&versionId=2");
  EXPECT_EQ(signature_of(put, temporary, {"eu-central-1", "s3", noon}, path_rules("s3")),
            "f5493a63991f0e1004a2dd323ac4da86071ea7fd117f69cbebddcdd744fb01f5");
  EXPECT_EQ(signed_headers({"", "", {}, {{"B", ""}, {"a", ""}}, ""}), "a;b");
}

}  // namespace
}  // namespace verba
