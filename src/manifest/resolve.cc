// SPDX-License-Identifier: Apache-2.0
// Manifests to Model: a row of passes, each over all manifests, none recursive.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/notifications.h"
#include "manifest/protection.h"
#include "manifest/resolve.h"

namespace verba {
namespace {

constexpr int cycles_shown = 10;
constexpr std::size_t cycle_steps_shown = 100;

void directories(Resolution& resolution) {
  auto& directories = resolution.model.directories;
  for (const Manifest& manifest : resolution.manifests) {
    const SourceId id = manifest.where.source;
    if (id >= directories.size()) directories.resize(std::size_t{id} + 1);
    if (id != 0 && directories[id].empty()) directories[id] = manifest.directory;
    if (!manifest.commit.empty()) resolution.model.from_git.emplace(id, &manifest);
  }
}

void policies(Resolution& resolution) {
  auto& policies = resolution.model.policies;
  for (const Manifest* policy : resolution.index.all("Policy")) {
    if (in_scope(*policy, resolution.model.environment.name)) policies.push_back(policy);
  }
  std::ranges::stable_sort(policies, {}, &Manifest::name);
}

void scripts_and_templates(Resolution& resolution) {
  Model& model = resolution.model;
  for (const Manifest* script : resolution.index.all("ShellScript")) {
    if (in_scope(*script, model.environment.name)) model.scripts.emplace(script->name, script);
  }
  for (const Manifest* one : resolution.index.all("InfrastructureTemplate")) {
    if (in_scope(*one, model.environment.name)) model.templates.emplace(one->name, one);
  }
}

// A step of a cycle as a person thinks of it. Gates are the deployment that they belong to.
std::string label(const Model& model, NodeId node) {
  if (node < model.tasks.size()) return model.tasks[node].address;
  return model.deployments[(node - model.tasks.size()) / 2].name;
}

Where place_of_depends_on(const Value& spec, std::string_view name) {
  const Value* list = spec.find("dependsOn");
  if (!list || !list->is_list()) return {};
  for (const Value& item : list->list()) {
    if (item.is_string() && item.string() == name) return item.where;
  }
  return list->where;
}

// Why `from` waits for `to`, and where that is written.
Frame edge(Resolution& resolution, NodeId from, NodeId to) {
  const Model& model = resolution.model;
  const std::size_t tasks = model.tasks.size();
  const std::string words = fmt::format("{} needs {}", label(model, from), label(model, to));
  if (from < tasks && to < tasks) {
    Diagnostics told_before;
    const bool round = model.tasks[from].occasion == Occasion::remove && model.tasks[to].occasion == Occasion::remove;
    for (const Need& need : needs_of(resolution, round ? to : from, told_before)) {
      if (need.task == (round ? from : to)) return {words, need.where};
    }
  }
  if (from < tasks && to < tasks) return {words, model.tasks[from].where};
  if (from < tasks)
    return {fmt::format("{} belongs to {}", label(model, from), label(model, to)), model.tasks[from].where};
  if (to < tasks) return {fmt::format("{} is part of {}", label(model, to), label(model, from)), model.tasks[to].where};
  const DeploymentScope& user = model.deployments[(from - tasks) / 2];
  return {words, place_of_depends_on(user.spec, label(model, to))};
}

// The edges of a cycle that somebody wrote. That a task belongs to its deployment is told only where one edge leads to
// the task and the next one comes from the deployment, or the other way round.
std::vector<Graph::Edge> written_edges(const Model& model, const std::vector<NodeId>& cycle) {
  const std::size_t tasks = model.tasks.size();
  std::vector<Graph::Edge> written;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    const NodeId from = cycle[i];
    const NodeId to = cycle[(i + 1) % cycle.size()];
    const bool of_tasks = from < tasks && to < tasks;
    const bool of_deployments = from >= tasks && to >= tasks && label(model, from) != label(model, to);
    if (of_tasks || of_deployments) written.emplace_back(from, to);
  }
  std::vector<Graph::Edge> all;
  for (std::size_t i = 0; i < written.size(); ++i) {
    all.push_back(written[i]);
    const NodeId next = written[(i + 1) % written.size()].first;
    if (label(model, written[i].second) != label(model, next)) all.emplace_back(written[i].second, next);
  }
  return all;
}

// All of the cycle, unless no person would read to its end.
void report_cycle(Resolution& resolution, const std::vector<NodeId>& cycle) {
  const std::vector<Graph::Edge> all = written_edges(resolution.model, cycle);
  if (all.empty()) bug("a cycle that nobody wrote");
  std::vector<Frame> edges;
  std::string way = label(resolution.model, all.front().first);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool left_out = i >= cycle_steps_shown && i + 1 < all.size();
    if (i == cycle_steps_shown && left_out) {
      way += fmt::format(" -> ({} more)", all.size() - 1 - cycle_steps_shown);
    }
    if (left_out) continue;
    const auto [from, to] = all[i];
    way += " -> " + label(resolution.model, to);
    edges.push_back(edge(resolution, from, to));
  }
  Diagnostic finding{Severity::error, "manifest.cycle", "these wait for each other: " + way, {}, {}, {}, {}};
  finding.where = edges.front().where;
  finding.hint = "remove one of the needs shown above";
  finding.related = std::move(edges);
  resolution.diagnostics.add(std::move(finding));
}

std::vector<Graph::Edge> all_edges(const Model& model) {
  std::vector<Graph::Edge> edges;
  for (NodeId id = 0; id < model.tasks.size(); ++id) {
    const Task& task = model.tasks[id];
    edges.emplace_back(id, model.begin_of(task.deployment));
    edges.emplace_back(model.end_of(task.deployment), id);
    for (const TaskId need : task.needs) edges.emplace_back(id, need);
    if (task.occasion != Occasion::deploy || task.is_called_up()) continue;
    for (const TaskId update : model.deployments[task.deployment].on(Occasion::update)) edges.emplace_back(id, update);
  }
  for (DeploymentId id = 0; id < model.deployments.size(); ++id) {
    edges.emplace_back(model.end_of(id), model.begin_of(id));
    for (const DeploymentId need : model.deployments[id].needs)
      edges.emplace_back(model.begin_of(id), model.end_of(need));
  }
  return edges;
}

// The same mistake seen from several environments, or from each instance of a loop, is told once.
void hand_over(const Diagnostics& found, Diagnostics& all) {
  if (found.empty()) return;
  using Content = std::tuple<std::string_view, SourceId, std::uint32_t, std::string_view>;
  const auto content = [](const Diagnostic& d) { return Content(d.code, d.where.source, d.where.begin, d.message); };
  std::set<Content> known;
  const auto before = all.all();
  for (const Diagnostic& finding : before) known.insert(content(finding));
  for (const Diagnostic& finding : found.all()) {
    if (known.insert(content(finding)).second) all.add(finding);
  }
}

}  // namespace

ManifestIndex::ManifestIndex(const std::vector<Manifest>& manifests) {
  for (const Manifest& manifest : manifests) {
    const auto add = [&](std::string_view name) {
      OfKind& of_kind = kinds_[name];
      of_kind.all.push_back(&manifest);
      if (!manifest.name.empty()) of_kind.by_name.emplace(manifest.name, &manifest);
    };
    add(manifest.kind->name);
    const std::string_view family = manifest.kind->family;
    if (!family.empty() && family != manifest.kind->name) add(family);
  }
}

const Manifest* ManifestIndex::find(std::string_view kind, std::string_view name) const {
  const auto of_kind = kinds_.find(kind);
  if (of_kind == kinds_.end()) return nullptr;
  const auto found = of_kind->second.by_name.find(name);
  return found == of_kind->second.by_name.end() ? nullptr : found->second;
}

const std::vector<const Manifest*>& ManifestIndex::all(std::string_view kind) const {
  static const std::vector<const Manifest*> none;
  const auto of_kind = kinds_.find(kind);
  return of_kind == kinds_.end() ? none : of_kind->second.all;
}

std::vector<std::string_view> ManifestIndex::names(std::string_view kind) const {
  std::vector<std::string_view> names;
  for (const Manifest* manifest : all(kind)) names.push_back(manifest->name);
  return names;
}

bool in_scope(const Manifest& manifest, std::string_view environment) {
  const auto& all = manifest.environments;
  return all.empty() || std::find(all.begin(), all.end(), environment) != all.end();
}

std::string scope_of_manifest(const Manifest& manifest) {
  return fmt::format("it is in scope in {}", fmt::join(manifest.environments, ", "));
}

void report(Diagnostics& diagnostics, std::string_view code, std::string message, Where where, std::string hint,
            std::string doing) {
  Diagnostic finding{Severity::error, code, std::move(message), where, {}, std::move(hint), {}};
  finding.trail.push_back({std::move(doing), {}});
  diagnostics.add(std::move(finding));
}

// Each cycle that is found is taken out, so that the next is another one.
void resolve_graph(Resolution& resolution) {
  Model& model = resolution.model;
  const std::size_t nodes = model.tasks.size() + 2 * model.deployments.size();
  model.graph = Graph(nodes, all_edges(model));
  auto cycle = find_cycle(model.graph);
  if (cycle.empty()) return;
  auto edges = all_edges(model);
  std::vector<bool> told(nodes);
  for (int i = 0; i < cycles_shown && !cycle.empty(); ++i) {
    report_cycle(resolution, cycle);
    for (const NodeId node : cycle) told[node] = true;
    std::erase_if(edges, [&](const Graph::Edge& edge) { return told[edge.first]; });
    cycle = find_cycle(Graph(nodes, edges));
  }
}

Model resolve(const std::vector<Manifest>& manifests, std::string_view environment, const Map& variables,
              const Surroundings& surroundings, const Catalogue& catalogue, const Sources& sources,
              Diagnostics& diagnostics) {
  Diagnostics found;
  Surroundings without_outputs = surroundings;
  without_outputs.outputs = nullptr;
  const ManifestIndex index(manifests);
  Resolution resolution{manifests, without_outputs, catalogue, sources,
                        index,     found,           Model(),   variable_names(manifests)};
  if (resolve_environment(resolution, environment, variables)) {
    directories(resolution);
    scripts_and_templates(resolution);
    policies(resolution);
    resolve_accounts(resolution);
    resolve_deployments(resolution);
    resolve_notifications(resolution);
    resolve_tasks(resolution);
    resolve_moves(resolution);
    resolve_references(resolution);
    resolve_login_secrets(resolution);
    resolve_graph(resolution);
  }
  hand_over(found, diagnostics);
  return std::move(resolution.model);
}

Model guards_of(const std::vector<Manifest>& manifests, std::string_view environment, const Map& variables,
                const Surroundings& surroundings, const Catalogue& catalogue, const Sources& sources,
                Diagnostics& diagnostics) {
  const ManifestIndex index(manifests);
  Resolution resolution{manifests, surroundings, catalogue, sources,
                        index,     diagnostics,  Model(),   variable_names(manifests)};
  resolution.model.environment.name = environment;
  if (std::ranges::binary_search(environment_names(manifests), environment) &&
      resolve_environment(resolution, environment, variables)) {
    policies(resolution);
    const std::size_t errors_before = diagnostics.errors();
    resolve_accounts(resolution);
    resolve_login_secrets(resolution);
    if (diagnostics.errors() > errors_before) {
      resolution.model.accounts.clear();
      resolution.model.environment.roles.clear();
    }
  }
  return std::move(resolution.model);
}

}  // namespace verba
