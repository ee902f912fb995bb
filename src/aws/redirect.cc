// SPDX-License-Identifier: Apache-2.0
#include "aws/redirect.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/utf8.h"

namespace verba {
namespace {

constexpr int temporary_redirect = 307;
constexpr std::string_view oldest_region = "us-east-1";  ///< whose host names no region

std::string_view header_in(const Variables& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &Variables::value_type::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

/// The host, as the header Location has it or the body.
std::string host_in(const AwsAnswer& answer) {
  std::string_view location = header_in(answer.headers, "location");
  if (const std::size_t scheme = location.find("://"); scheme != std::string_view::npos) {
    location.remove_prefix(scheme + 3);
    return std::string(location.substr(0, location.find_first_of("/?#")));
  }
  return text_at(answer.value, {"Endpoint"});
}

/// "/website/index.html": website.
std::string_view bucket_in(std::string_view path) {
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  return path.substr(0, path.find('/'));
}

/// Of "website.s3.eu-west-1.amazonaws.com", or as it was written long ago "website.s3-eu-west-1.amazonaws.com". "" of
/// what is no host of S3 for that bucket.
std::string region_in(std::string_view host, std::string_view bucket) {
  if (host.starts_with(bucket) && host.substr(bucket.size()).starts_with(".")) host.remove_prefix(bucket.size() + 1);
  if (host == "s3.amazonaws.com") return std::string(oldest_region);
  if (!host.starts_with("s3.") && !host.starts_with("s3-")) return {};
  host.remove_prefix(3);
  const std::string_view region = host.substr(0, host.find('.'));
  const bool is_plain =
      !region.empty() && region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  const bool is_of_aws = is_plain && host.substr(region.size()) == fmt::format(".{}", partition_of(region).domain);
  return is_of_aws ? std::string(region) : std::string();
}

std::string own_endpoint(std::string_view region) {
  return fmt::format("https://s3.{}.{}", region, partition_of(region).domain);
}

}  // namespace

std::optional<AwsRedirect> redirect_of(const AwsCall& call, const AwsAnswer& answer) {
  const bool is_one = answer.failure && answer.failure->status == temporary_redirect && call.service->name == "s3";
  const std::string host = is_one ? host_in(answer) : "";
  if (host.empty() || has_control(host)) return std::nullopt;
  AwsRedirect redirect{fmt::format("the bucket is reached at {} for now", host)};
  redirect.region = region_in(host, bucket_in(call.message.path));
  const bool is_near = !redirect.region.empty() && call.endpoint == own_endpoint(call.region) &&
                       partition_of(redirect.region).name == partition_of(call.region).name;
  if (is_near) redirect.endpoint = own_endpoint(redirect.region);
  return redirect;
}

}  // namespace verba
