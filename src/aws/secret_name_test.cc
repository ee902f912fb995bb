// SPDX-License-Identifier: Apache-2.0
#include "aws/secret_name.h"

#include <gtest/gtest.h>

namespace verba {
namespace {

/// "KEEPER ID account=.. stage=.. version=.. #KEY", or what is wrong.
std::string read(std::string_view reference) {
  const std::optional<AwsSecretName> name = read_aws_secret(reference);
  if (!name) return "not of AWS";
  if (!name->mistake.empty()) return "! " + name->mistake;
  std::string text = (name->keeper == AwsSecretName::Keeper::parameters ? "parameter " : "secret ") + name->id;
  if (!name->account.empty()) text += " account=" + name->account;
  if (!name->stage.empty()) text += " stage=" + name->stage;
  if (!name->version.empty()) text += " version=" + name->version;
  return name->key ? text + " #" + *name->key : text;
}

TEST(AwsSecretNames, are_as_AWS_has_them) {
  EXPECT_EQ(read("ssm:/web/password"), "parameter /web/password");
  EXPECT_EQ(read("ssm:/web/password:3"), "parameter /web/password:3");
  EXPECT_EQ(read("ssm:arn:aws:ssm:us-east-1:111111111111:parameter/web/password:blue"),
            "parameter arn:aws:ssm:us-east-1:111111111111:parameter/web/password:blue");
  EXPECT_EQ(read("secretsmanager:web/db_+=.@-x"), "secret web/db_+=.@-x");
  EXPECT_EQ(read("secretsmanager:arn:aws:secretsmanager:us-east-1:111111111111:secret:web/db-a1b2c3"),
            "secret arn:aws:secretsmanager:us-east-1:111111111111:secret:web/db-a1b2c3");
}

TEST(AwsSecretNames, say_whose_and_which) {
  EXPECT_EQ(read("ssm:/web/password:3?account=hub"), "parameter /web/password:3 account=hub");
  EXPECT_EQ(read("secretsmanager:web?account=ops@hub.example"), "secret web account=ops@hub.example");
  EXPECT_EQ(read("secretsmanager:web?stage=AWSPREVIOUS&account=hub#password"),
            "secret web account=hub stage=AWSPREVIOUS #password");
  EXPECT_EQ(read("secretsmanager:web?version=v1&stage=x#a?b&c=d#e"), "secret web stage=x version=v1 #a?b&c=d#e");
}

TEST(AwsSecretNames, say_what_is_wrong) {
  EXPECT_EQ(read("secretsmanager:web?satge=AWSPREVIOUS&x"), "! '?satge=AWSPREVIOUS' says nothing");
  EXPECT_EQ(read("secretsmanager:web?account="), "! '?account=' says nothing");
  EXPECT_EQ(read("secretsmanager:web?"), "! '?' says nothing");
  EXPECT_EQ(read("ssm:/web?stage=AWSPREVIOUS"), "! '?stage=AWSPREVIOUS' says nothing");
  EXPECT_EQ(read("ssm:/web?account=a&account=b"), "! 'account' is said twice");
  EXPECT_EQ(read("ssm:/web#key"), "! '#key' says nothing");
  EXPECT_EQ(read("ssm:?account=hub"), "! the name after 'ssm:' is missing");
}

TEST(AwsSecretNames, are_not_those_of_others) {
  EXPECT_EQ(read("env:ssm:x"), "not of AWS");
  EXPECT_EQ(read("ssm"), "not of AWS");
  EXPECT_EQ(read("ssmx:/web"), "not of AWS");
}

}  // namespace
}  // namespace verba
