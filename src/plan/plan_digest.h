// SPDX-License-Identifier: Apache-2.0
// What makes a plan the same plan.
#pragma once

#include "base/digest.h"
#include "plan/plan.h"

namespace verba {

/// The digest of all that makes a plan what it is; equal digests: the same plan.
Digest digest_of(const Plan&);

}  // namespace verba
