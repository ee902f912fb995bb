// SPDX-License-Identifier: Apache-2.0
// An account of AWS that one can get into: calls of its services.
#pragma once

#include <string>

#include "aws/logins.h"
#include "aws/place.h"

namespace verba {

/// Who one is.
struct AwsIdentity {
  bool good = false;
  std::string account_id;
  std::string arn;   ///< "arn:aws:iam::123456789012:user/ann"
  std::string why;   ///< when not good
  std::string hint;  ///< when not good
};

/// Borrows the logins. Any number of calls may be under way at once.
class AwsAccount {
 public:
  AwsAccount(AwsLogins& logins, AwsPlace place);

  const std::string& name() const { return place_.name; }
  const std::string& region() const { return region_; }  ///< "" when nobody says one
  const std::string& endpoint_url() const { return place_.endpoint_url; }
  std::string endpoint(const AwsService& service) const;

  /// The same one, working in another region ("": in its own).
  AwsAccount in(std::string region) const;
  System& system() const { return logins_.system(); }

  /// Calls a service. Every failure is in the answer: no credentials and no region as well.
  Async<AwsAnswer> call(const AwsService& service, AwsMessage message, Stop& stop);
  /// Neither credentials nor a problem: `stop` was requested.
  Async<AwsFound> credentials(Stop& stop) { return logins_.credentials(place_, stop); }
  /// Asks AWS, and sees whether it is the account that it must be.
  Async<AwsIdentity> identify(Stop& stop);

 private:
  AwsLogins& logins_;
  AwsPlace place_;
  std::string region_;
};

}  // namespace verba
