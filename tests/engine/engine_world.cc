// SPDX-License-Identifier: Apache-2.0
#include "engine_world.h"

#include <fmt/format.h>

#include "value/json.h"
#include "view/json/plan_json.h"

namespace verba {

std::string EngineWorld::deployment(const std::string& tasks, const std::string& name, const std::string& more) {
  std::string text = "---\napiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {name: " + name + "}\nspec:\n" +
                     more + "  tasks:\n";
  std::string indented;
  std::size_t begin = 0;
  while (begin < tasks.size()) {
    const std::size_t end = tasks.find('\n', begin);
    const std::string line = tasks.substr(begin, end - begin);
    indented += "  " + line + "\n";
    if (line.starts_with("- name:")) indented += "    type: Fake\n";
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return text + indented;
}

Surroundings EngineWorld::surroundings() {
  Surroundings around;
  around.file = [this](const std::string& path) -> std::variant<std::string, NotFound> {
    const auto found = files.find(path);
    if (found == files.end()) return NotFound{"there is no file " + path, ""};
    return found->second;
  };
  around.secret = [this](const SecretQuestion& question) -> TextAnswer {
    const auto found = secrets.find(question.reference);
    if (found == secrets.end()) return NotFound{"there is no secret " + question.reference, ""};
    return found->second;
  };
  around.variable = [](const std::string&) { return std::nullopt; };
  around.now = [] { return "2026-01-01T00:00:00.000Z"; };
  around.run.set("id", 0);
  return around;
}

void EngineWorld::prepare(const std::string& text) {
  diagnostics = {};
  const Surroundings around = surroundings();
  stage = staged(text, catalogue_, around, *store, diagnostics);
  if (diagnostics.has_errors()) return;
  PlanningAids aids{providers_, *store, sealer, around, stage->sources, system.now()};
  const Observations observed = goal.refresh ? look() : Observations{};
  if (goal.refresh) aids.observed = &observed;
  stage->plan = make_plan(stage->model, stage->snapshot, goal, aids, diagnostics);
}

std::vector<std::string> EngineWorld::messages() const {
  std::vector<std::string> all;
  for (const Diagnostic& diagnostic : diagnostics.all()) all.push_back(diagnostic.message);
  return all;
}

std::vector<std::string> EngineWorld::plan(const std::string& text) {
  prepare(text);
  std::vector<std::string> lines;
  for (const Step& step : stage->plan.steps) {
    lines.push_back(fmt::format("{} {}: {}", sign(step.action), step.address, step.reason));
  }
  return lines;
}

std::vector<std::string> EngineWorld::run(const std::string& text) {
  prepare(text);
  provider.calls.clear();
  witness = {};
  if (diagnostics.has_errors()) return {};
  settings.scratch_directory = "/scratch";
  settings.plan_json = to_json(plan_value(stage->plan));
  LeaseRequest request;
  request.environment = "default";
  request.deployments = stage->plan.locked;
  request.now = system.now();
  const Lease lease = std::get<Lease>(store->acquire(request, [](const Owner&) { return true; }));
  const Surroundings around = surroundings();
  Hosts hosts(system, stage->model, around);
  const Workplace workplace{system, *store, lease, providers_, sealer, around, hosts, witness};
  try {
    result = run_plan(stage->plan, stage->model, stage->snapshot, settings, workplace);
  } catch (...) {
    store->release(lease);
    throw;
  }
  store->release(lease);
  return provider.calls;
}

Observations EngineWorld::look() {
  const Snapshot snapshot = store->snapshot("default");
  std::vector<const Record*> records;
  for (const Record& each : snapshot.records) records.push_back(&each);
  ObservationSettings how;
  how.scratch_directory = "/scratch";
  const Surroundings around = surroundings();
  Hosts hosts(system, stage->model, around);
  return observe(records, how, Viewpoint{system, *store, providers_, sealer, hosts});
}

const Record* EngineWorld::record(const std::string& address) {
  after_ = store->snapshot("default");
  return after_.find(address);
}

}  // namespace verba
