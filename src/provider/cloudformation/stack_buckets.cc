// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_buckets.h"

#include <fmt/format.h>

#include <vector>

#include "aws/s3_objects.h"
#include "provider/cloudformation/stack_calls.h"
#include "value/yaml.h"

namespace verba {
namespace {

struct StackBucket {
  std::string name;
  std::string logical;
};
/// Of a stack, or why they are not known.
struct Buckets {
  std::vector<StackBucket> all = {};
  std::optional<AwsFailure> failure = {};
};

/// Says the template that a bucket stays when its stack goes? Then it is left as it is, and so is one of which nobody
/// can tell.
bool stays(const Value& tree, const std::string& logical) {
  const Value* resource = at(tree, {"Resources", logical});
  const Value* policy = resource != nullptr ? resource->find("DeletionPolicy") : nullptr;
  return resource == nullptr || (policy != nullptr && !(policy->is_string() && policy->string() == "Delete"));
}

Async<Buckets> buckets_of(AwsAccount& account, std::string stack_id, Stop& stop) {
  Buckets buckets;
  std::string token;
  do {
    Variables parameters{{"StackName", stack_id}};
    if (!token.empty()) parameters.emplace_back("NextToken", token);
    Async<AwsAnswer> asking = call_stacks(account, "ListStackResources", std::move(parameters), stop);
    const AwsAnswer answer = co_await asking;
    buckets.failure = answer.failure;
    if (answer.failure) co_return buckets;
    for (const Value& resource : list_at(answer.value, {"StackResourceSummaries"})) {
      const bool is_there = text_at(resource, {"ResourceStatus"}) != "DELETE_COMPLETE";
      std::string name = text_at(resource, {"PhysicalResourceId"});
      if (is_there && !name.empty() && text_at(resource, {"ResourceType"}) == "AWS::S3::Bucket") {
        buckets.all.push_back({std::move(name), text_at(resource, {"LogicalResourceId"})});
      }
    }
    token = text_at(answer.value, {"NextToken"});
  } while (!token.empty());
  co_return buckets;
}

/// Leaves out those that stay.
Async<Buckets> buckets_to_go(AwsAccount& account, std::string stack_id, Stop& stop) {
  Async<Buckets> looking = buckets_of(account, stack_id, stop);
  Buckets buckets = co_await looking;
  if (buckets.failure || buckets.all.empty()) co_return buckets;
  Async<AwsAnswer> asking =
      call_stacks(account, "GetTemplate", {{"StackName", stack_id}, {"TemplateStage", "Processed"}}, stop);
  const AwsAnswer answer = co_await asking;
  buckets.failure = answer.failure;
  Sources sources;
  Diagnostics mistakes;
  const auto documents =
      parse_yaml(sources, sources.add("template", text_at(answer.value, {"TemplateBody"})), mistakes);
  const Value tree = documents.empty() ? Value() : documents.front();
  std::erase_if(buckets.all, [&](const StackBucket& bucket) { return stays(tree, bucket.logical); });
  co_return buckets;
}

}  // namespace

Async<std::optional<AwsFailure>> empty_buckets(AwsAccount& account, std::string stack_id,
                                               std::function<void(const std::string&)> log, Stop& stop) {
  if (stack_id.empty()) co_return std::nullopt;
  Async<Buckets> looking = buckets_to_go(account, std::move(stack_id), stop);
  Buckets buckets = co_await looking;
  if (buckets.failure) co_return std::move(buckets.failure);
  for (const auto& [name, logical] : buckets.all) {
    Async<Emptied> emptying = empty_bucket(account, name, stop);
    Emptied emptied = co_await emptying;
    if (emptied.failure) co_return std::move(emptied.failure);
    if (emptied.count > 0) log(fmt::format("emptied the bucket {}: {} objects and versions", name, emptied.count));
  }
  co_return std::nullopt;
}

}  // namespace verba
