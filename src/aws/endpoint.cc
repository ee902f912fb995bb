// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

namespace verba {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string variable(System& system, const std::string& name) {
  return system.variable(name).value_or("");
}

/// What a person has set.
std::string configured(const AwsService& service, const AwsPlace& place, const AwsConfiguration& configuration,
                       System& system) {
  if (!place.endpoint_url.empty()) return place.endpoint_url;
  const std::string profile = profile_of(place.login, system);
  const bool ignored = variable(system, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" ||
                       configuration.setting(profile, "ignore_configured_endpoint_urls") == "true";
  if (ignored) return {};
  if (std::string url = variable(system, "AWS_ENDPOINT_URL_" + upper(service.id)); !url.empty()) return url;
  if (std::string url = variable(system, "AWS_ENDPOINT_URL"); !url.empty()) return url;
  const auto services = configuration.services.find(configuration.setting(profile, "services"));
  if (services != configuration.services.end()) {
    const auto url = services->second.find(fmt::format("{}.endpoint_url", service.id));
    if (url != services->second.end()) return url->second;
  }
  return std::string(configuration.setting(profile, "endpoint_url"));
}

}  // namespace

const AwsService& sts_service() {
  static const AwsService service{.name = "sts", .id = "sts", .version = "2011-06-15"};
  return service;
}

const AwsService& sso_service() {
  static const AwsService service{.name = "portal.sso", .id = "sso"};
  return service;
}

AwsPartition partition_of(std::string_view region) {
  struct Known {
    std::string_view prefix;
    AwsPartition partition;
  };
  static constexpr Known all[] = {
      {"cn-", {"aws-cn", "amazonaws.com.cn"}},       {"us-gov-", {"aws-us-gov", "amazonaws.com"}},
      {"us-iso-", {"aws-iso", "c2s.ic.gov"}},        {"us-isob-", {"aws-iso-b", "sc2s.sgov.gov"}},
      {"eu-isoe-", {"aws-iso-e", "cloud.adc-e.uk"}}, {"us-isof-", {"aws-iso-f", "csp.hci.ic.gov"}},
      {"eusc-", {"aws-eusc", "amazonaws.eu"}},
  };
  for (const Known& known : all) {
    if (region.starts_with(known.prefix)) return known.partition;
  }
  return {"aws", "amazonaws.com"};
}

std::string profile_of(const AwsLogin& login, System& system) {
  if (login.kind == AwsLogin::Kind::profile) return login.profile;
  if (login.kind == AwsLogin::Kind::role && login.source) return profile_of(*login.source, system);
  return default_profile(system);
}

std::string region_of(const AwsPlace& place, const AwsConfiguration& configuration, System& system) {
  if (!place.region.empty()) return place.region;
  const std::string of_profile(configuration.setting(profile_of(place.login, system), "region"));
  // A profile that was chosen by name is nearer than the environment.
  if (place.login.kind == AwsLogin::Kind::profile && !of_profile.empty()) return of_profile;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = variable(system, name); !region.empty()) return region;
  }
  return of_profile;
}

std::string endpoint_of(const AwsService& service, std::string_view region, const AwsPlace& place,
                        const AwsConfiguration& configuration, System& system) {
  std::string url = configured(service, place, configuration, system);
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty()) return url;
  return fmt::format("https://{}.{}.{}", service.name, region, partition_of(region).domain);
}

}  // namespace verba
