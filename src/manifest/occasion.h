// SPDX-License-Identifier: Apache-2.0
// When the tasks of a deployment's lists act.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace verba {

/// Which of a deployment's lists a task is in. YAML: tasks, update.tasks, delete.tasks, rollback.tasks
///
/// Those of `tasks` bring about what is recorded. The others act in their place:
/// - update: once the deployment is deployed and something in it is to be updated. That is then only recorded. They
///   come before all that is done in `tasks`. They are recorded until all of that is: what was done of them is not done
///   again when the run is broken off.
/// - remove: when the whole deployment is deleted. They are recorded with the rest, so that they are known when the
///   manifests are gone; what the others left is then only forgotten.
/// - rollback: when what a run did in the deployment is undone. What is put back is then only recorded.
enum class Occasion : std::uint8_t { deploy, update, remove, rollback };

constexpr std::array<Occasion, 4> all_occasions{Occasion::deploy, Occasion::update, Occasion::remove,
                                                Occasion::rollback};

/// deploy, update, delete, rollback
constexpr std::string_view to_string(Occasion occasion) {
  constexpr std::array<std::string_view, 4> words{"deploy", "update", "delete", "rollback"};
  return words.at(static_cast<std::size_t>(occasion));
}

}  // namespace verba
