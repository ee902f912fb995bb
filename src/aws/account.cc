// SPDX-License-Identifier: Apache-2.0
#include "aws/account.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "aws/soon_stop.h"

namespace verba {
namespace {

constexpr std::string_view region_of_sts = "us-east-1";  ///< where no other is known

AwsAnswer failed(std::string message, bool stopped = false) {
  AwsAnswer answer;
  AwsFailure& failure = answer.failure.emplace();
  failure.message = std::move(message);
  failure.stopped = stopped;
  return answer;
}

}  // namespace

AwsAccount::AwsAccount(AwsLogins& logins, AwsPlace place)
    : logins_(logins), place_(std::move(place)), region_(region_of(place_, logins.configuration(), logins.system())) {}

std::string AwsAccount::endpoint(const AwsService& service) const {
  return endpoint_of(service, region_, place_, logins_.configuration(), logins_.system());
}

AwsAccount AwsAccount::in(std::string region) const {
  AwsPlace place = place_;
  if (!region.empty()) place.region = std::move(region);
  return {logins_, std::move(place)};
}

Async<AwsAnswer> AwsAccount::call(const AwsService& service, AwsMessage message, Stop& stop) {
  AwsCall call{.service = &service, .region = region_};
  if (call.region.empty() && &service == &sts_service()) call.region = region_of_sts;
  if (call.region.empty()) {
    co_return failed(
        fmt::format("no region is known for the account '{}': give it one, or set AWS_REGION", place_.name));
  }
  call.endpoint = endpoint_of(service, call.region, place_, logins_.configuration(), logins_.system());
  call.message = std::move(message);
  for (bool renewed = false;; renewed = true) {
    Async<AwsFound> looking = logins_.credentials(place_, stop);
    const AwsFound login = co_await looking;
    if (login.problem) co_return failed(login.problem->message);
    if (!login.credentials) co_return failed("it was broken off", true);
    Async<AwsAnswer> asking = logins_.transport().send(call, login.credentials, stop);
    AwsAnswer answer = co_await asking;
    if (renewed || !answer.failure || trouble_of(*answer.failure) != AwsTrouble::credentials) co_return answer;
    logins_.expired(place_, *login.credentials);
  }
}

Async<AwsIdentity> AwsAccount::identify(Stop& stop) {
  AwsIdentity identity;
  Async<AwsFound> looking = logins_.credentials(place_, stop);
  const AwsFound login = co_await looking;
  if (login.problem) {
    identity.why = login.problem->message;
    identity.hint = login.problem->hint;
    co_return identity;
  }
  SoonStop soon(logins_.system(), stop);
  AwsMessage message = query_message(sts_service(), "GetCallerIdentity", {}, "GetCallerIdentityResult/Account");
  Async<AwsAnswer> asking = call(sts_service(), std::move(message), soon.stop());
  const AwsAnswer answer = co_await asking;
  identity.account_id = text_at(answer.value, {"GetCallerIdentityResult", "Account"});
  identity.arn = text_at(answer.value, {"GetCallerIdentityResult", "Arn"});
  if (answer.failure) {
    const bool is_late = answer.failure->stopped && !stop.requested();
    const std::string region = region_.empty() ? std::string(region_of_sts) : region_;
    identity.why = is_late ? late_text(*answer.failure, endpoint_of(sts_service(), region, place_,
                                                                    logins_.configuration(), logins_.system()))
                           : to_string(*answer.failure);
  } else if (identity.account_id.empty()) {
    identity.why = "the answer of STS names no account";
  } else if (!place_.account_id.empty() && place_.account_id != identity.account_id) {
    identity.why =
        fmt::format("it must be the account {}, but is {} ({})", place_.account_id, identity.account_id, identity.arn);
    identity.hint = "choose another authentication, or correct its accountId";
  } else {
    identity.good = true;
  }
  co_return identity;
}

}  // namespace verba
