// SPDX-License-Identifier: Apache-2.0
// Findings, for programs. The names are written down in docs/manual/json.md and do not change.
#pragma once

#include "base/diagnostic.h"
#include "value/value.h"

namespace verba {

/// [{severity, code, message, file, line, column, while, hint}]; what a finding does not have is left out.
Value findings_value(const Diagnostics&, const Sources&);

}  // namespace verba
