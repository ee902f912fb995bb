// SPDX-License-Identifier: Apache-2.0
// The graph of the manifests as a picture: for Graphviz, for Mermaid, as text.
#pragma once

#include <string>

#include "manifest/model.h"

namespace verba {

/// Deployments are boxes with their tasks in them; an arrow goes from what comes first to what needs it. Arrows that
/// others imply are left out.
std::string graph_dot(const Model&);
std::string graph_mermaid(const Model&);
/// Deployments in the order in which they are deployed, their tasks under them, each with what it needs.
std::string graph_lines(const Model&);

}  // namespace verba
