// SPDX-License-Identifier: Apache-2.0
// The projects that `verba init` makes.
#pragma once

#include <span>
#include <string_view>

namespace verba {

/// A whole verba.yaml that runs at once on this machine. Static storage.
struct ProjectTemplate {
  std::string_view name;
  std::string_view summary;
  std::string_view manifest;
  std::string_view next;  ///< what to type next, line by line
};

std::span<const ProjectTemplate> project_templates();

}  // namespace verba
