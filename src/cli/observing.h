// SPDX-License-Identifier: Apache-2.0
// Commands that look how things are out there.
#pragma once

#include "cli/session.h"
#include "plan/observations.h"
#include "run/hosts.h"
#include "run/observation.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// As many at a time as --parallelism says.
ObservationSettings observation_settings(Call&, const std::string& state_path);

/// Looks at these records, as many at a time as --parallelism says; asks for codes of MFA before. Throws what
/// verba::observe() throws.
Observations look(Call&, Store&, const Sealer&, const std::string& state_path, Hosts&, const Model&,
                  const std::vector<const Record*>&);

}  // namespace verba
