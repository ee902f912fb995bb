// SPDX-License-Identifier: Apache-2.0
#include "aws/sns.h"

#include <utility>

namespace verba {

const AwsService& sns_service() {
  static const AwsService service{.name = "sns", .id = "sns", .version = "2010-03-31", .title = "SNS"};
  return service;
}

std::string region_of_topic(std::string_view arn) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

Async<AwsAnswer> publish(AwsAccount& account, std::string topic, std::string subject, std::string message, Stop& stop) {
  AwsAccount there = account.in(region_of_topic(topic));
  Variables parameters{{"TopicArn", std::move(topic)}, {"Message", std::move(message)}};
  if (!subject.empty()) parameters.emplace_back("Subject", std::move(subject));
  Async<AwsAnswer> asking =
      there.call(sns_service(), query_message(sns_service(), "Publish", std::move(parameters), published_by), stop);
  AwsAnswer answer = co_await asking;
  co_return answer;
}

}  // namespace verba
