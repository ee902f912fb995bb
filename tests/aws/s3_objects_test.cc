// SPDX-License-Identifier: Apache-2.0
#include "aws/s3_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "aws/aws_world.h"
#include "aws/s3_listing.h"
#include "base/base64.h"
#include "base/digest.h"

namespace verba {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// S3 by what it answers to each request.
class Objects : public testing::Test {
 protected:
  Objects() {
    system.servers = [this](const WebRequest& request) { return answer(request); };
  }
  WebAnswer answer(const WebRequest& request) {
    const std::string what = request.method + " " + request.url.substr(request.url.find(".com") + 4);
    calls.push_back(what);
    for (auto known = answers.begin(); known != answers.end(); ++known) {
      if (what.find(known->first) == std::string::npos) continue;
      WebAnswer found = known->second;
      if (once.contains(known->first)) answers.erase(known);
      return found;
    }
    return {.status = 200, .headers = {{"etag", "\"tag\""}}};
  }
  AwsAnswer put(std::string_view content, ObjectCondition condition = {}) {
    return wait_for(system, put_object(account, {"bucket", "a b.zip"}, {content}, {{"Content-Type", "application/zip"}},
                                       std::move(condition), stop));
  }
  static WebAnswer begun() {
    return xml("<InitiateMultipartUploadResult><UploadId>up/1</UploadId></InitiateMultipartUploadResult>");
  }

  FakeSystem system;
  AwsLogins logins{system};
  AwsAccount account{
      logins, {.name = "web", .login = {.kind = AwsLogin::Kind::keys, .keys = {"KEY", "s"}}, .region = "eu-central-1"}};
  Stop stop;
  std::map<std::string, WebAnswer> answers;
  std::set<std::string> once;
  std::vector<std::string> calls;
};

TEST_F(Objects, AreWrittenWholeWithAChecksumAndUnderACondition) {
  const AwsAnswer answer = put("hello", {.is_absent = true});
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(written_object(answer).etag, "tag");
  EXPECT_THAT(calls, ElementsAre("PUT /bucket/a%20b.zip"));
  const WebRequest& request = system.requests.back();
  EXPECT_EQ(header_of(request, "If-None-Match"), "*");
  EXPECT_EQ(header_of(request, "x-amz-checksum-sha256"), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/zip");
}

TEST_F(Objects, AboveSixteenMebibytesGoInParts) {
  answers = {{"POST /bucket/a%20b.zip?uploads=", begun()},
             {"GET /bucket/?prefix", xml("<ListMultipartUploadsResult/>")},
             {"POST /bucket/a%20b.zip?uploadId",
              xml("<CompleteMultipartUploadResult><ETag>\"whole-3\"</ETag></CompleteMultipartUploadResult>")}};
  const std::string content(std::size_t{17} << 20, 'x');
  const AwsAnswer answer = put(content, {.etag = "old"});
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(written_object(answer).etag, "whole-3");
  ASSERT_EQ(calls.size(), 6U);
  EXPECT_THAT(calls[2], HasSubstr("?partNumber=1&uploadId=up%2F1"));
  EXPECT_EQ(system.requests[4].body.size(), std::size_t{1} << 20);
  const WebRequest& complete = system.requests.back();
  EXPECT_EQ(header_of(complete, "If-Match"), "\"old\"");
  EXPECT_THAT(complete.body, HasSubstr("<PartNumber>3</PartNumber><ETag>\"tag\"</ETag><ChecksumSHA256>"));
}

TEST_F(Objects, LeaveNoPartsWhereOneFails) {
  answers = {{"POST /bucket/a%20b.zip?uploads=", begun()}, {"partNumber=1&", error(403, "AccessDenied")}};
  const AwsAnswer answer = put(std::string(std::size_t{40} << 20, 'x'));
  ASSERT_FALSE(answer.good());
  EXPECT_EQ(answer.failure->code, "AccessDenied");
  EXPECT_EQ(calls.back(), "DELETE /bucket/a%20b.zip?uploadId=up%2F1");
  const auto parts = std::ranges::count_if(calls, [](const std::string& call) { return call.starts_with("PUT"); });
  EXPECT_EQ(parts, 4);  // those under way; the fifth is not begun
}

TEST_F(Objects, MindAnErrorInAGoodAnswer) {
  answers = {
      {"POST /bucket/a%20b.zip?uploads=", begun()},
      {"POST /bucket/a%20b.zip?uploadId", xml("<Error><Code>InternalError</Code><Message>no</Message></Error>")}};
  const AwsAnswer answer = put(std::string(std::size_t{17} << 20, 'x'));
  ASSERT_FALSE(answer.good());
  EXPECT_EQ(answer.failure->code, "InternalError");
}

TEST_F(Objects, AreThereWhereTheLastAnswerWasLost) {
  const std::string content(std::size_t{17} << 20, 'x');
  const WebAnswer gone = xml("<Error><Code>NoSuchUpload</Code><Message>no</Message></Error>", 404);
  answers = {{"POST /bucket/a%20b.zip?uploads=", begun()},
             {"POST /bucket/a%20b.zip?uploadId", gone},
             {"HEAD",
              {.status = 200,
               .headers = {{"etag", "\"whole\""},
                           {"x-amz-version-id", "v2"},
                           {"x-amz-checksum-sha256", print_of({content}).checksum}}}}};
  const AwsAnswer answer = put(content);
  ASSERT_TRUE(answer.good());
  EXPECT_EQ(written_object(answer).etag, "whole");
  EXPECT_EQ(written_object(answer).version_id, "v2");
  answers["HEAD"].headers[2].second = "another";
  EXPECT_EQ(put(content).failure->code, "NoSuchUpload");
}

TEST_F(Objects, WhatAKilledAttemptLeftGoes) {
  answers = {{"POST /bucket/a%20b.zip?uploads=", begun()},
             {"GET /bucket/?prefix=a%20b.zip&uploads=",
              xml("<ListMultipartUploadsResult><Upload><Key>a b.zip</Key><UploadId>old</UploadId></Upload>"
                  "<Upload><Key>a b.zip.sig</Key><UploadId>other</UploadId></Upload></ListMultipartUploadsResult>")},
             {"POST /bucket/a%20b.zip?uploadId",
              xml("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")}};
  EXPECT_TRUE(put(std::string(std::size_t{17} << 20, 'x')).good());
  EXPECT_EQ(std::ranges::count(calls, "DELETE /bucket/a%20b.zip?uploadId=old"), 1);
  EXPECT_EQ(std::ranges::count_if(calls, [](const std::string& call) { return call.starts_with("DELETE"); }), 1);
}

TEST_F(Objects, OfAFileAreReadPartByPart) {
  const std::string content(std::size_t{17} << 20, 'x');
  system.add_file("/large", content);
  const LargeFile file = sum_up(system, "/large").value();
  answers = {{"POST /bucket/a%20b.zip?uploads=", begun()},
             {"GET /bucket/?prefix", xml("<ListMultipartUploadsResult/>")},
             {"POST /bucket/a%20b.zip?uploadId",
              xml("<CompleteMultipartUploadResult><ETag>\"whole-3\"</ETag></CompleteMultipartUploadResult>")}};
  const auto put_file = [&] {
    calls.clear();
    return wait_for(system, put_object(account, {"bucket", "a b.zip"}, {.file = &file}, {}, {}, stop));
  };
  ASSERT_TRUE(put_file().good());
  EXPECT_EQ(system.requests[4].body.size(), std::size_t{1} << 20);
  EXPECT_EQ(print_of({.file = &file}).checksum, print_of({content}).checksum);
  EXPECT_FALSE(has_print({.etag = "", .checksum = "another"}, print_of({.file = &file})));
  const std::string checksum = print_of({content}).checksum;
  EXPECT_TRUE(has_print({.etag = "x", .checksum = checksum.substr(0, checksum.find('-'))}, print_of({.file = &file})));

  system.add_file("/large", content.substr(1) + "y");
  const AwsAnswer answer = put_file();
  ASSERT_FALSE(answer.good());
  EXPECT_EQ(answer.failure->code, file_changed);
  EXPECT_EQ(calls.back(), "DELETE /bucket/a%20b.zip?uploadId=up%2F1");
}

TEST_F(Objects, AreThereOrNotOrCannotBeSeen) {
  const auto look = [this] { return wait_for(system, look_at_object(account, {"bucket", "k"}, stop)); };
  answers = {{"HEAD", {.status = 404}}};
  EXPECT_FALSE(look().object);
  EXPECT_FALSE(look().failure);
  answers = {{"HEAD", {.status = 403}}};
  EXPECT_TRUE(look().failure);
  answers = {{"HEAD", {.status = 301, .headers = {{"x-amz-bucket-region", "us-west-2"}}}}};
  EXPECT_EQ(look().failure->message, "the bucket is in the region us-west-2, the account in eu-central-1");
  answers = {{"HEAD", {.status = 200, .headers = {{"etag", "\"e\""}, {"x-amz-version-id", "3"}}}}};
  EXPECT_EQ(look().object->etag, "e");
  EXPECT_EQ(look().object->version_id, "3");
}

TEST_F(Objects, AreListedByAThousandFromTheFirstToTheLast) {
  std::optional<ListedObjects> listed;
  const auto list = [&](std::size_t calls) -> std::optional<std::set<std::string>> {
    listed = wait_for(system, objects_between(account, "bucket", "www/ä", "www/ö", calls, stop));
    if (!listed) return std::nullopt;
    std::set<std::string> keys;
    for (const auto& [key, object] : *listed) keys.insert(key);
    return keys;
  };
  answers = {
      {"continuation-token=more",
       xml("<ListBucketResult><Contents><Key>www/p</Key><LastModified>2026-01-02T03:04:05.000Z"
           "</LastModified><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents></ListBucketResult>")},
      {"GET /bucket/?list-type=2&prefix=www%2F&start-after=www%2F",
       xml("<ListBucketResult><NextContinuationToken>more</NextContinuationToken><Contents><Key>www/a</Key></Contents>"
           "<Contents><Key>www/b &amp;</Key></Contents></ListBucketResult>")}};
  EXPECT_EQ(list(2), (std::set<std::string>{"www/a", "www/b &", "www/p"}));
  EXPECT_EQ(listed->at("www/p").etag, "e");
  EXPECT_EQ(listed->at("www/p").size_bytes, 7U);
  EXPECT_EQ(listed->at("www/p").written, parse_instant("2026-01-02T03:04:05Z"));
  EXPECT_FALSE(listed->at("www/a").written);
  EXPECT_EQ(list(1), std::nullopt);
  answers = {{"GET", error(403, "AccessDenied")}};
  EXPECT_EQ(list(2), std::nullopt);
  answers = {{"GET", xml("<ListBucketResult><NextContinuationToken>more</NextContinuationToken><Contents><Key>www/ü</"
                         "Key></Contents></ListBucketResult>")}};
  EXPECT_EQ(list(1), (std::set<std::string>{"www/ü"}));  // what comes now is behind the last
}

TEST(ObjectPrint, IsTheMd5OrTheChecksumOfTheParts) {
  const ObjectPrint small = print_of({"hello"});
  EXPECT_EQ(small.etag, "5d41402abc4b2a76b9719d911017c592");
  EXPECT_TRUE(has_print({.etag = small.etag}, small));
  EXPECT_FALSE(has_print({.etag = "another", .checksum = "another"}, small));
  EXPECT_FALSE(has_print({.etag = "another"}, small));
  EXPECT_TRUE(has_print({.etag = "of-kms", .checksum = small.checksum}, small));
  const std::string content(std::size_t{17} << 20, 'x');
  const ObjectPrint large = print_of({content});
  EXPECT_THAT(large.etag, testing::EndsWith("-3"));
  EXPECT_THAT(large.checksum, testing::EndsWith("=-3"));
}

}  // namespace
}  // namespace verba
