// SPDX-License-Identifier: Apache-2.0
// Environment.spec.protection: what has to be so before anything is changed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/instant.h"
#include "manifest/model.h"
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
  std::int64_t approvals = 0;
  Where approvals_where;
  std::vector<Freeze> freezes;
};

/// Reads a checked `protection` (null: none). A time that is none becomes a diagnostic, and its freeze is left out.
Protection protection_of(const Value&, Diagnostics&);

/// The environment as the manifests say it is guarded (its labels, protection and policies), its accounts, and nothing
/// to deploy: for who goes by state alone. When they know no such environment, only its name; where there are mistakes
/// in accounts, none of them. Borrows the manifests.
Model guards_of(const std::vector<Manifest>&, std::string_view environment, const Map& variables, const Surroundings&,
                const Catalogue&, const Sources&, Diagnostics&);

}  // namespace verba
