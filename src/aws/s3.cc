// SPDX-License-Identifier: Apache-2.0
#include "aws/s3.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/base64.h"
#include "base/digest.h"

namespace verba {
namespace {

constexpr std::string_view xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
constexpr std::string_view region_without_name = "us-east-1";  // where no LocationConstraint may be said

AwsMessage message_to(const S3Bucket& bucket, std::string_view method, std::string_view key) {
  AwsMessage message{.method = std::string(method),
                     .path = key.empty() ? "/" + bucket.name : fmt::format("/{}/{}", bucket.name, key)};
  if (!bucket.owner.empty()) message.headers = {{"x-amz-expected-bucket-owner", bucket.owner}};
  return message;
}

/// Settings of a bucket are taken with a checksum only.
std::string checksum_of(std::string_view content) {
  const Digest digest = sha256(content);
  return to_base64({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

AwsMessage setting_of(const S3Bucket& bucket, std::string_view name, std::string body) {
  AwsMessage message = message_to(bucket, "PUT", "");
  message.query = {{std::string(name), ""}};
  message.headers.emplace_back("Content-Type", "application/xml");
  message.headers.emplace_back("x-amz-checksum-sha256", checksum_of(body));
  message.body = std::move(body);
  return message;
}

AwsMessage creation_of(const S3Bucket& bucket, const std::string& region) {
  AwsMessage message = message_to({bucket.name, ""}, "PUT", "");
  if (region == region_without_name) return message;
  message.headers = {{"Content-Type", "application/xml"}};
  message.body = fmt::format(
      R"(<CreateBucketConfiguration xmlns="{}"><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>)",
      xml_namespace, region);
  return message;
}

std::string closed_to_the_public() {
  return fmt::format(
      R"(<PublicAccessBlockConfiguration xmlns="{}"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>)",
      xml_namespace);
}

std::string encrypted() {
  return fmt::format(
      R"(<ServerSideEncryptionConfiguration xmlns="{}"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>)",
      xml_namespace);
}

}  // namespace

const AwsService& s3_service() {
  static const AwsService service{.name = "s3", .id = "s3", .title = "S3"};
  return service;
}

bool is_bucket_name(std::string_view name) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
  const auto is_edge = [](char c) { return c == '.' || c == '-'; };
  if (name.size() < 3 || name.size() > 63 || name.find_first_not_of(letters) != std::string_view::npos) return false;
  if (is_edge(name.front()) || is_edge(name.back()) || name.find("..") != std::string_view::npos) return false;
  const bool is_address = std::ranges::count(name, '.') == 3 &&
                          name.find_first_not_of("0123456789.") == std::string_view::npos;  // as of a machine
  return !is_address;
}

Async<std::optional<AwsFailure>> look_at_bucket(AwsAccount& account, std::string name, Stop& stop) {
  Async<AwsAnswer> asking = account.call(s3_service(), message_to({std::move(name)}, "HEAD", ""), stop);
  AwsAnswer answer = co_await asking;
  if (!answer.failure) co_return std::nullopt;
  AwsFailure& failure = *answer.failure;
  if (failure.status == 403) failure.message = "access is denied";
  if (failure.status == 404) {
    failure.code = "NoSuchBucket";
    failure.message = "there is no such bucket";
  }
  for (const auto& [header, value] : answer.headers) {
    if (header != "x-amz-bucket-region" || value.empty() || value == account.region()) continue;
    failure.message = fmt::format("the bucket is in the region {}, the account in {}", value, account.region());
  }
  co_return std::move(answer.failure);
}

std::string object_url(const AwsAccount& account, std::string_view bucket, std::string_view key) {
  return fmt::format("{}/{}/{}", account.endpoint(s3_service()), bucket, percent_encoded(key, true));
}

Async<bool> has_object(AwsAccount& account, S3Bucket bucket, std::string key, Stop& stop) {
  AwsMessage message = message_to(bucket, "HEAD", key);
  message.answered_by = "etag:";
  Async<AwsAnswer> asking = account.call(s3_service(), std::move(message), stop);
  const AwsAnswer answer = co_await asking;
  co_return answer.good();
}

Async<AwsAnswer> put_object_once(AwsAccount& account, S3Bucket bucket, std::string key, std::string content,
                                 std::string content_type, Stop& stop) {
  AwsMessage message = message_to(bucket, "PUT", key);
  message.headers.emplace_back("Content-Type", std::move(content_type));
  message.headers.emplace_back("If-None-Match", "*");
  message.body = std::move(content);
  message.answered_by = "etag:";
  Async<AwsAnswer> putting = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await putting;
  if (answer.failure && answer.failure->code == "PreconditionFailed") answer.failure.reset();
  co_return answer;
}

Async<AwsAnswer> make_bucket(AwsAccount& account, S3Bucket bucket, Stop& stop) {
  Async<AwsAnswer> looking = account.call(s3_service(), message_to(bucket, "HEAD", ""), stop);
  AwsAnswer answer = co_await looking;
  if (!answer.failure || answer.failure->status != 404) co_return answer;
  Async<AwsAnswer> making = account.call(s3_service(), creation_of(bucket, account.region()), stop);
  answer = co_await making;
  if (answer.failure && answer.failure->code != "BucketAlreadyOwnedByYou") co_return answer;
  Async<AwsAnswer> closing =
      account.call(s3_service(), setting_of(bucket, "publicAccessBlock", closed_to_the_public()), stop);
  answer = co_await closing;
  if (answer.failure) co_return answer;
  Async<AwsAnswer> encrypting = account.call(s3_service(), setting_of(bucket, "encryption", encrypted()), stop);
  answer = co_await encrypting;
  co_return answer;
}

}  // namespace verba
