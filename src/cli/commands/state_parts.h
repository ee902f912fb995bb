// SPDX-License-Identifier: Apache-2.0
// The words of `verba state` that live in a file of their own.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "state/store.h"

namespace verba {

/// -e, or all that state knows.
std::vector<std::string> environments_of(Call&, Store&);
/// The record that a word names; throws Error(usage) when there is none or more than one.
Record find_record(Call&, Store&, const std::string& word);

/// state mv FROM TO
int move_records(Call&, const std::string& path, const std::string& from, const std::string& to);
/// state unlock [DEPLOYMENT...]
int unlock(Call&, const std::string& path, const std::vector<std::string>& deployments);

}  // namespace verba
