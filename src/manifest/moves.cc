// SPDX-License-Identifier: Apache-2.0
// movedFrom: from a name as it is written to the address that the thing had before.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "manifest/address.h"
#include "manifest/names.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

class Pass {
 public:
  explicit Pass(Resolution& resolution) : resolution_(resolution), model_(resolution.model) {}

  /// A whole deployment: each of its tasks was in the former one, by its name of today or by its own movedFrom.
  void deployment(DeploymentId id) {
    DeploymentScope& scope = model_.deployments[id];
    const Value* from = scope.spec.find("movedFrom");
    if (!from || !from->is_string()) return;
    const std::string& former = from->string();
    if (!is_name(former)) {
      return error("manifest.bad-value", fmt::format("'{}' is no name of a deployment", former), from->where,
                   "write the name that it had before");
    }
    if (former == scope.name) {
      return error("manifest.not-moved", fmt::format("Deployment '{}' has that name still", former), from->where,
                   "write the name that it had before, or remove this 'movedFrom'");
    }
    if (resolution_.index.find("Deployment", former)) {
      return error("manifest.not-moved",
                   fmt::format("Deployment '{}' is still in the manifests, so nothing moved from there", former),
                   from->where, "remove that one, or this 'movedFrom'; tasks that moved say so themselves");
    }
    for (const TaskId id_of_task : scope.tasks) {
      Task& task = model_.tasks[id_of_task];
      std::vector<std::string> names = task.moved_from;  // those that it had here, it may have had there
      names.push_back(task.address);
      for (const std::string& name : names) {
        if (deployment_of(name) != scope.name) continue;
        std::string address = former + name.substr(scope.name.size());
        const auto claimed = claims_.find(address);
        const bool by_one_of_ours = claimed != claims_.end() && claimed->second->deployment == id;
        if (!by_one_of_ours) claim(task, std::move(address), *from);
      }
    }
  }

  void task(DeploymentId deployment, const Value& written) {
    const Value* from = written.find("movedFrom");
    if (!from || !from->is_string()) return;
    const auto declared = resolution_.declared[deployment].find(text_of(written, "name"));
    if (declared == resolution_.declared[deployment].end() || declared->second.written != &written) return;
    const auto former = parse_address(from->string(), model_.deployments[deployment].name);
    if (!former) {
      return error("manifest.bad-value", fmt::format("'{}' is no name of a task", from->string()), from->where,
                   "write NAME, DEPLOYMENT.NAME or, for one instance, DEPLOYMENT.NAME[KEY]");
    }
    if (former->key.empty() && is_written(*former)) return still_there(former->deployment + "." + former->name, *from);
    for (TaskId id = declared->second.first; id < declared->second.first + declared->second.count; ++id) {
      if (!instance(model_.tasks[id], *former, *from)) return;
    }
  }

 private:
  bool is_written(const Address& former) const {
    const auto deployment = model_.deployment(former.deployment);
    return deployment && resolution_.declared[*deployment].contains(former.name);
  }

  bool instance(Task& task, const Address& former, const Value& from) {
    const std::string key = former.key.empty() ? task.name.substr(task.base_name.size()) : former.key;
    std::string address = fmt::format("{}.{}{}", former.deployment, former.name, key);
    if (model_.by_address.contains(address)) {
      still_there(address, from);
      return false;
    }
    return claim(task, std::move(address), from);
  }

  bool claim(Task& task, std::string address, const Value& from) {
    const auto [claim, first] = claims_.emplace(address, &task);
    if (first) {
      task.moved_from.push_back(std::move(address));
      return true;
    }
    const Task& other = *claim->second;
    resolution_.diagnostics.add(
        {Severity::error,
         "manifest.moved-twice",
         fmt::format("{} and {} both say that they were {}", other.address, task.address, address),
         from.where,
         {},
         "one thing can go on under one name only",
         {{"said first for this one", other.where}}});
    return false;
  }

  void still_there(const std::string& address, const Value& from) {
    error("manifest.not-moved", fmt::format("{} is still in the manifests, so nothing moved from there", address),
          from.where, "remove the task of that name, or this 'movedFrom'");
  }

  void error(std::string_view code, std::string message, Where where, std::string hint) {
    resolution_.diagnostics.error(code, std::move(message), where, std::move(hint));
  }

  Resolution& resolution_;
  Model& model_;
  std::unordered_map<std::string, const Task*> claims_;  ///< by former address
};

}  // namespace

std::optional<Address> parse_address(std::string_view written, std::string_view own_deployment) {
  const auto bracket = std::min(written.find('['), written.size());
  const std::string_view head = written.substr(0, bracket);
  Address address{std::string(own_deployment), std::string(head), std::string(written.substr(bracket))};
  if (const auto dot = head.find('.'); dot != std::string_view::npos) {
    address.deployment = head.substr(0, dot);
    address.name = head.substr(dot + 1);
  }
  const std::string& key = address.key;
  const bool whole = key.empty() || (key.size() > 2 && key.find(']') == key.size() - 1 && key.rfind('[') == 0);
  if (!whole || !is_name(address.deployment) || !is_name(address.name)) return std::nullopt;
  return address;
}

void resolve_moves(Resolution& resolution) {
  Pass pass(resolution);
  for (DeploymentId id = 0; id < resolution.model.deployments.size(); ++id) {
    for (const Value& written : tasks_of(resolution.deployments[id]->spec)) pass.task(id, written);
  }
  for (DeploymentId id = 0; id < resolution.model.deployments.size(); ++id) pass.deployment(id);
}

}  // namespace verba
