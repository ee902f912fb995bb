// SPDX-License-Identifier: Apache-2.0
#include "cli/observing.h"

#include "cli/running.h"
#include "run/observation.h"

namespace verba {

std::string scratch_directory(Call& call, const std::string& state_path) {
  const auto slash = state_path.rfind('/');
  return call.system.absolute(slash == std::string::npos ? "." : state_path.substr(0, slash)) + "/scratch";
}

Observations look(Call& call, Store& store, const Sealer& sealer, const std::string& state_path,
                  const std::vector<const Record*>& records) {
  ObservationSettings settings;
  settings.parallelism = parallelism_of(call);
  settings.scratch_directory = scratch_directory(call, state_path);
  return observe(records, settings, Viewpoint{call.system, store, call.kit().providers, sealer});
}

}  // namespace verba
