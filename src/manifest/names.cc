// SPDX-License-Identifier: Apache-2.0
// What is the same in every environment: names are unique, and what they refer to is written somewhere.
#include "manifest/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "manifest/kinds/kinds.h"
#include "manifest/policies.h"
#include "manifest/resolve.h"
#include "manifest/reuse.h"
#include "manifest/verb.h"

namespace verba {
namespace {

class NameChecker {
 public:
  NameChecker(const std::vector<Manifest>& manifests, Diagnostics& diagnostics)
      : manifests_(manifests), index_(manifests), diagnostics_(diagnostics) {
    environments_ = environment_names(manifests);
  }

  void run() {
    unique();
    for (const Manifest& manifest : manifests_) {
      doing_ = fmt::format("{} '{}'", manifest.kind->name, manifest.name);
      for (std::size_t i = 0; i < manifest.environments.size(); ++i) {
        environment(manifest.environments[i], manifest.environment_places[i], "metadata.environments");
      }
      if (manifest.kind == &environment_kind()) environment_manifest(manifest);
      if (manifest.kind == &deployment_kind()) deployment(manifest);
      if (manifest.kind == &variables_kind()) variables(manifest);
      if (manifest.kind == &policy_kind()) check_policy(manifest, diagnostics_);
      if (!manifest.kind->authentications.empty()) account(manifest);
      if (const Value* source = manifest.spec.find("source"); source && manifest.kind->family == "Authentication") {
        login(*source, aws_account_kind(), "source");
      }
    }
    extends_circles();
  }

 private:
  void unique() {
    std::map<std::pair<std::string_view, std::string_view>, const Manifest*> first;
    for (const Manifest& manifest : manifests_) {
      if (manifest.name.empty()) continue;
      const std::string_view family = manifest.kind->family;
      const std::string_view kind = !family.empty()                    ? family
                                    : manifest.kind->task_type.empty() ? manifest.kind->name
                                                                       : reused_kinds_text;
      const auto [known, is_new] = first.emplace(std::pair(kind, std::string_view(manifest.name)), &manifest);
      if (is_new) continue;
      diagnostics_.add({Severity::error,
                        "manifest.duplicate-name",
                        fmt::format("two manifests are {} '{}'",
                                    known->second->kind == manifest.kind ? manifest.kind->name : kind, manifest.name),
                        manifest.where,
                        {},
                        "give one of them another name, or remove it",
                        {{"first defined here", known->second->where}}});
    }
  }

  void environment_manifest(const Manifest& manifest) {
    member(manifest.spec, "extends", "Environment", {});
    const Value* accounts = manifest.spec.find("accounts");
    if (!accounts || !accounts->is_map()) return;
    for (const auto& [role, name] : accounts->map()) {
      if (name.is_string()) refers(name.string(), name.where, "Account", {"deployment-host"}, "accounts");
    }
  }

  void account(const Manifest& manifest) {
    const Value* name = manifest.spec.find("authentication");
    if (name && name->is_string()) login(*name, *manifest.kind, "authentication");
  }

  /// An authentication, of a kind that such an account can get in with.
  void login(const Value& name, const Kind& account, std::string_view field) {
    const auto& kinds = account.authentications;
    const bool needs_none = std::ranges::find(kinds, "Authentication") != kinds.end();
    if (needs_none && name.string() == "no-auth") return;
    std::vector<std::string_view> names;
    if (needs_none) names.emplace_back("no-auth");
    for (const Manifest* known : index_.all("Authentication")) {
      if (std::ranges::find(kinds, known->kind->name) != kinds.end()) names.push_back(known->name);
    }
    const Manifest* found = index_.find("Authentication", name.string());
    if (!found) return unknown(name.string(), name.where, "Authentication", names, field, kinds);
    if (std::ranges::find(kinds, found->kind->name) != kinds.end()) return;
    report(diagnostics_, "manifest.wrong-authentication",
           fmt::format("'{}' is of kind {}, with which a {} cannot be got into", found->name, found->kind->name,
                       account.name),
           name.where, fmt::format("it needs one of kind {}", fmt::join(kinds, " or ")),
           fmt::format("resolving '{}' of {}", field, doing_));
  }

  void deployment(const Manifest& manifest) {
    if (const Value* list = manifest.spec.find("dependsOn"); list && list->is_list()) {
      for (const Value& name : list->list()) {
        if (name.is_string()) refers(name.string(), name.where, "Deployment", {}, "dependsOn");
      }
    }
    for (const Occasion occasion : all_occasions) {
      for (const Value& task : tasks_of(manifest.spec, occasion)) written_task(task);
    }
  }

  void written_task(const Value& task) {
    reused(task);
    for (const Verb verb : all_verbs) {
      if (const Value* own = task.find(to_string(verb))) reused(*own);
    }
    const Value* environments = task.find("environments");
    if (!environments || !environments->is_list()) return;
    for (const Value& name : environments->list()) {
      if (name.is_string()) environment(name.string(), name.where, "environments");
    }
  }

  void reused(const Value& user) {
    const Value* name = user.find("task");
    if (!name || !name->is_string()) return;
    std::vector<std::string_view> names;
    for (const std::string_view kind : reused_kinds) {
      if (index_.find(kind, name->string())) return;
      for (const Manifest* manifest : index_.all(kind)) names.push_back(manifest->name);
    }
    unknown(name->string(), name->where, reused_kinds_text, names, "task");
  }

  void variables(const Manifest& manifest) {
    const Value* values = manifest.spec.find("values");
    if (!values || !values->is_map()) return;
    for (const auto& [key, value] : values->map()) {
      const Value* from = value.find("from");
      if (from) member(*from, "script", "ShellScript", {});
    }
  }

  void member(const Value& holder, std::string_view field, std::string_view kind,
              const std::vector<std::string_view>& built_in) {
    const Value* name = holder.find(field);
    if (name && name->is_string()) refers(name->string(), name->where, kind, built_in, field);
  }

  void refers(std::string_view name, Where where, std::string_view kind, const std::vector<std::string_view>& built_in,
              std::string_view field) {
    if (index_.find(kind, name)) return;
    for (const std::string_view known : built_in) {
      if (known == name) return;
    }
    auto names = index_.names(kind);
    names.insert(names.end(), built_in.begin(), built_in.end());
    unknown(name, where, kind, names, field);
  }

  void environment(std::string_view name, Where where, std::string_view field) {
    for (const std::string& known : environments_) {
      if (known == name) return;
    }
    unknown(name, where, "Environment", {environments_.begin(), environments_.end()}, field);
  }

  void unknown(std::string_view name, Where where, std::string_view kind, const std::vector<std::string_view>& names,
               std::string_view field, const std::vector<std::string_view>& kinds = {}) {
    const std::string wanted = !kinds.empty()      ? fmt::format("{}", fmt::join(kinds, " or "))
                               : kind == "Account" ? "InfrastructureAccount or UnixInfrastructureAccount"
                                                   : std::string(kind);
    std::string otherwise = fmt::format("write a manifest of kind {} with that name, or check the name", wanted);
    report(diagnostics_, "manifest.unknown-reference",
           fmt::format("no {} is named '{}'", kind == "Account" ? "account" : kind, name), where,
           did_you_mean(name, names, std::move(otherwise)), fmt::format("resolving '{}' of {}", field, doing_));
  }

  // Each circle once: from its first environment in order of reading.
  void extends_circles() {
    std::map<const Manifest*, const Manifest*> seen_from;
    for (const Manifest* start : index_.all("Environment")) {
      const Manifest* at = start;
      while (at && seen_from.emplace(at, start).second) at = extended(*at);
      if (at && seen_from[at] == start) circle(*at);
    }
  }

  const Manifest* extended(const Manifest& environment) const {
    return index_.find("Environment", text_of(environment.spec, "extends"));
  }

  void circle(const Manifest& first) {
    Diagnostic finding{Severity::error, "manifest.cycle", "these environments extend each other: ", {}, {}, {}, {}};
    const Manifest* at = &first;
    do {
      finding.message += at->name + " -> ";
      finding.related.push_back(
          {fmt::format("{} extends {}", at->name, extended(*at)->name), at->spec.find("extends")->where});
      at = extended(*at);
    } while (at != &first);
    finding.message += first.name;
    finding.where = finding.related.front().where;
    finding.hint = "remove 'extends' from one of them";
    diagnostics_.add(std::move(finding));
  }

  const std::vector<Manifest>& manifests_;
  const ManifestIndex index_;
  Diagnostics& diagnostics_;
  std::vector<std::string> environments_;
  std::string doing_;
};

}  // namespace

void check_names(const std::vector<Manifest>& manifests, const Catalogue&, const Sources&, Diagnostics& diagnostics) {
  NameChecker(manifests, diagnostics).run();
}

std::string name_of(const Segment& segment) {
  return segment.index ? std::to_string(*segment.index) : segment.name;
}

std::optional<NoMember> missing_member(const Reference& reference, const RootName& root) {
  if (root.members.empty() || reference.path.size() < 2 || reference.path[1].computed) return std::nullopt;
  const std::string name = name_of(reference.path[1]);
  if (std::ranges::find(root.members, name) != root.members.end()) return std::nullopt;
  return NoMember{fmt::format("'{}' has no '{}'", root.name, name), reference.path[1].where,
                  did_you_mean(name, root.members, fmt::format("it has {}", fmt::join(root.members, ", ")))};
}

}  // namespace verba
