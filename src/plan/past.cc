// SPDX-License-Identifier: Apache-2.0
#include "plan/past.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "manifest/address.h"

namespace verba {
namespace {

/// Walks backwards through the runs of an environment.
class WayBack {
 public:
  WayBack(Store& store, const Snapshot& now, const std::string& deployment) : store_(store), deployment_(deployment) {
    for (const Record& record : now.records) {
      if (record.deployment != deployment) continue;
      if (record.definition) definitions_.emplace(record.address, *record.definition);
      if (record.status != RecordStatus::deployed) unfinished_.insert(record.run);
    }
  }

  /// Takes back what the run did to the deployment. Did it change anything, all in all, or leave something unfinished?
  bool take_back(RunId run) {
    const std::map<std::string, Digest> after = definitions_;
    const std::vector<StepRecord> steps = store_.steps(run);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if (step->status != StepStatus::succeeded || deployment_of(step->address) != deployment_) continue;
      if (step->before) {
        definitions_.insert_or_assign(step->address, *step->before);
      } else {
        definitions_.erase(step->address);
      }
    }
    return definitions_ != after || unfinished_.contains(run);
  }

  std::map<std::string, Digest> take() { return std::move(definitions_); }

 private:
  Store& store_;
  const std::string& deployment_;
  std::map<std::string, Digest> definitions_;
  std::set<RunId> unfinished_;
};

std::vector<RunId> newest_first(Store& store, const std::string& environment) {
  std::vector<RunId> ids;
  for (const Run& run : store.runs(environment, std::numeric_limits<std::int32_t>::max())) ids.push_back(run.id);
  return ids;
}

/// Is it in state, or has a run ever had a step of it?
bool is_known(Store& store, const Snapshot& now, const std::vector<RunId>& runs, const std::string& deployment,
              Diagnostics& diagnostics) {
  std::set<std::string, std::less<>> known;
  for (const Record& record : now.records) known.insert(record.deployment);
  for (auto run = runs.begin(); run != runs.end() && !known.contains(deployment); ++run) {
    for (const StepRecord& step : store.steps(*run)) known.emplace(deployment_of(step.address));
  }
  if (known.contains(deployment)) return true;
  const std::vector<std::string_view> names(known.begin(), known.end());
  diagnostics.error(
      "plan.unknown-target",
      fmt::format("no deployment '{}' was ever deployed in environment '{}'", deployment, now.environment), {},
      did_you_mean(deployment, names, "`verba status` lists what is deployed"));
  return false;
}

bool is_of(Store& store, RunId id, const std::string& environment, Diagnostics& diagnostics) {
  if (id == 0) return true;
  const std::optional<Run> run = store.run(id);
  if (run && run->environment == environment) return true;
  diagnostics.error("plan.unknown-run",
                    run ? fmt::format("run {} was in environment '{}', not in '{}'", id, run->environment, environment)
                        : fmt::format("there is no run {}", id),
                    {}, fmt::format("`verba history -e {}` lists them", environment));
  return false;
}

}  // namespace

std::optional<Past> past_of(Store& store, const Snapshot& now, const std::string& deployment, std::optional<RunId> to,
                            Diagnostics& diagnostics) {
  const std::vector<RunId> runs = newest_first(store, now.environment);
  if (!is_known(store, now, runs, deployment, diagnostics)) return std::nullopt;
  if (to && !is_of(store, *to, now.environment, diagnostics)) return std::nullopt;
  WayBack way(store, now, deployment);
  for (auto run = runs.begin(); run != runs.end(); ++run) {
    if (to && *run <= *to) break;
    const bool changed = way.take_back(*run);
    if (!to && changed) return Past{run + 1 == runs.end() ? 0 : *(run + 1), way.take()};
  }
  if (to) return Past{*to, way.take()};
  diagnostics.error("plan.nothing-to-roll-back",
                    fmt::format("no run has changed '{}', so there is nothing to roll back", deployment), {},
                    "`verba history` lists the runs; --to RUN names one");
  return std::nullopt;
}

}  // namespace verba
