// SPDX-License-Identifier: Apache-2.0
#include "view/text/graph_text.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "graph/graph.h"
#include "view/text/width.h"

namespace verba {
namespace {

/// Reduction costs nodes x edges; larger graphs are drawn as they are (nobody reads them as pictures anyway).
constexpr std::size_t kReduceAtMost = 3'000;

Graph task_graph(const Model& model) {
  std::vector<Graph::Edge> edges;
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    for (const TaskId need : model.tasks[id].needs) edges.emplace_back(id, need);
  }
  Graph graph(model.tasks.size(), std::move(edges));
  return model.tasks.size() <= kReduceAtMost ? reduce(graph) : graph;
}

Graph deployment_graph(const Model& model) {
  std::vector<Graph::Edge> edges;
  for (DeploymentId id = 0; id < model.deployments.size(); ++id) {
    for (const DeploymentId need : model.deployments[id].needs) edges.emplace_back(id, need);
  }
  return Graph(model.deployments.size(), std::move(edges));
}

enum class Language : std::uint8_t { dot, mermaid };

/// Inside double quotes: as it stands, whatever it means in the language.
std::string quoted(std::string_view text, Language language) {
  std::string out = "\"";
  for (const char c : printable(text)) {
    if (language == Language::dot) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    } else if (c == '"' || c == '#' || c == '<' || c == '>' || c == '&') {
      out += fmt::format("#{};", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

std::string graph_dot(const Model& model) {
  std::string out =
      "digraph verba {\n  rankdir=LR;\n  compound=true;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
      "  fontname=\"sans-serif\";\n";
  for (DeploymentId d = 0; d < model.deployments.size(); ++d) {
    const auto& deployment = model.deployments[d];
    out += fmt::format("  subgraph cluster_{} {{\n    label={};\n", d, quoted(deployment.name, Language::dot));
    if (deployment.tasks.empty()) out += fmt::format("    empty_{} [label=\"\", style=invis];\n", d);
    for (const TaskId t : deployment.tasks)
      out += fmt::format("    task_{} [label={}];\n", t, quoted(model.tasks[t].name, Language::dot));
    out += "  }\n";
  }
  const Graph tasks = task_graph(model);
  for (TaskId t = 0; t < tasks.size(); ++t) {
    for (const NodeId need : tasks.needs(t)) out += fmt::format("  task_{} -> task_{};\n", need, t);
  }
  // An arrow between boxes has to begin and end at some node in them.
  const auto node_in = [&](DeploymentId d, bool last) {
    const auto& in = model.deployments[d].tasks;
    if (in.empty()) return fmt::format("empty_{}", d);
    return fmt::format("task_{}", last ? in.back() : in.front());
  };
  for (DeploymentId d = 0; d < model.deployments.size(); ++d) {
    for (const DeploymentId need : model.deployments[d].needs) {
      out += fmt::format("  {} -> {} [ltail=cluster_{}, lhead=cluster_{}, style=bold];\n", node_in(need, true),
                         node_in(d, false), need, d);
    }
  }
  return out + "}\n";
}

std::string graph_mermaid(const Model& model) {
  std::string out = "flowchart LR\n";
  for (DeploymentId d = 0; d < model.deployments.size(); ++d) {
    const auto& deployment = model.deployments[d];
    out += fmt::format("  subgraph d{}[{}]\n", d, quoted(deployment.name, Language::mermaid));
    for (const TaskId t : deployment.tasks)
      out += fmt::format("    t{}[{}]\n", t, quoted(model.tasks[t].name, Language::mermaid));
    out += "  end\n";
  }
  const Graph tasks = task_graph(model);
  for (TaskId t = 0; t < tasks.size(); ++t) {
    for (const NodeId need : tasks.needs(t)) out += fmt::format("  t{} --> t{}\n", need, t);
  }
  for (DeploymentId d = 0; d < model.deployments.size(); ++d) {
    for (const DeploymentId need : model.deployments[d].needs) out += fmt::format("  d{} ==> d{}\n", need, d);
  }
  return out;
}

std::string graph_lines(const Model& model) {
  const Graph tasks = task_graph(model);
  std::string out;
  for (const NodeId d : order(deployment_graph(model))) {
    const auto& deployment = model.deployments[d];
    std::vector<std::string> needs;
    for (const DeploymentId need : deployment.needs) needs.push_back(printable(model.deployments[need].name));
    out += printable(deployment.name);
    if (!needs.empty()) out += " <- " + joined(needs);
    out += "\n";
    for (const TaskId t : deployment.tasks) {
      needs.clear();
      for (const NodeId need : tasks.needs(t)) {
        const Task& other = model.tasks[need];
        needs.push_back(printable(other.deployment == d ? other.name : other.address));
      }
      out += "  " + printable(model.tasks[t].name);
      if (!needs.empty()) out += " <- " + joined(needs);
      out += "\n";
    }
  }
  return out;
}

}  // namespace verba
