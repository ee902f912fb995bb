// SPDX-License-Identifier: Apache-2.0
// What a stack leaves there when it is deleted.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "manifest/resource.h"

namespace verba {

/// The resources that the template and those that it nests retain, and those of `retainResources`: "Orders
/// (AWS::S3::Bucket)", "Front/Logs (AWS::S3::Bucket), if it was made"; in the order of the template. See
/// TaskType::leaves.
std::vector<std::string> left_by_stack(const Resource&);

/// The names in `retainResources`; what waits for something is none.
std::vector<std::string> retained_names(const Resource&);

/// Adds what is in `retainResources` and not in the template: where that makes its resources itself, nobody can tell.
void check_retained(const Value& with, const Value& tree, Diagnostics&);

}  // namespace verba
