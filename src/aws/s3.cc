// SPDX-License-Identifier: Apache-2.0
#include "aws/s3.h"

#include <fmt/format.h>

#include <utility>

namespace verba {
namespace {

const AwsService& s3_service() {
  static const AwsService service{.name = "s3", .id = "s3"};
  return service;
}

}  // namespace

std::string object_url(const AwsAccount& account, std::string_view bucket, std::string_view key) {
  return fmt::format("{}/{}/{}", account.endpoint(s3_service()), bucket, percent_encoded(key, true));
}

Async<AwsAnswer> put_object_once(AwsAccount& account, std::string bucket, std::string key, std::string content,
                                 std::string content_type, Stop& stop) {
  AwsMessage message{.method = "PUT", .path = fmt::format("/{}/{}", bucket, key)};
  message.headers = {{"Content-Type", std::move(content_type)}, {"If-None-Match", "*"}};
  message.body = std::move(content);
  Async<AwsAnswer> putting = account.call(s3_service(), std::move(message), stop);
  AwsAnswer answer = co_await putting;
  if (answer.failure && answer.failure->code == "PreconditionFailed") answer.failure.reset();
  co_return answer;
}

}  // namespace verba
