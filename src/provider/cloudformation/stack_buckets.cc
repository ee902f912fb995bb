// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_buckets.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/s3_objects.h"
#include "provider/cloudformation/stack_calls.h"
#include "provider/cloudformation/stack_resources.h"
#include "value/yaml.h"

namespace verba {
namespace {

/// Says the template that a bucket stays when its stack goes? Then it is left as it is, and so is one of which nobody
/// can tell.
bool stays(const Value& tree, const std::string& logical) {
  const Value* resource = at(tree, {"Resources", logical});
  const Value* policy = resource != nullptr ? resource->find("DeletionPolicy") : nullptr;
  return resource == nullptr || (policy != nullptr && !(policy->is_string() && policy->string() == "Delete"));
}

/// Leaves out those that stay.
Async<StackResources> buckets_to_go(AwsAccount& account, std::string stack_id, Stop& stop) {
  Async<StackResources> looking = resources_of(account, stack_id, stop);
  StackResources buckets = co_await looking;
  std::erase_if(buckets.all, [](const StackResource& one) {
    return one.type != "AWS::S3::Bucket" || one.physical.empty() || one.status == "DELETE_COMPLETE";
  });
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
  std::erase_if(buckets.all, [&](const StackResource& bucket) { return stays(tree, bucket.logical); });
  co_return buckets;
}

}  // namespace

Async<std::optional<AwsFailure>> empty_buckets(AwsAccount& account, std::string stack_id,
                                               std::vector<std::string> staying,
                                               std::function<void(const std::string&)> log, Stop& stop) {
  if (stack_id.empty()) co_return std::nullopt;
  Async<StackResources> looking = buckets_to_go(account, std::move(stack_id), stop);
  StackResources buckets = co_await looking;
  if (buckets.failure) co_return std::move(buckets.failure);
  for (const StackResource& bucket : buckets.all) {
    if (std::ranges::find(staying, bucket.logical) != staying.end()) continue;
    Async<Emptied> emptying = empty_bucket(account, bucket.physical, stop);
    Emptied emptied = co_await emptying;
    if (emptied.failure) co_return std::move(emptied.failure);
    if (emptied.count > 0)
      log(fmt::format("emptied the bucket {}: {} objects and versions", bucket.physical, emptied.count));
  }
  co_return std::nullopt;
}

}  // namespace verba
