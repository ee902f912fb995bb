// SPDX-License-Identifier: Apache-2.0
// All that is in SQLite as one value, and back. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "state/contents.h"
#include "state/sqlite/blobs.h"
#include "state/sqlite/database.h"

namespace verba {

/// Of one moment. Throws Error(state) "state.corrupt" when a blob is damaged.
Contents read_contents(Database&, Blobs&);
/// Inside a WriteTransaction. Throws Error(state) "state.not-empty" when anything was ever written to the database.
void write_contents(Database&, Blobs&, const Contents&);
/// What is wrong with the database, in words; reads all of it.
std::vector<std::string> find_problems(Database&, Blobs&);

}  // namespace verba
