// SPDX-License-Identifier: Apache-2.0
// Project: which deployments belong together, and which come first.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "manifest/kinds/kinds.h"
#include "manifest/locations/load.h"
#include "manifest/names.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

using Via = std::vector<std::vector<std::string>>;

struct Member {
  std::string name;
  Where where;
};

/// The names in a list of a project; v1-alpha writes {name: X} as well.
std::vector<Member> names_in(const Manifest& project, std::string_view field) {
  std::vector<Member> names;
  const Value* list = project.spec.find(field);
  if (!list || !list->is_list()) return names;
  for (const Value& item : list->list()) {
    const Value* name = item.is_map() ? item.find("name") : &item;
    if (name && name->is_string()) names.push_back({name->string(), name->where});
  }
  return names;
}

class Projects {
 public:
  Projects(std::vector<Manifest>& manifests, const Via& via, Diagnostics& diagnostics)
      : manifests_(manifests), via_(via), diagnostics_(diagnostics) {}

  void run() {
    for (const Manifest& manifest : manifests_) {
      if (manifest.kind == &project_kind()) projects_.emplace(manifest.name, &manifest);
      if (is_location(manifest)) locations_.insert(manifest.name);
    }
    if (projects_.empty()) return;
    for (const auto& [name, project] : projects_) check(*project);
    find_members();
    for (const auto& [name, project] : projects_) {
      std::set<std::string> seen{name};
      order(*project, *project, seen);
    }
    limit();
  }

 private:
  void check(const Manifest& project) {
    const std::string doing = fmt::format("Project '{}'", project.name);
    const std::vector<std::string_view> locations(locations_.begin(), locations_.end());
    for (const Member& location : names_in(project, "locations")) {
      if (locations_.contains(location.name)) continue;
      report(diagnostics_, "manifest.unknown-reference", fmt::format("no location is named '{}'", location.name),
             location.where,
             did_you_mean(location.name, locations, "write a manifest of kind GitManifestLocation with that name"),
             fmt::format("resolving 'locations' of {}", doing));
    }
    std::vector<std::string_view> names;
    for (const auto& [name, other] : projects_) names.push_back(name);
    for (const Member& parent : names_in(project, "parentProjects")) {
      if (projects_.contains(parent.name)) continue;
      report(diagnostics_, "manifest.unknown-reference", fmt::format("no Project is named '{}'", parent.name),
             parent.where, did_you_mean(parent.name, names, "write a manifest of kind Project with that name"),
             fmt::format("resolving 'parentProjects' of {}", doing));
    }
  }

  /// The deployments that the project's locations brought.
  void find_members() {
    std::map<std::string_view, std::vector<std::size_t>> brought;
    for (std::size_t i = 0; i < manifests_.size(); ++i) {
      if (manifests_[i].kind->group != "projects") continue;
      for (const std::string& location : via_[i]) brought[location].push_back(i);
    }
    for (const auto& [name, project] : projects_) {
      std::set<std::size_t>& members = members_[project];
      for (const Member& location : names_in(*project, "locations")) {
        const auto found = brought.find(location.name);
        if (found != brought.end()) members.insert(found->second.begin(), found->second.end());
      }
    }
  }

  /// All of the project's ancestors come first: a parent may have nothing in this environment.
  void order(const Manifest& project, const Manifest& at, std::set<std::string>& seen) {
    for (const Member& parent : names_in(at, "parentProjects")) {
      const auto found = projects_.find(parent.name);
      if (found == projects_.end()) continue;
      if (parent.name == project.name) {
        report(diagnostics_, "manifest.cycle", fmt::format("Project '{}' is its own parent", project.name),
               parent.where, "remove it from 'parentProjects' of one of them",
               fmt::format("resolving Project '{}'", at.name));
      }
      if (!seen.insert(parent.name).second) continue;
      for (const std::size_t child : members_[&project]) after(manifests_[child], *found->second, parent.where);
      order(project, *found->second, seen);
    }
  }

  void after(Manifest& child, const Manifest& parent, Where where) {
    if (child.kind != &deployment_kind() || !child.spec.is_map()) return;
    Value* list = child.spec.map().find("dependsOn");
    if (!list) list = &child.spec.map().append({"dependsOn", where}, List{});
    if (!list->is_list()) return;
    for (const std::size_t first : members_[&parent]) {
      const Manifest& deployment = manifests_[first];
      if (deployment.kind != &deployment_kind() || &deployment == &child) continue;
      Value name(deployment.name);
      name.where = where;
      list->list().push_back(std::move(name));
    }
  }

  /// A location may serve several projects: their environments together count.
  void limit() {
    std::map<std::size_t, std::vector<const Manifest*>> projects_of;
    for (const auto& [project, members] : members_) {
      for (const std::size_t member : members) projects_of[member].push_back(project);
    }
    for (const auto& [member, projects] : projects_of) {
      std::set<std::string> environments;
      bool everywhere = false;
      for (const Manifest* project : projects) {
        everywhere = everywhere || project->environments.empty();
        environments.insert(project->environments.begin(), project->environments.end());
      }
      if (everywhere) continue;
      narrow(manifests_[member], {environments.begin(), environments.end()}, projects.front()->where, diagnostics_);
    }
  }

  std::vector<Manifest>& manifests_;
  const Via& via_;
  Diagnostics& diagnostics_;
  std::map<std::string, const Manifest*> projects_;
  std::set<std::string> locations_;
  std::map<const Manifest*, std::set<std::size_t>> members_;
};

}  // namespace

void apply_projects(std::vector<Manifest>& manifests, const Via& via, Diagnostics& diagnostics) {
  Projects(manifests, via, diagnostics).run();
}

void narrow(Manifest& manifest, const std::vector<std::string>& environments, Where where, Diagnostics& diagnostics) {
  if (environments.empty()) return;
  if (manifest.environments.empty()) {
    manifest.environments = environments;
    manifest.environment_places.assign(environments.size(), where);
    return;
  }
  std::vector<std::string> names;
  std::vector<Where> places;
  for (std::size_t i = 0; i < manifest.environments.size(); ++i) {
    if (std::ranges::find(environments, manifest.environments[i]) == environments.end()) continue;
    names.push_back(manifest.environments[i]);
    places.push_back(manifest.environment_places[i]);
  }
  if (names.empty()) {
    diagnostics.error("manifest.location",
                      fmt::format("{} '{}' is in scope nowhere: what brings it is in scope in {} only",
                                  manifest.kind->name, manifest.name, fmt::join(environments, ", ")),
                      manifest.where, "name one of them in metadata.environments");
    return;
  }
  manifest.environments = std::move(names);
  manifest.environment_places = std::move(places);
}

}  // namespace verba
