// SPDX-License-Identifier: Apache-2.0
// Commands on this machine that work in an account of AWS.
#pragma once

#include <memory>

#include "aws/account.h"
#include "os/executor.h"

namespace verba {

/// Runs commands by another executor, with fresh credentials of the account, its region and its endpoint in their
/// environment (AWS_ACCESS_KEY_ID and so on) and in nothing else. What the operator's own environment says of AWS
/// credentials does not reach them. run() throws Error(provider, "account.credentials") when one cannot get in: nothing
/// has happened then. Borrows both.
class AwsExecutor final : public Executor {
 public:
  AwsExecutor(Executor& here, AwsAccount& account) : here_(here), account_(account) {}
  std::string directory_for(const std::string& manifest_directory, const std::string& written) const override {
    return here_.directory_for(manifest_directory, written);
  }
  Async<WorkDone> run(Work work, Stop& stop, RunOptions options) override;

 private:
  Executor& here_;
  AwsAccount& account_;
};

}  // namespace verba
