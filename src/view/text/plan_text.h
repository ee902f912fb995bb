// SPDX-License-Identifier: Apache-2.0
// A plan, for people.
#pragma once

#include <string>

#include "plan/plan.h"
#include "view/text/style.h"

namespace verba {

/// Every step with its sign, reason and the fields that differ; then what is gone from the manifests; then the counts.
/// Many lines, ends with a line end; no control characters beside the style's.
std::string plan_text(const Plan&, Style);

/// Only the fields that differ, step by step: what `verba diff` prints. Empty when nothing does.
std::string changes_text(const Plan&, Style);

/// "Plan: 2 to create, 1 to update, 0 to delete, 3 unchanged", without line end. What is to be replaced or run is
/// counted where there is any.
std::string counts_text(const Plan&);

}  // namespace verba
