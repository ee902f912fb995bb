// SPDX-License-Identifier: Apache-2.0
// What is wrong with the inputs of tasks, as far as the manifests alone tell.
#pragma once

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "provider/provider.h"

namespace verba {

/// Evaluates conditions and inputs of all tasks in surroundings that may answer Unknown, reads the files that they
/// name, and asks the providers. What `diagnostics` has already, of another environment or instance, is not told again.
void rehearse(const Model&, const Providers&, const Surroundings&, Diagnostics& diagnostics);

}  // namespace verba
