// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/number.h"
#include "base/utf8.h"

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

/// Does the account's own address alone count, or AWS's?
bool ignores_others(const AwsPlace& place, const AwsConfiguration& configuration, System& system) {
  return !place.endpoint_url.empty() || variable(system, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == "true" ||
         configuration.setting(profile_of(place.login, system), "ignore_configured_endpoint_urls") == "true";
}

/// What a person has set.
std::string configured(const AwsService& service, const AwsPlace& place, const AwsConfiguration& configuration,
                       System& system) {
  if (ignores_others(place, configuration, system)) return place.endpoint_url;
  const std::string profile = profile_of(place.login, system);
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
  static const AwsService service{.name = "sts", .id = "sts", .version = "2011-06-15", .title = "STS"};
  return service;
}

const AwsService& sso_service() {
  static const AwsService service{.name = "portal.sso", .id = "sso", .title = "SSO"};
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

bool is_aws_endpoint(std::string_view text) {
  const std::size_t host = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
  return host != 0 && text.size() > host && text.find_first_of(" ?#@") == std::string_view::npos && !has_control(text);
}

bool is_aws_role(std::string_view text) {
  if (!text.starts_with("arn:") || has_control(text)) return false;
  const std::size_t iam = text.find(":iam::");
  if (iam == std::string_view::npos) return false;
  const std::string_view account = text.substr(iam + 6, 12);
  const std::string_view rest = text.substr(std::min(iam + 18, text.size()));
  return account.size() == 12 && std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; }) &&
         rest.starts_with(":role/") && rest.size() > 6;
}

std::string ca_file_of(const AwsConfiguration& configuration, System& system) {
  const std::string of_profile(configuration.setting(default_profile(system), "ca_bundle"));
  return system.variable("AWS_CA_BUNDLE").value_or(home_path(system, of_profile));
}

std::string wrong_setting(const AwsPlace& place, const AwsConfiguration& configuration, System& system) {
  if (const std::string tries = variable(system, "AWS_MAX_ATTEMPTS"); !tries.empty()) {
    if (number_in<int>(tries).value_or(0) < 1)
      return fmt::format("AWS_MAX_ATTEMPTS is '{}', which is no number of tries", tries);
  }
  if (const std::string file = ca_file_of(configuration, system); !file.empty() && !system.kind_of(file)) {
    return fmt::format("there is no file '{}' with certificates to trust (AWS_CA_BUNDLE, or ca_bundle of the profile)",
                       file);
  }
  if (has_control(region_of(place, configuration, system))) return "the region has a control character in it";
  if (ignores_others(place, configuration, system)) return {};
  const std::string profile = profile_of(place.login, system);
  Variables said;
  for (auto& [name, url] : system.variables()) {
    if (name.starts_with("AWS_ENDPOINT_URL")) said.emplace_back(name, url);
  }
  said.emplace_back(
      fmt::format("endpoint_url of the profile '{}'{}", profile, configuration.place_of(profile, "endpoint_url")),
      configuration.setting(profile, "endpoint_url"));
  const auto services = configuration.services.find(configuration.setting(profile, "services"));
  if (services != configuration.services.end()) {
    for (const auto& [name, value] : services->second) {
      if (name.ends_with(".endpoint_url"))
        said.emplace_back(fmt::format("{} of [services {}]", name, services->first), value);
    }
  }
  for (const auto& [name, url] : said) {
    if (url.empty() || is_aws_endpoint(url)) continue;
    const bool has_user = url.find('@') != std::string::npos;
    return fmt::format(
        "{} {}", name,
        has_user ? "has a user name or a password in it, which would be seen: addresses are shown and recorded"
                 : "is no address of a service, such as https://localhost:4566");
  }
  return {};
}

std::string endpoint_of(const AwsService& service, std::string_view region, const AwsPlace& place,
                        const AwsConfiguration& configuration, System& system) {
  std::string url = configured(service, place, configuration, system);
  while (url.ends_with('/')) url.pop_back();
  if (!url.empty()) return url;
  return fmt::format("https://{}.{}.{}", service.name, region, partition_of(region).domain);
}

}  // namespace verba
