// SPDX-License-Identifier: Apache-2.0
// Differences: of two trees by field, of two texts by line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"
#include "value/value.h"

namespace verba {

/// Fields that differ, by path, in the order of `after`, removed ones last. Maps are compared by key, lists whole.
std::vector<FieldChange> diff_values(const Value& before, const Value& after);

struct DiffLine {
  enum class Kind : std::uint8_t { same, added, removed, gap } kind = Kind::same;
  std::string text;  ///< without line end; for a gap: "12 unchanged lines"
};
/// Lines with `context` unchanged ones around each change. Texts with more than 2,000 changed lines give one gap line
/// that counts them.
std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after, std::size_t context = 3);

}  // namespace verba
