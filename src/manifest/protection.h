// SPDX-License-Identifier: Apache-2.0
// Environment.spec.protection: what has to be so before anything is changed.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "base/instant.h"
#include "value/value.h"

namespace verba {

/// From `from` on, and before `to`.
struct Freeze {
  Instant from, to;
  std::string reason;
  Where where;
};

struct Protection {
  bool allow_delete = true;
  Where allow_delete_where;
  bool confirm = false;
  std::vector<Freeze> freezes;
};

/// Reads a checked `protection` (null: none). A time that is none becomes a diagnostic, and its freeze is left out.
Protection protection_of(const Value&, Diagnostics&);

}  // namespace verba
