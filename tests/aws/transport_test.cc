// SPDX-License-Identifier: Apache-2.0
#include "aws/transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_world.h"
#include "aws/s3.h"

namespace verba {
namespace {

using testing::HasSubstr;

class Transport : public testing::Test {
 protected:
  AwsAnswer send() {
    AwsCall call{
        .service = &sts_service(), .region = "eu-central-1", .endpoint = "https://sts.eu-central-1.amazonaws.com"};
    call.message = query_message(sts_service(), "GetCallerIdentity", {{"Note", "a b+ü"}}, "Good");
    return wait_for(system, transport.send(call, AwsCredentials{"AKID", "secret", "token"}, stop));
  }

  FakeSystem system;
  AwsTransport transport{system};
  Stop stop;
  std::vector<WebAnswer> answers;  ///< one after the other; then all is well

  Transport() {
    system.servers = [this](const WebRequest&) {
      if (answers.empty()) return xml("<GetCallerIdentityResponse><Good>yes</Good></GetCallerIdentityResponse>");
      const WebAnswer answer = answers.front();
      answers.erase(answers.begin());
      return answer;
    };
  }
};

TEST_F(Transport, SignsWhatItSends) {
  EXPECT_EQ(text_at(send().value, {"Good"}), "yes");
  const WebRequest& sent = system.requests.at(0);
  EXPECT_EQ(sent.url, "https://sts.eu-central-1.amazonaws.com/");
  EXPECT_EQ(sent.body, "Action=GetCallerIdentity&Note=a%20b%2B%C3%BC&Version=2011-06-15");
  EXPECT_EQ(header_of(sent, "Host"), "sts.eu-central-1.amazonaws.com");
  EXPECT_EQ(header_of(sent, "X-Amz-Security-Token"), "token");
  EXPECT_THAT(header_of(sent, "Authorization"),
              HasSubstr("/eu-central-1/sts/aws4_request, SignedHeaders=content-type;host;"));
}

TEST_F(Transport, TriesAgainWhatPasses) {
  answers = {error(400, "Throttling"), xml("<html>busy</html>", 502),
             WebAnswer{.failure = "Connection reset", .sent = true}, xml("", 503)};
  EXPECT_TRUE(send().good());
  EXPECT_EQ(system.requests.size(), 5U);
}

TEST_F(Transport, ButNotForEverAndNotWhatLasts) {
  answers = std::vector<WebAnswer>(9, xml("", 503));
  EXPECT_EQ(send().failure->status, 503);
  EXPECT_EQ(system.requests.size(), 8U);
  answers = {xml("moved", 302)};
  EXPECT_EQ(send().failure->message, "status 302, and no word why (STS at https://sts.eu-central-1.amazonaws.com)");
  answers = {error(403, "AccessDenied")};
  EXPECT_EQ(send().failure->message, "no");
  EXPECT_EQ(system.requests.size(), 10U);
}

TEST_F(Transport, TriesAgainWhatCannotBeRead) {
  answers = {xml("<ErrorResponse><Error><Co", 400), xml("<html>no</html>", 403)};
  EXPECT_TRUE(send().good());
  EXPECT_EQ(system.requests.size(), 3U);
  answers = {xml("", 400)};  // as of HEAD
  EXPECT_FALSE(send().good());
  EXPECT_EQ(system.requests.size(), 4U);
}

/// S3, which sends on what it is asked.
class Redirects : public Transport {
 protected:
  AwsAnswer put() {
    AwsCall call{.service = &s3_service(), .region = "eu-central-1", .endpoint = endpoint};
    call.message = {.method = "PUT", .path = "/web/a b", .query = {}, .headers = {}, .body = "x"};
    return wait_for(system, transport.send(call, AwsCredentials{"AKID", "secret"}, stop));
  }
  static WebAnswer to(std::string_view host, std::string_view bare = "") {
    WebAnswer answer = xml(
        fmt::format("<Error><Code>TemporaryRedirect</Code><Message>no</Message><Endpoint>{}</Endpoint></Error>", host),
        307);
    if (!bare.empty()) answer = {.status = 307, .headers = {{"location", fmt::format("http://{}/a%20b", bare)}}};
    return answer;
  }
  std::string endpoint = "https://s3.eu-central-1.amazonaws.com";
};

TEST_F(Redirects, AreFollowedWithinAwsAndSignedAnew) {
  answers = {to("web.s3-eu-west-1.amazonaws.com"), to("", "web.s3.us-east-2.amazonaws.com")};
  EXPECT_TRUE(put().good());
  ASSERT_EQ(system.requests.size(), 3U);
  EXPECT_EQ(system.requests[1].url, "https://s3.eu-west-1.amazonaws.com/web/a%20b");
  EXPECT_EQ(header_of(system.requests[1], "Host"), "s3.eu-west-1.amazonaws.com");
  EXPECT_THAT(header_of(system.requests[1], "Authorization"), HasSubstr("/eu-west-1/s3/aws4_request"));
  EXPECT_EQ(system.requests[1].body, "x");
  EXPECT_EQ(system.requests[2].url, "https://s3.us-east-2.amazonaws.com/web/a%20b");
  answers = {to("s3.amazonaws.com")};
  EXPECT_TRUE(put().good());
  EXPECT_EQ(system.requests.back().url, "https://s3.us-east-1.amazonaws.com/web/a%20b");
}

TEST_F(Redirects, LeadNowhereElse) {
  for (const char* host : {"web.s3.cn-north-1.amazonaws.com.cn", "web.s3.us-gov-west-1.amazonaws.com", "evil.org",
                           "other.s3.eu-west-1.amazonaws.com", "web.s3.eu-west-1.amazonaws.com.evil.org"}) {
    system.requests.clear();
    answers = {to(host)};
    EXPECT_EQ(to_string(*put().failure), fmt::format("TemporaryRedirect: the bucket is reached at {} for now", host));
    EXPECT_EQ(system.requests.size(), 1U);
  }
  endpoint = "https://s3.example.org";
  answers = {to("web.s3.eu-west-1.amazonaws.com")};
  EXPECT_EQ(put().failure->message, "the bucket is reached at web.s3.eu-west-1.amazonaws.com for now");
}

TEST_F(Redirects, DoNotGoOnForEver) {
  answers = std::vector<WebAnswer>(9, to("web.s3.eu-central-1.amazonaws.com"));
  EXPECT_EQ(put().failure->message, "the bucket is reached at web.s3.eu-central-1.amazonaws.com for now");
  EXPECT_EQ(system.requests.size(), 4U);
}

TEST_F(Transport, TheBudgetIsOfAllCalls) {
  system.servers = [](const WebRequest&) { return xml("", 503); };
  for (int i = 0; i < 40; ++i) send();
  EXPECT_EQ(system.requests.size(), 40U + 100U);
}

TEST_F(Transport, WaitsAsTheServiceSays) {
  WebAnswer busy = error(400, "Throttling");
  busy.headers = {{"x-amz-retry-after", "1234"}};
  answers = {busy};
  const auto before = system.steady();
  send();
  EXPECT_EQ(system.steady() - before, Milliseconds(1234));
}

TEST_F(Transport, KeepsToTheClockOfTheService) {
  WebAnswer skewed = error(403, "RequestTimeTooSkewed");
  skewed.headers = {{"date", "Sat, 01 Jan 2028 00:00:00 GMT"}};
  answers = {skewed};
  EXPECT_TRUE(send().good());
  EXPECT_THAT(header_of(system.requests.at(1), "X-Amz-Date"), HasSubstr("20280101T0000"));
  EXPECT_TRUE(send().good());
  EXPECT_THAT(header_of(system.requests.at(2), "X-Amz-Date"), HasSubstr("20280101T0000"));
  // A signature that is wrong though the clocks agree stays wrong.
  skewed.headers = {{"date", "Sat, 01 Jan 2028 00:00:02 GMT"}};
  answers = {skewed, skewed};
  EXPECT_FALSE(send().good());
  EXPECT_EQ(system.requests.size(), 4U);
}

TEST_F(Transport, ManyCallsAtOnceKeepToTheClockOfTheService) {
  system.web_duration = Milliseconds(10);  // all are under way before the first is answered
  system.servers = [](const WebRequest& request) {
    if (header_of(request, "X-Amz-Date").starts_with("20280101")) return xml("<R/>");
    WebAnswer skewed = error(403, "RequestTimeTooSkewed");
    skewed.headers = {{"date", "Sat, 01 Jan 2028 00:00:00 GMT"}};
    return skewed;
  };
  const AwsCall call{.service = &sts_service(), .region = "eu-central-1", .endpoint = "https://localhost"};
  int good = 0;
  std::vector<Background> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(start<AwsAnswer>(transport.send(call, AwsCredentials{"AKID", "secret"}, stop),
                                     [&](Result<AwsAnswer> result) { good += std::get<0>(result).good() ? 1 : 0; }));
  }
  while (system.requests.size() < 6 || good < 3) system.poll();
  EXPECT_EQ(system.requests.size(), 6U);
}

TEST_F(Transport, EndsWhenStopped) {
  answers = std::vector<WebAnswer>(9, error(400, "Throttling"));
  system.web_duration = Milliseconds(100);
  system.after(Milliseconds(50), [this] { stop.request(); });
  EXPECT_TRUE(send().failure->stopped);
  EXPECT_EQ(system.requests.size(), 1U);
}

}  // namespace
}  // namespace verba
