// SPDX-License-Identifier: Apache-2.0
// Taking resources that are out there already into a stack: what CloudFormation has to be sent for that. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "provider/cloudformation/wanted_stack.h"
#include "value/value.h"

namespace verba {

/// Why a resource cannot be imported by a template (a tree, with the long forms of functions); nothing: it can. It has
/// to be retained: else undoing would delete what was there before.
std::optional<BadStack> import_fault(const Value& tree, std::string_view logical);

/// An import may change nothing else: the template that is there (`now`; "": none, the stack is new) with the resources
/// `imports` of the `wanted` one, as JSON.
std::variant<std::string, BadStack> import_template(const std::string& now, const std::string& wanted,
                                                    const std::vector<WantedImport>& imports);

/// The parameters ResourcesToImport of CreateChangeSet. `summary`: what GetTemplateSummary says of the template.
std::variant<Variables, BadStack> resources_to_import(const Value& summary, const std::vector<WantedImport>& imports);

/// Of the wanted stack what belongs to an import with the template `body`: parameters that it declares, and nothing
/// else that would change a stack that is there (`is_new`: none is).
WantedStack import_of(const WantedStack& wanted, std::string body, bool is_new);

}  // namespace verba
