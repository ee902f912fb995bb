// SPDX-License-Identifier: Apache-2.0
// The graph of the manifests, for programs. The names are written down in docs/manual/json.md and do not change.
#pragma once

#include "manifest/model.h"
#include "value/value.h"

namespace verba {

/// {environment, deployments: [{name, needs, tasks: [{address, name, type, account, needs}]}]}: deployments by name,
/// tasks as written; `needs` is all that is waited for, names of deployments and addresses of tasks.
Value graph_value(const Model&);

}  // namespace verba
