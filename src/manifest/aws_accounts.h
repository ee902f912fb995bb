// SPDX-License-Identifier: Apache-2.0
// What accounts of AWS and their authentications mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/place.h"
#include "manifest/model.h"

namespace verba {

/// Is that the name of the kind of AWS's accounts?
bool is_aws(std::string_view kind);

/// Adds what is wrong with one that was resolved: ids, regions, addresses and roles that are none.
/// REQUIRES, here and below: the account is of kind AwsInfrastructureAccount.
void check_aws_account(const Account&, Diagnostics&);

/// How to get in. Secrets are asked for here: mistakes become diagnostics, and then there is nothing.
std::optional<AwsPlace> aws_place(const Model&, const Account&, const Surroundings&, Diagnostics&);

/// What of it tells where it is: all but secrets.
AwsPlace aws_whereabouts(const Account&);

/// Where things of an account are, as far as it is written; "" of what is not.
struct AwsSpot {
  std::string account_id;
  std::string region;
};
AwsSpot written_spot(const Account&);

/// "123456789012 in eu-central-1", as far as it is written; for people.
std::string written_place_of(const Account&);

}  // namespace verba
