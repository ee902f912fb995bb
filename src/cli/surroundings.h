// SPDX-License-Identifier: Apache-2.0
// What expressions may ask of this machine: files, secrets, variables, scripts.
#pragma once

#include "manifest/locations/checkout.h"
#include "manifest/model.h"
#include "os/system.h"

namespace verba {

/// Every answer is asked for once and remembered, so that a plan and its run see the same. Secrets: env:NAME,
/// file:PATH, command:LINE (by `sh -c`, at most a minute; trailing line ends are stripped), ssm:NAME and
/// secretsmanager:ID#KEY (cli/aws_secrets.h). Borrows the system.
/// A path that ends with / asks for a directory: the paths of all files in it, from it, sorted, one a line; a NotFound
/// without words says that it is none. For inputs that may name a tree; the function file() never asks so.
/// A file may be a location that is fetched (manifest/locations/origin.h), and of a file in a checkout no path leads
/// out.
/// `logins`: what secrets of AWS are asked for with; null: some of its own.
Surroundings make_surroundings(System&, const FetchSettings& = {}, std::shared_ptr<AwsLogins> logins = {});

/// The same where only manifests are looked at: no secret is asked for and no script runs, and what they would answer
/// is Unknown, as is a variable of the environment that is not set. The form of a secret's reference is checked.
Surroundings rehearsed(Surroundings);

}  // namespace verba
