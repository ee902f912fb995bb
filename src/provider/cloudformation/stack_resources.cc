// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_resources.h"

#include <utility>

#include "provider/cloudformation/stack_calls.h"

namespace verba {

Async<StackResources> resources_of(AwsAccount& account, std::string stack_id, Stop& stop) {
  StackResources resources;
  std::string token;
  do {
    Variables parameters{{"StackName", stack_id}};
    if (!token.empty()) parameters.emplace_back("NextToken", token);
    Async<AwsAnswer> asking = call_stacks(account, "ListStackResources", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    resources.failure = answer.failure;
    if (answer.failure) co_return resources;
    for (const Value& one : list_at(answer.value, {"StackResourceSummaries"})) {
      resources.all.push_back({text_at(one, {"LogicalResourceId"}), text_at(one, {"ResourceType"}),
                               text_at(one, {"PhysicalResourceId"}), text_at(one, {"ResourceStatus"})});
    }
    token = text_at(answer.value, {"NextToken"});
  } while (!token.empty());
  co_return resources;
}

}  // namespace verba
