// SPDX-License-Identifier: Apache-2.0
#include "manifest/notifications.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "manifest/accounts.h"
#include "manifest/aws_accounts.h"
#include "manifest/names.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

const List& notices_in(const Value* notify) {
  static const List none;
  return notify != nullptr && notify->is_list() ? notify->list() : none;
}

bool hears_of(const Value& notice, std::string_view event) {
  const Value* events = notice.find("on");
  if (events == nullptr || !events->is_list()) return true;
  return std::ranges::any_of(events->list(),
                             [&](const Value& one) { return one.is_string() && one.string() == event; });
}

const Value* notify_in(const ManifestIndex& index, std::string_view environment) {
  for (const Manifest* one : environment_chain(index, environment)) {
    if (const Value* notify = one->spec.find("notify")) return notify;
  }
  return nullptr;
}

void check_channels(const Value* notify, const std::string& doing, Resolution& resolution) {
  for (const Value& notice : notices_in(notify)) {
    const Value* name = notice.find("channel");
    if (name == nullptr || !name->is_string()) continue;
    const Manifest* channel = resolution.index.find("NotificationChannel", name->string());
    if (channel == nullptr) {
      report(resolution.diagnostics, "manifest.unknown-reference",
             fmt::format("no NotificationChannel is named '{}'", name->string()), name->where,
             did_you_mean(name->string(), resolution.index.names("NotificationChannel")), doing);
    } else if (!in_scope(*channel, resolution.model.environment.name)) {
      report(resolution.diagnostics, "manifest.out-of-scope",
             fmt::format("NotificationChannel '{}' is not in scope in environment '{}': {}", name->string(),
                         resolution.model.environment.name, scope_of_manifest(*channel)),
             name->where, "", doing);
    }
  }
}

void check_channel(const Manifest& channel, Resolution& resolution) {
  const Value* topic = channel.spec.find("topicArn");
  if (topic != nullptr && topic->is_string() &&
      (!topic->string().starts_with("arn:") || topic->string().find(":sns:") == std::string::npos)) {
    report(resolution.diagnostics, "manifest.bad-value", fmt::format("'{}' is no ARN of a topic", topic->string()),
           topic->where, "for example: arn:aws:sns:eu-central-1:123456789012:deployments",
           fmt::format("resolving NotificationChannel '{}'", channel.name));
  }
  const Value* name = channel.spec.find("account");
  if (name == nullptr || !name->is_string()) return;
  const std::string doing = fmt::format("resolving 'account' of NotificationChannel '{}'", channel.name);
  const Account* account = find_account(resolution.model, name->string());
  if (account == nullptr) {
    std::vector<std::string_view> names;
    for (const Account& one : resolution.model.accounts) names.push_back(one.name);
    report(resolution.diagnostics, "manifest.unknown-reference",
           fmt::format("no account is named '{}'", name->string()), name->where, did_you_mean(name->string(), names),
           doing);
  } else if (account->kind == nullptr || !is_aws(account->kind->name)) {
    report(resolution.diagnostics, "manifest.bad-value",
           fmt::format("account '{}' is no AwsInfrastructureAccount", name->string()), name->where,
           "a topic is reached with credentials of AWS", doing);
  }
}

}  // namespace

std::vector<Listening> who_hears(const Value* notify, std::string_view event, const std::vector<Manifest>& manifests,
                                 std::string_view environment) {
  std::vector<Listening> all;
  for (const Value& notice : notices_in(notify)) {
    if (!hears_of(notice, event)) continue;
    const std::string_view name = text_of(notice, "channel");
    const auto channel = std::ranges::find_if(manifests, [&](const Manifest& one) {
      return one.kind != nullptr && one.kind->name == "NotificationChannel" && one.name == name &&
             in_scope(one, environment);
    });
    if (channel == manifests.end()) continue;
    all.push_back({channel->name, text_of(channel->spec, "account"), text_of(channel->spec, "topicArn")});
  }
  return all;
}

const Value* notify_of_environment(const std::vector<Manifest>& manifests, std::string_view environment) {
  return notify_in(ManifestIndex(manifests), environment);
}

void resolve_notifications(Resolution& resolution) {
  const std::string& environment = resolution.model.environment.name;
  check_channels(notify_in(resolution.index, environment),
                 fmt::format("resolving 'notify' of Environment '{}'", environment), resolution);
  for (const DeploymentScope& deployment : resolution.model.deployments) {
    check_channels(deployment.spec.find("notify"),
                   fmt::format("resolving 'notify' of Deployment '{}'", deployment.name), resolution);
  }
  for (const Manifest* channel : resolution.index.all("NotificationChannel")) {
    if (in_scope(*channel, environment)) check_channel(*channel, resolution);
  }
}

}  // namespace verba
