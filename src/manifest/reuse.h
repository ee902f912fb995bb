// SPDX-License-Identifier: Apache-2.0
// What tasks use by its name in the place of `type`: manifests whose spec is what a type of task takes in `with`.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "manifest/manifest.h"

namespace verba {

/// Their kinds. A name means only one manifest of all of them.
constexpr std::array<std::string_view, 2> reused_kinds = {"ShellScript", "InfrastructureTemplate"};
constexpr std::string_view reused_kinds_text = "ShellScript or InfrastructureTemplate";

/// Checks `with` of the tasks that use one, by the type of task that it is for, and parses its expressions. Of what is
/// not there nothing is said: see check_names(). Once, when all manifests were read.
void check_reuse(std::vector<Manifest>&, const Catalogue&, const Sources&, Diagnostics&);

}  // namespace verba
