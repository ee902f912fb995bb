// SPDX-License-Identifier: Apache-2.0
// What a task may say itself how to do, in the place of what its type would do.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace verba {

enum class Verb : std::uint8_t { update, remove, rollback, check };  ///< YAML: update, delete, rollback, check

constexpr std::array<Verb, 4> all_verbs{Verb::update, Verb::remove, Verb::rollback, Verb::check};

constexpr std::string_view to_string(Verb verb) {
  constexpr std::array<std::string_view, 4> words{"update", "delete", "rollback", "check"};
  return words.at(static_cast<std::size_t>(verb));
}

constexpr std::optional<Verb> verb_named(std::string_view word) {
  const auto found = std::ranges::find_if(all_verbs, [word](Verb verb) { return to_string(verb) == word; });
  return found == all_verbs.end() ? std::nullopt : std::optional(*found);
}

}  // namespace verba
