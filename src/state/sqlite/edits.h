// SPDX-License-Identifier: Apache-2.0
// Edits in SQLite. Private to this folder. Both: inside a WriteTransaction, taken back by the caller when they throw.
#pragma once

#include "state/sqlite/blobs.h"
#include "state/sqlite/database.h"
#include "state/store.h"

namespace verba {

RunId write_run(Database&, Blobs&, const RunStart&, const Lease&);
void write_batch(Database&, Blobs&, const Batch&, const Lease*);
/// Without a look at leases or the serial of the environment. False, and nothing written, when the record that is there
/// is of another deployment: that one is to be removed first.
bool write_record(Database&, const Record&);

}  // namespace verba
