// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: texts in, findings out as lines.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "manifest/kinds/kinds.h"
#include "manifest/manifest.h"
#include "manifest/model.h"
#include "manifest/reuse.h"
#include "value/expr.h"
#include "value/json.h"
#include "value/yaml.h"

namespace verba::testing_manifests {

/// A small stand-in for the real type of the same name.
inline const TaskType& shell_script() {
  static const TaskType type{
      .name = "ShellScript",
      .version = "1",
      .summary = "A script.",
      .manual = "Runs a script.\n",
      .example = "name: hello\ntype: ShellScript\nwith: {run: echo hello}\n",
      .inputs = {{.name = "run", .summary = "The script", .required = true, .expressions = true, .example = "echo hi"},
                 {.name = "interpreter", .summary = "What runs it", .default_value = "sh"},
                 {.name = "environment",
                  .type = FieldType::map,
                  .summary = "Variables of the script",
                  .expressions = true,
                  .fields = {{.name = "value", .type = FieldType::any, .summary = "Any scalar"}}},
                 {.name = "password", .summary = "A secret", .expressions = true, .secret = true},
                 {.name = "outputs", .summary = "How to read it", .one_of = {"none", "text", "json"}}},
      .outputs = {{.name = "text", .summary = "What it printed"}},
      .accounts = {"InfrastructureAccount"},
  };
  return type;
}

inline const Catalogue& catalogue() {
  static const Catalogue all{built_in_kinds(), {&shell_script()}};
  return all;
}

/// One text "m.yaml" read and checked.
struct Read {
  explicit Read(std::string text) : Read(std::vector<std::string>{std::move(text)}) {}
  /// Texts "m.yaml", "m2.yaml", ...
  explicit Read(std::vector<std::string> texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const SourceId id = sources.add(i == 0 ? "m.yaml" : fmt::format("m{}.yaml", i + 1), std::move(texts[i]));
      auto more = check(Document{id, "/project"}, catalogue(), sources, diagnostics);
      for (Manifest& manifest : more) manifests.push_back(std::move(manifest));
    }
    check_reuse(manifests, catalogue(), sources, diagnostics);
  }

  Model resolve(std::string_view environment = "default", const Map& variables = {}) {
    return verba::resolve(manifests, environment, variables, surroundings, catalogue(), sources, diagnostics);
  }

  void check_names() { verba::check_names(manifests, catalogue(), sources, diagnostics); }

  /// Each finding as "m.yaml:3:5 code: message (hint)".
  std::vector<std::string> findings() const {
    std::vector<std::string> lines;
    for (const Diagnostic& finding : diagnostics.all()) {
      lines.push_back(
          fmt::format("{} {}: {} ({})", sources.place(finding.where), finding.code, finding.message, finding.hint));
    }
    return lines;
  }

  Sources sources;
  Diagnostics diagnostics;
  std::vector<Manifest> manifests;
  Surroundings surroundings;
};

/// "apiVersion: ..., kind: KIND, metadata: {METADATA}, spec:" as three lines and what is given.
inline std::string document(std::string_view kind, std::string_view metadata, std::string_view spec) {
  return fmt::format("apiVersion: verbacratis/v1\nkind: {}\nmetadata: {{{}}}\nspec:\n{}\n---\n", kind, metadata, spec);
}

/// The addresses of tasks.
inline std::vector<std::string> addresses(const Model& model, const std::vector<TaskId>& ids) {
  std::vector<std::string> all;
  for (const TaskId id : ids) all.push_back(model.tasks[id].address);
  return all;
}

}  // namespace verba::testing_manifests
