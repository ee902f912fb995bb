// SPDX-License-Identifier: Apache-2.0
// What was found when somebody looked whether things still are as they were deployed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/observations.h"
#include "state/store.h"
#include "view/text/style.h"

namespace verba {

enum class DriftState : std::uint8_t { in_sync, drifted, absent, unknown, unchecked };
std::string_view to_string(DriftState);  ///< in-sync, drifted, absent, unknown, unchecked

/// One recorded thing, and how it was found.
struct Finding {
  std::string address, deployment, type;
  DriftState state = DriftState::unchecked;
  std::string detail;
  std::string place;
};

/// Of something whose last step did not succeed, nobody can say that it is as recorded: it is `unknown` at best.
Finding finding_of(const Record&, const Observations&);

struct DriftReport {
  std::string environment;
  std::vector<Finding> findings;  ///< by address
  std::size_t count(DriftState) const;
};

/// A table of what was checked, and a line that counts.
std::string drift_text(const DriftReport&, Style);

}  // namespace verba
