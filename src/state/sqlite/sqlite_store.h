// SPDX-License-Identifier: Apache-2.0
// State in one SQLite file.
#pragma once

#include <memory>
#include <string>

#include "state/store.h"

namespace verba {

enum class OpenFor { reading, writing };

/// Opens (for writing: makes, with its directory) the database at `path`. Runs migrations under a lock, after a backup
/// beside it. A newer schema: Error(state) "state.newer". For reading, an absent file gives an empty store that
/// writes nothing.
std::unique_ptr<Store> open_sqlite_store(const std::string& path, OpenFor);

}  // namespace verba
