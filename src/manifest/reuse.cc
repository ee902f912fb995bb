// SPDX-License-Identifier: Apache-2.0
#include "manifest/reuse.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "manifest/kinds/kinds.h"
#include "manifest/names.h"
#include "manifest/occasion.h"
#include "manifest/verb.h"

namespace verba {
namespace {

class Checker {
 public:
  Checker(const std::vector<Manifest>& manifests, const Catalogue& catalogue, const Sources& sources,
          Diagnostics& diagnostics)
      : catalogue_(catalogue), sources_(sources), diagnostics_(diagnostics) {
    for (const Manifest& manifest : manifests) {
      if (!manifest.kind->task_type.empty()) types_.emplace(manifest.name, manifest.kind->task_type);
    }
  }

  void deployment(Manifest& manifest) {
    for (const Occasion occasion : all_occasions) {
      Value* holder = occasion == Occasion::deploy ? &manifest.spec : manifest.spec.map().find(to_string(occasion));
      Value* list = holder && holder->is_map() ? holder->map().find("tasks") : nullptr;
      if (!list || !list->is_list()) continue;
      for (Value& task : list->list()) this->task(task, manifest.name);
    }
  }

 private:
  void task(Value& task, const std::string& deployment) {
    if (!task.is_map()) return;
    const std::string what = fmt::format("task '{}' of Deployment '{}'", text_of(task, "name"), deployment);
    part(task, what);
    for (const Verb verb : all_verbs) {
      Value* substitute = task.map().find(to_string(verb));
      if (substitute && substitute->is_map()) part(*substitute, fmt::format("'{}' of {}", to_string(verb), what));
    }
  }

  void part(Value& user, const std::string& what) {
    const Value* name = user.map().find("task");
    Value* with = user.map().find("with");
    if (!name || !name->is_string() || !with || !with->is_map()) return;
    const auto found = types_.find(name->string());
    const TaskType* type = found != types_.end() ? catalogue_.type(found->second) : nullptr;
    if (type) check_some_fields(*with, type->inputs, "'with' of " + what, sources_, diagnostics_);
  }

  const Catalogue& catalogue_;
  const Sources& sources_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::string_view, std::less<>> types_;  ///< of tasks, by the manifest's name
};

}  // namespace

void check_reuse(std::vector<Manifest>& manifests, const Catalogue& catalogue, const Sources& sources,
                 Diagnostics& diagnostics) {
  Checker checker(manifests, catalogue, sources, diagnostics);
  for (Manifest& manifest : manifests) {
    if (manifest.kind == &deployment_kind()) checker.deployment(manifest);
  }
}

}  // namespace verba
