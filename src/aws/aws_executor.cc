// SPDX-License-Identifier: Apache-2.0
#include "aws/aws_executor.h"

#include <utility>

#include "base/error.h"
#include "os/not_begun.h"

namespace verba {
namespace {

/// What would lead a tool to other credentials.
constexpr const char* of_other_logins[] = {
    "AWS_PROFILE",           "AWS_DEFAULT_PROFILE",         "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",           "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",          "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CREDENTIAL_EXPIRATION",
};

void set_login(Work& work, const AwsCredentials& credentials) {
  for (const char* name : of_other_logins) work.without.emplace_back(name);
  work.environment.emplace_back("AWS_ACCESS_KEY_ID", credentials.access_key);
  work.environment.emplace_back("AWS_SECRET_ACCESS_KEY", credentials.secret_key);
  if (!credentials.session_token.empty()) work.environment.emplace_back("AWS_SESSION_TOKEN", credentials.session_token);
}

}  // namespace

Async<WorkDone> AwsExecutor::run(Work work, Stop& stop, RunOptions options) {
  Async<AwsFound> looking = account_.credentials(stop);
  const AwsFound login = co_await looking;
  if (login.problem) {
    throw NotBegun(Error(Error::Kind::provider, "account.credentials", account_.name() + ": " + login.problem->message,
                         login.problem->hint));
  }
  if (login.credentials) set_login(work, *login.credentials);  // else it is stopped, and not begun
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (!account_.region().empty()) work.environment.emplace_back(name, account_.region());
  }
  if (!account_.endpoint_url().empty()) work.environment.emplace_back("AWS_ENDPOINT_URL", account_.endpoint_url());
  Async<WorkDone> running = here_.run(std::move(work), stop, std::move(options));
  WorkDone done = co_await running;
  co_return done;
}

}  // namespace verba
