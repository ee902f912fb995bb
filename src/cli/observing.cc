// SPDX-License-Identifier: Apache-2.0
#include "cli/observing.h"

#include "cli/identities.h"
#include "cli/planning.h"
#include "cli/running.h"

namespace verba {

ObservationSettings observation_settings(Call& call, const std::string& state_path) {
  ObservationSettings settings;
  settings.parallelism = parallelism_of(call);
  settings.scratch_directory = scratch_directory(call, state_path);
  return settings;
}

Observations look(Call& call, Store& store, const Sealer& sealer, const std::string& state_path, Hosts& hosts,
                  const Model& model, const std::vector<const Record*>& records) {
  identify_by_code(call, hosts, accounts_of(records, model, store));
  return observe(records, observation_settings(call, state_path),
                 Viewpoint{call.system, store, call.kit().providers, sealer, hosts});
}

}  // namespace verba
