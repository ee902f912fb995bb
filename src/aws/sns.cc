// SPDX-License-Identifier: Apache-2.0
#include "aws/sns.h"

#include <utility>

namespace verba {

const AwsService& sns_service() {
  static const AwsService service{.name = "sns", .id = "sns", .version = "2010-03-31"};
  return service;
}

Async<AwsAnswer> publish(AwsAccount& account, std::string topic, std::string subject, std::string message, Stop& stop) {
  Variables parameters{{"TopicArn", std::move(topic)}, {"Message", std::move(message)}};
  if (!subject.empty()) parameters.emplace_back("Subject", std::move(subject));
  Async<AwsAnswer> asking =
      account.call(sns_service(), query_message(sns_service(), "Publish", std::move(parameters)), stop);
  AwsAnswer answer = co_await asking;
  co_return answer;
}

}  // namespace verba
