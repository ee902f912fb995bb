// SPDX-License-Identifier: Apache-2.0
#include "plan/rehearsal.h"

#include <set>
#include <tuple>

#include "plan/inputs.h"
#include "plan/twins.h"

namespace verba {
namespace {

/// Instances of a task and environments share their text.
class Told {
 public:
  explicit Told(const Diagnostics& diagnostics) {
    for (const Diagnostic& each : diagnostics.all()) is_new(each);
  }
  bool is_new(const Diagnostic& each) {
    return told_.emplace(each.where.source, each.where.begin, each.code, each.message).second;
  }

 private:
  std::set<std::tuple<SourceId, std::uint32_t, std::string_view, std::string>> told_;
};

void ask_provider(const Resource& resource, Where where, const Providers& providers, Diagnostics& found) {
  if (const Provider* provider = providers.find(resource.type)) {
    provider->validate(resource.inputs, where, found);
    provider->examine(resource, where, found);
  }
  for (const StandIn& each : resource.instead) ask_provider(each.resource, where, providers, found);
}

}  // namespace

void rehearse(const Model& model, const Providers& providers, const Surroundings& surroundings,
              Diagnostics& diagnostics) {
  Diagnostics found;
  Twins twins(model);
  for (TaskId id = 0; id < model.tasks.size(); ++id) {
    const std::optional<bool> wanted = evaluate_condition(model, id, surroundings, found);
    if (wanted && !*wanted) continue;
    const std::optional<Resource> resource = evaluate_resource(model, id, surroundings, found);
    if (resource && wanted) twins.add(id, *resource, found);
    if (resource) ask_provider(*resource, model.tasks[id].where, providers, found);
  }
  Told told(diagnostics);
  for (const Diagnostic& each : found.all()) {
    if (told.is_new(each)) diagnostics.add(each);
  }
}

}  // namespace verba
