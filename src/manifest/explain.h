// SPDX-License-Identifier: Apache-2.0
// The manual of kinds, task types, fields and functions, made from the same tables that check manifests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifest/schema.h"

namespace verba {

/// Small Markdown (view/text/markdown.h) about "Deployment", "Deployment.tasks.retry", "ShellScript.run", "functions"
/// or one function's name; about "" it lists all of these. Ends with a line end. A name that is both a kind and a task
/// type gives both. A path may leave out "spec". Throws Error(usage, "usage.unknown-topic") with a hint when there is
/// no such thing.
std::string explain(const Catalogue&, std::string_view path);

/// What explain() knows: kinds and task types, sorted, each once.
std::vector<std::string_view> explainable(const Catalogue&);

/// The reference manual: all kinds, task types and functions on one page of Markdown.
std::string markdown(const Catalogue&);

}  // namespace verba
