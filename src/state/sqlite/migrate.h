// SPDX-License-Identifier: Apache-2.0
// Bringing a database to the schema of this program. Private to this folder.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "state/sqlite/database.h"

namespace verba {

/// One step forward; there are none backward. `number` is the user_version of a database that has it.
struct Migration {
  int number;
  std::string_view name;
  std::string_view sql;
};

/// All of them, from number 1 on without a gap.
const std::vector<Migration>& migrations();

int schema_version(Database&);
/// Made, and nothing written to it yet.
bool is_new(Database&);

/// Throws Error(state): "state.newer" when the database is of a newer program, "state.older" when it lacks migrations,
/// "state.corrupt" when it is no state of ours.
void require_readable(Database&, std::span<const Migration>);

/// Carries out what is missing, alone and in one transaction; a database that had a schema is first copied to
/// PATH.backup-vN, N being its version. Throws as above; then the database is as it was.
void migrate(Database&, std::span<const Migration>);

/// A copy of all that is committed, made while others read and write; replaces `path` at once when it is whole. One
/// file, nothing beside it, mode 0600.
void copy_database(Database&, const std::string& path);

}  // namespace verba
