// SPDX-License-Identifier: Apache-2.0
// Model and Snapshot to Plan.
#pragma once

#include "base/diagnostic.h"
#include "manifest/model.h"
#include "plan/observations.h"
#include "plan/plan.h"
#include "provider/provider.h"
#include "state/seal.h"
#include "state/store.h"

namespace verba {

/// What planning reads besides model and snapshot. Borrowed.
struct PlanningAids {
  const Providers& providers;
  Store& store;  ///< blobs and history
  const Sealer& sealer;
  const Surroundings& surroundings;  ///< `run`, `now` and `outputs` are replaced by planning's own
  const Sources& sources;
  Instant now = {};                        ///< what has expired
  const Observations* observed = nullptr;  ///< what was looked at; nothing: what is recorded is believed
};

/// Compares what is wanted with what is recorded. Changes nothing but the names of records in the snapshot that go on
/// under another one (`movedFrom`): from there on it is as it will be once `moves` are recorded. Steps come in the
/// order of the manifests, then deletes. Mistakes (an unknown target, an input that cannot be evaluated, a protected
/// thing to delete or replace) become diagnostics and the plan is not to be used.
Plan make_plan(const Model&, Snapshot&, const Goal&, const PlanningAids&, Diagnostics&);

}  // namespace verba
