// SPDX-License-Identifier: Apache-2.0
// What comes of manifests on the way to a plan, all of it alive together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manifest/manifest.h"
#include "manifest/resolve.h"
#include "plan/plan.h"
#include "state/store.h"

namespace verba {

struct Stage {
  Sources sources;
  std::vector<Manifest> manifests;
  Model model;
  Snapshot snapshot;
  Plan plan;
};

/// Reads manifests for environment "default", as far as the snapshot: no plan yet.
inline std::unique_ptr<Stage> staged(const std::string& text, const Catalogue& catalogue,
                                     const Surroundings& surroundings, Store& store, Diagnostics& diagnostics) {
  auto stage = std::make_unique<Stage>();
  const SourceId id = stage->sources.add("m.yaml", text);
  stage->manifests = check(Document{id, "/project"}, catalogue, stage->sources, diagnostics);
  stage->model = resolve(stage->manifests, "default", {}, surroundings, catalogue, stage->sources, diagnostics);
  stage->snapshot = store.snapshot("default");
  return stage;
}

}  // namespace verba
