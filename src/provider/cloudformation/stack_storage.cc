// SPDX-License-Identifier: Apache-2.0
#include "provider/cloudformation/stack_storage.h"

#include <fmt/format.h>

#include <utility>
#include <variant>
#include <vector>

#include "aws/endpoint.h"
#include "provider/cloudformation/stack_calls.h"

namespace verba {
namespace {

/// What no second try would help.
NotStored refused(std::string doing, std::string why) {
  NotStored failed{std::move(doing), {}};
  failed.failure.message = std::move(why);
  failed.failure.status = 400;
  return failed;
}

std::string own_endpoint(const AwsService& service, const std::string& region) {
  return fmt::format("https://{}.{}.{}", service.name, region, partition_of(region).domain);
}

}  // namespace

std::string managed_bucket(std::string_view account_id, std::string_view region) {
  return fmt::format("verba-{}-{}", account_id, region);
}

/// We may get to S3 by another address than AWS's own (a VPC's, FIPS), which CloudFormation neither takes nor needs.
BucketPlace place_of(const AwsAccount& account, std::string bucket) {
  BucketPlace place{std::move(bucket), ""};
  const std::string& region = account.region();
  const AwsService& reader = cloudformation_service();
  place.address = account.endpoint(reader) == own_endpoint(reader, region)
                      ? fmt::format("{}/{}/", own_endpoint(s3_service(), region), place.name)
                      : object_url(account, place.name, "");
  return place;
}

Async<std::optional<NotStored>> StackStorage::choose(const WantedStack& wanted) {
  if (!wanted.bucket.empty()) {
    bucket_ = {wanted.bucket};
    co_return std::nullopt;
  }
  Async<AwsIdentity> asking = account_.identify(stop_);
  const AwsIdentity identity = co_await asking;
  if (identity.account_id.empty()) {
    NotStored failed = refused("asking whose account it is", identity.why);
    failed.failure.stopped = stop_.requested();
    co_return failed;
  }
  bucket_ = {managed_bucket(identity.account_id, account_.region()), identity.account_id};
  Async<AwsAnswer> making = make_bucket(account_, bucket_, stop_);
  const AwsAnswer made = co_await making;
  if (!made.failure) co_return std::nullopt;
  co_return NotStored{fmt::format("the bucket {}", bucket_.name), *made.failure,
                      made.failure->status == 403 || made.failure->code == "BucketAlreadyExists"
                          ? "it may be another account's: name one in 'bucket'"
                          : ""};
}

Async<std::optional<NotStored>> StackStorage::upload(Upload upload) {
  Async<bool> looking = has_object(account_, bucket_, upload.key, stop_);
  const bool is_there = co_await looking;
  if (is_there) co_return std::nullopt;
  std::string content = upload.content();
  log_(fmt::format("{}: {} bytes to s3://{}/{}", upload.what, content.size(), bucket_.name, upload.key));
  Async<AwsAnswer> putting =
      put_object_once(account_, bucket_, upload.key, std::move(content), upload.content_type, stop_);
  const AwsAnswer answer = co_await putting;
  if (!answer.failure) co_return std::nullopt;
  co_return NotStored{fmt::format("{}, to the bucket {}", upload.what, bucket_.name), *answer.failure};
}

Async<std::optional<NotStored>> StackStorage::store(WantedStack* wanted, std::string* url) {
  if (!needs_bucket(*wanted)) co_return std::nullopt;
  Async<std::optional<NotStored>> choosing = choose(*wanted);
  std::optional<NotStored> failed = co_await choosing;
  if (failed) co_return failed;
  const BucketPlace place = place_of(account_, bucket_.name);
  std::variant<PackedTemplate, BadStack> packing = pack_template(*wanted, place);
  if (BadStack* bad = std::get_if<BadStack>(&packing)) co_return refused("the template", std::move(bad->message));
  PackedTemplate packed = std::get<PackedTemplate>(std::move(packing));
  std::vector<Upload> uploads = std::move(packed.uploads);
  wanted->body = std::move(packed.body);
  if (is_large(wanted->body)) {
    const std::string key = template_key(wanted->body);
    uploads.push_back({key, "the template", std::string(template_type), [wanted] { return wanted->body; }});
    *url = place.address + key;
  }
  for (Upload& each : uploads) {
    Async<std::optional<NotStored>> uploading = upload(std::move(each));
    failed = co_await uploading;
    if (failed) co_return failed;
  }
  co_return std::nullopt;
}

}  // namespace verba
