// SPDX-License-Identifier: Apache-2.0
// AwsCli: commands of AWS's own command line tool.
#pragma once

#include <memory>

#include "provider/provider.h"

namespace verba {

/// Has `scripts` run each as the ShellScript that it comes to. Borrows it.
std::unique_ptr<Provider> make_aws_cli_provider(Provider& scripts);

}  // namespace verba
