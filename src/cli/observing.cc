// SPDX-License-Identifier: Apache-2.0
#include "cli/observing.h"

#include "cli/planning.h"
#include "cli/running.h"
#include "run/observation.h"

namespace verba {

Observations look(Call& call, Store& store, const Sealer& sealer, const std::string& state_path, Hosts& hosts,
                  const std::vector<const Record*>& records) {
  ObservationSettings settings;
  settings.parallelism = parallelism_of(call);
  settings.scratch_directory = scratch_directory(call, state_path);
  return observe(records, settings, Viewpoint{call.system, store, call.kit().providers, sealer, hosts});
}

}  // namespace verba
