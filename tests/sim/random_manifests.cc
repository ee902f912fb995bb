// SPDX-License-Identifier: Apache-2.0
#include "sim/random_manifests.h"

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <utility>

namespace verba {
namespace {

std::vector<std::string> keys_of(const WrittenTask& task) {
  std::vector<std::string> keys;
  for (std::size_t i = 1; i <= task.instances; ++i) keys.push_back(fmt::format("h{}", i));
  return keys;
}

}  // namespace

Manifests::Manifests(Chance& chance, std::uint64_t seed) : chance_(chance) {
  if (seed % 4 == 0) fleets_.emplace(seed + 1);
  if (seed % 4 == 1) scopes_.emplace(seed + 1);
  if (seed % 4 == 2) updates_.emplace(seed + 1);
  if (seed % 8 == 5 || seed % 8 == 6) deletes_.emplace(seed + 2);
  if (seed % 8 == 3 || seed % 32 == 7) names_.emplace(seed + 3);
  if (seed % 16 == 7) parts_.emplace(seed + 4);
  const std::size_t count = 1 + chance_.below(3);
  for (std::size_t d = 0; d < count; ++d) {
    WrittenDeployment deployment;
    deployment.name = fmt::format("d{}", d);
    for (const WrittenDeployment& before : deployments_) {
      if (chance_.percent(40)) deployment.needs.push_back(before.name);
    }
    deployment.whole_run = scopes_ && scopes_->percent(50);
    deployment.updated_as_one = updates_ && updates_->percent(50);
    deployment.deleted_as_one = deletes_ && deletes_->percent(50);
    const std::size_t tasks = 1 + chance_.below(4);
    for (std::size_t t = 0; t < tasks; ++t) add_task(deployment);
    deployments_.push_back(std::move(deployment));
  }
}

void Manifests::change() {
  for (WrittenDeployment& deployment : deployments_) {
    const char* const policies[] = {"rollback", "rollback", "stop", "continue"};
    deployment.on_failure = policies[chance_.below(4)];
    for (WrittenTask& task : deployment.tasks) {
      task.version += chance_.percent(30) ? 1 : 0;
      task.number += names_ && names_->percent(25) ? 1 : 0;
      if (!task.parts.empty() && parts_->percent(50)) choose_parts(task);
    }
    if (chance_.percent(15)) add_task(deployment);
    if (chance_.percent(15) && deployment.tasks.size() > 1) remove_task(deployment);
  }
}

std::string Manifests::text() const {
  std::string out;
  for (const WrittenDeployment& deployment : deployments_) {
    out += fmt::format(
        "---\napiVersion: verbacratis/v1\nkind: Deployment\nmetadata: {{name: {}}}\nspec:\n"
        "  dependsOn: [{}]\n  onFailure: {}\n  rollback: {{scope: {}}}\n  tasks:\n",
        deployment.name, fmt::join(deployment.needs, ", "), deployment.on_failure,
        deployment.whole_run ? "run" : "deployment");
    for (const WrittenTask& task : deployment.tasks) {
      out += fmt::format("  - name: {}\n    type: Simulated\n    temporary: {}\n    dependsOn: [{}]\n", task.name,
                         task.temporary, fmt::join(task.needs, ", "));
      if (task.instances > 0) {
        out += fmt::format("    forEach: [{}]\n    rollout: {{{}}}\n", fmt::join(keys_of(task), ", "), task.rollout);
      }
      out += "    with:\n";
      const std::string reads = task.reads.empty() ? "" : fmt::format("${{{{ tasks.{}.outputs.value }}}}", task.reads);
      out += fmt::format("      value: \"{}{}\"\n      hidden: {}\n", task.version, reads, task.hidden);
      if (task.number > 0) out += fmt::format("      name: n{}\n", task.number);
      if (!task.parts.empty()) out += fmt::format("      parts: {}\n", fmt::join(task.parts, " "));
    }
    if (deployment.updated_as_one) {
      std::string sets;
      for (const WrittenTask& task : deployment.tasks) {
        sets += fmt::format("{}{}.{}: \"{}\"", sets.empty() ? "" : ", ", deployment.name, task.name, task.version);
      }
      out += fmt::format(
          "  update:\n    tasks:\n    - {{name: bring, type: Simulated, with: {{value: all, hidden: true, sets: "
          "{{{}}}}}}}\n",
          sets);
    }
    if (deployment.deleted_as_one) {
      out += fmt::format(
          "  delete:\n    tasks:\n    - {{name: away, type: Simulated, with: {{value: gone, hidden: true, takes: "
          "{}.}}}}\n",
          deployment.name);
    }
  }
  return out;
}

Outside Manifests::wanted() const {
  Outside outside;
  for (const WrittenDeployment& deployment : deployments_) {
    std::map<std::string, std::string> values;
    for (const WrittenTask& task : deployment.tasks) {
      values[task.name] = fmt::format("{}{}", task.version, task.reads.empty() ? "" : values.at(task.reads));
      const std::string address = deployment.name + "." + task.name;
      for (const std::string& key : keys_of(task))
        outside[fmt::format("{}[{}]", address, key)] = {values[task.name], true};
      const std::string thing = task.number > 0 ? fmt::format("{}@n{}", address, task.number) : address;
      if (!task.temporary && task.instances == 0) outside[thing] = {values[task.name], true, task.parts};
    }
  }
  return outside;
}

void Manifests::roll_out(WrittenTask& task) {
  if (!fleets_ || !fleets_->percent(40)) return;
  task.temporary = false;
  task.instances = 2 + fleets_->below(5);
  task.rollout = fmt::format("batch: {}, maxFailures: {}", 1 + fleets_->below(3), fleets_->below(3));
}

void Manifests::choose_parts(WrittenTask& task) {
  task.parts.clear();
  for (int i = 1; i <= 4; ++i) {
    if (parts_->percent(50)) task.parts.insert(fmt::format("p{}", i));
  }
  if (task.parts.empty()) task.parts.insert("p5");
}

void Manifests::add_task(WrittenDeployment& deployment) {
  WrittenTask task;
  task.name = fmt::format("t{}", next_++);
  task.hidden = chance_.percent(30);
  task.temporary = chance_.percent(10);
  for (const WrittenTask& before : deployment.tasks) {
    if (!chance_.percent(40)) continue;
    task.needs.push_back(before.name);
    if (chance_.percent(50) && before.instances == 0) task.reads = before.name;
  }
  roll_out(task);
  if (parts_ && parts_->percent(75)) choose_parts(task);
  if (deployment.updated_as_one) {  // what a task has then is known to nobody who reads it
    task.temporary = false;
    task.reads.clear();
  }
  if (deployment.deleted_as_one) task.temporary = false;
  deployment.tasks.push_back(std::move(task));
}

void Manifests::remove_task(WrittenDeployment& deployment) {
  const std::size_t gone = chance_.below(deployment.tasks.size());
  const std::string name = deployment.tasks[gone].name;
  deployment.tasks.erase(deployment.tasks.begin() + static_cast<std::ptrdiff_t>(gone));
  for (WrittenTask& task : deployment.tasks) {
    std::erase(task.needs, name);
    if (task.reads == name) task.reads.clear();
  }
}

}  // namespace verba
