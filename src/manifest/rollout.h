// SPDX-License-Identifier: Apache-2.0
// What `rollout` of a task says.
#pragma once

#include <cstddef>
#include <optional>

#include "manifest/model.h"
#include "value/value.h"

namespace verba {

/// `batch` as it is written: a number of instances, or a part of them all.
struct BatchSize {
  std::size_t count = 0;                        ///< 0: it is a percentage
  std::size_t percent = 0;                      ///< 1 to 100
  std::size_t of(std::size_t instances) const;  ///< at least 1; a part of them is rounded up
};

/// A whole number from 1, or a text from "1%" to "100%"; of anything else nothing.
std::optional<BatchSize> batch_of(const Value& written);

/// For a task with so many instances. REQUIRES: `written` was checked.
RolloutRules rollout_rules(const Value& written, std::size_t instances);

}  // namespace verba
