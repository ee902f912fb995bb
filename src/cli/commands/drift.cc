// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/observing.h"
#include "cli/planning.h"
#include "cli/running.h"
#include "cli/state_access.h"
#include "plan/targets.h"
#include "view/text/drift_text.h"

namespace verba {
namespace {

Value finding_value(const Finding& finding) {
  Map map;
  map.append({"address", {}}, finding.address);
  map.append({"deployment", {}}, finding.deployment);
  map.append({"type", {}}, finding.type);
  map.append({"state", {}}, to_string(finding.state));
  map.append({"detail", {}}, finding.detail);
  map.append({"place", {}}, finding.place);
  return map;
}

Value report_value(const DriftReport& report) {
  const auto count = [&](DriftState state) { return static_cast<std::int64_t>(report.count(state)); };
  Map summary;
  summary.append({"drifted", {}}, count(DriftState::drifted));
  summary.append({"absent", {}}, count(DriftState::absent));
  summary.append({"unknown", {}}, count(DriftState::unknown));
  summary.append({"inSync", {}}, count(DriftState::in_sync));
  summary.append({"unchecked", {}}, count(DriftState::unchecked));
  List tasks;
  for (const Finding& finding : report.findings) tasks.push_back(finding_value(finding));
  Map map;
  map.append({"environment", {}}, report.environment);
  map.append({"summary", {}}, std::move(summary));
  map.append({"tasks", {}}, std::move(tasks));
  return map;
}

/// What the words name among the records; everything, without words.
std::vector<const Record*> chosen(Call& call, const Snapshot& snapshot) {
  Model none;
  none.environment.name = snapshot.environment;
  Diagnostics diagnostics;
  const Targets targets(targets_of(call), none, snapshot, Targets::Reach::who_needs_them, diagnostics);
  require(call, Project{}, diagnostics);
  std::vector<const Record*> records;
  for (const Record& record : snapshot.records) {
    if (targets.named(record)) records.push_back(&record);
  }
  return records;
}

/// Drift is a fact even where something else could not be looked at.
int exit_code_of(const DriftReport& report) {
  if (report.count(DriftState::drifted) + report.count(DriftState::absent) > 0) return kChanges;
  return report.count(DriftState::unknown) > 0 ? kStepFailed : kDone;
}

int drift(Call& call) {
  const Format format = format_of(call);
  parallelism_of(call);
  const std::string path = state_path(call);
  const auto store = open_store(path, StoreUse::reading);
  const Sealer sealer = open_sealer(call, *store, path, KeyUse::look);
  const Snapshot snapshot = store->snapshot(deployed_environment(call, *store));
  const std::vector<const Record*> records = chosen(call, snapshot);
  // By state: the manifests may be gone, and with them accounts; those are got into as was recorded.
  const Model& model = model_at_hand(call, snapshot.environment);
  const Surroundings surroundings = planning_surroundings(call);
  Hosts hosts(call.system, model, surroundings);
  const Observations observations = look(call, *store, sealer, path, hosts, model, records);
  DriftReport report;
  report.environment = snapshot.environment;
  for (const Record* record : records) report.findings.push_back(finding_of(*record, observations));
  if (format == Format::text) {
    print(call, drift_text(report, call.out_style));
  } else {
    print(call, format, report_value(report));
  }
  return exit_code_of(report);
}

}  // namespace

Option preview_option() {
  return {.name = "preview",
          .summary = "ask what would change inside of stacks; apply then does that and nothing else"};
}

Option refresh_option() {
  return {.name = "refresh", .summary = "look first how what is deployed is now, and repair what drifted or is gone"};
}

CommandRow drift_command() {
  return {.name = "drift",
          .group = "Look",
          .summary = "whether what is deployed still is as it was deployed",
          .positionals = {{.name = "DEPLOYMENT[.TASK]", .repeats = true, .completes = Completes::address}},
          .options = {{.name = "target",
                       .value = "ADDRESS",
                       .summary = "only this deployment or task",
                       .repeats = true,
                       .completes = Completes::address},
                      parallelism_option()},
          .function = drift};
}

}  // namespace verba
