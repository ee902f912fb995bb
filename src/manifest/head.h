// SPDX-License-Identifier: Apache-2.0
// What every manifest has beside its spec.
#pragma once

#include <vector>

#include "manifest/schema.h"

namespace verba {

/// apiVersion, kind, metadata and spec.
const std::vector<Field>& head_fields();

}  // namespace verba
