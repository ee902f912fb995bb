// SPDX-License-Identifier: Apache-2.0
// Parameters of templates that are secrets.
#pragma once

#include "manifest/resource.h"

namespace verba {

/// Does a parameter's part of a template say `NoEcho`?
bool is_no_echo(const Value& parameter);

/// Marks what is given for the parameters of which the template says `NoEcho`, and their `Default` in `data`: of one
/// that is a text the whole of it. Those in a file, and in those that it nests, become an input of their own,
/// `defaults`, and the file is one with secrets. See TaskType::mark_secrets.
void mark_no_echo(Resource&);

}  // namespace verba
