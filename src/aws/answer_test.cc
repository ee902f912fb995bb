// SPDX-License-Identifier: Apache-2.0
#include "aws/answer.h"

#include <gtest/gtest.h>

#include "aws/retry.h"
#include "value/json.h"

namespace verba {
namespace {

AwsAnswer answer_of(int status, std::string body, Variables headers = {}) {
  return read_aws_answer({.status = status, .headers = std::move(headers), .body = std::move(body)});
}

TEST(AwsAnswer, OfXmlIsATree) {
  const AwsAnswer answer = answer_of(200, R"(<?xml version="1.0"?>
<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>
<member><StackName>a &amp; b</StackName><Tags/><Outputs><member><OutputKey>K</OutputKey><OutputValue/></member></Outputs></member>
<member><StackName>c</StackName></member></Stacks></DescribeStacksResult></DescribeStacksResponse>)");
  ASSERT_TRUE(answer.good());
  const List& stacks = list_at(answer.value, {"DescribeStacksResult", "Stacks"});
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(text_at(stacks[0], {"StackName"}), "a & b");
  EXPECT_TRUE(list_at(stacks[0], {"Tags"}).empty());
  EXPECT_EQ(to_json(stacks[0].find("Outputs")->list()[0]), R"({"OutputKey":"K","OutputValue":""})");
  EXPECT_EQ(to_json(answer_of(200, "<L><C><K>1</K></C><C><K>2</K></C></L>").value), R"({"C":[{"K":"1"},{"K":"2"}]})");
}

TEST(AwsAnswer, FailuresOfAllProtocols) {
  struct Case {
    int status;
    const char* body;
    Variables headers;
    const char* text;
  };
  const Case cases[] = {
      {400,
       "<ErrorResponse xmlns='x'><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id x does "
       "not exist.</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
       {},
       "ValidationError: Stack with id x does not exist (request r-1)"},
      {404,
       "<?xml version='1.0'?>\n<Error><Code>NoSuchKey</Code><Message>no</Message><RequestId>r2</RequestId></Error>",
       {},
       "NoSuchKey: no (request r2)"},
      {400, R"({"__type":"com.amazonaws.ssm#ParameterNotFound","message":"gone"})", {}, "ParameterNotFound: gone"},
      {403,
       R"({"Message":"no"})",
       {{"x-amzn-errortype", "AccessDenied:http://internal"}, {"x-amzn-requestid", "r3"}},
       "AccessDenied: no (request r3)"},
      {502, "<html><body>Bad Gateway</body></html>", {}, "status 502, and no word why"},
      {503, "", {}, "status 503, and no word why"},
      {500, "<html><br></html>", {}, "status 500, and no word why"},
      {200, "<html><body>Log in</body></html>", {}, "the answer is neither XML nor JSON"},
      {200, "hello", {}, "the answer is neither XML nor JSON"},
  };
  for (const Case& one : cases) {
    const AwsAnswer answer = answer_of(one.status, one.body, one.headers);
    ASSERT_TRUE(answer.failure) << one.body;
    EXPECT_EQ(to_string(*answer.failure), one.text);
    EXPECT_EQ(answer.failure->in_doubt, one.status >= 500 || one.status == 200) << one.body;
  }
  const AwsAnswer cut = read_aws_answer({.failure = "Connection reset", .sent = true});
  EXPECT_EQ(to_string(*cut.failure), "Connection reset");
  EXPECT_TRUE(cut.failure->in_doubt);
  EXPECT_TRUE(answer_of(200, "").good());
  EXPECT_TRUE(answer_of(200, R"({"a":1})").good());
  EXPECT_EQ(read_aws_answer({.status = 200, .body = "a-role"}, AwsBody::any).body, "a-role");
}

TEST(AwsAnswer, HasWhatAGoodOneHas) {
  struct Case {
    const char* body;
    const char* wanted;
    bool good;
  };
  const Case cases[] = {
      {"<AResponse><AResult><B/></AResult></AResponse>", "AResponse/AResult/B", true},
      {"<AResponse><AResult><B/></AResult></AResponse>", "AResponse", true},
      {"<AResponse><AResult/></AResponse>", "AResponse/AResult/B", false},
      {"<AResponse/>", "AResponse/AResult", false},
      {"<Foo/>", "AResponse", false},
      {"<Foo><B/></Foo>", "*/B", true},
      {"<Foo/>", "*/B", false},
      {"", "*", false},
      {"", "AResponse", false},
      {"{}", "AResponse", false},
      {R"({"Parameter":{"Value":"x"}})", "/Parameter/Value", true},
      {"{}", "/Parameter/Value", false},
      {"", "/Parameter/Value", false},
      {"", "etag:", true},
      {"", "x-else:", false},
  };
  for (const Case& one : cases) {
    const AwsAnswer answer =
        read_aws_answer({.status = 200, .headers = {{"etag", "e"}}, .body = one.body}, AwsBody::tree, one.wanted);
    EXPECT_EQ(answer.good(), one.good) << one.body << " " << one.wanted;
    if (one.good) continue;
    EXPECT_EQ(to_string(*answer.failure), std::string("the answer has no ") + one.wanted);
    EXPECT_TRUE(answer.failure->in_doubt);
    EXPECT_EQ(trouble_of(*answer.failure), AwsTrouble::passing);
  }
}

TEST(AwsAnswer, MayBeAnErrorAllTheSame) {
  const AwsAnswer broken = answer_of(200, "<Error><Code>InternalError</Code><Message>no</Message></Error>");
  EXPECT_EQ(to_string(*broken.failure), "InternalError: no");
  EXPECT_TRUE(broken.failure->in_doubt);
  EXPECT_EQ(trouble_of(*broken.failure), AwsTrouble::passing);
  const AwsAnswer refused = answer_of(200, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
  EXPECT_FALSE(refused.failure->in_doubt);
  EXPECT_EQ(trouble_of(*refused.failure), AwsTrouble::lasting);
}

TEST(AwsAnswer, DepthIsBounded) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<a>";
  for (int i = 0; i < 100'000; ++i) text += "</a>";
  EXPECT_TRUE(answer_of(200, text).good());
}

}  // namespace
}  // namespace verba
