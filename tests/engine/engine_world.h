// SPDX-License-Identifier: Apache-2.0
// A whole engine over fakes: manifests as text in, calls of the provider and records out.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "manifest/kinds/kinds.h"
#include "manifest/manifest.h"
#include "plan/planner.h"
#include "provider/shell/shell_provider.h"
#include "run/observation.h"
#include "run/progress.h"
#include "run/runner.h"
#include "state/memory/memory_store.h"
#include "support/fake_provider.h"
#include "support/fake_system.h"
#include "support/stage.h"

namespace verba {

/// Remembers the fold of a run's events, and what batches came to.
class Witness : public Listener {
 public:
  void on(const Event& event) noexcept override {
    apply(progress, event);
    if (const auto* batch = std::get_if<BatchEnded>(&event)) batches.push_back(*batch);
  }
  Progress progress;
  std::vector<BatchEnded> batches;
};

/// Plans and runs manifests with tasks of type Fake, or real ShellScripts on the fake system. State lasts from call to
/// call.
class EngineWorld {
 public:
  FakeSystem system;
  FakeProvider provider{system};
  std::unique_ptr<MemoryStore> store = make_memory_store();
  Sealer sealer{std::string(32, 'k')};
  std::map<std::string, std::string> files;    ///< what tasks may name, by absolute path
  std::map<std::string, std::string> secrets;  ///< by reference
  Goal goal;
  RunSettings settings;
  Diagnostics diagnostics;  ///< of the last call
  Witness witness;          ///< of the last run

  /// `tasks`: YAML of a list of tasks, all of deployment "d". Every task gets `type: Fake`.
  static std::string deployment(const std::string& tasks, const std::string& name = "d", const std::string& more = "");

  /// The plan's steps as "+ d.a: not deployed yet".
  std::vector<std::string> plan(const std::string& manifests);
  /// Plans and runs; gives the calls of the provider.
  std::vector<std::string> run(const std::string& manifests);
  RunResult result;
  /// Looks at everything recorded.
  Observations look();
  const Record* record(const std::string& address);
  std::vector<std::string> messages() const;

  /// Everything that the last plan() or run() worked with.
  std::unique_ptr<Stage> stage;

 private:
  Surroundings surroundings();
  void prepare(const std::string& manifests);
  std::unique_ptr<Provider> shell_ = make_shell_provider();
  Providers providers_{{&provider, shell_.get()}};
  Catalogue catalogue_{built_in_kinds(), {&provider.type(), &shell_->type()}};
  Snapshot after_;
};

}  // namespace verba
