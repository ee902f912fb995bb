// SPDX-License-Identifier: Apache-2.0
// Private to this folder.
#pragma once

#include "state/reseal.h"
#include "state/sqlite/blobs.h"
#include "state/sqlite/database.h"

namespace verba {

/// See Resealable. Inside a WriteTransaction.
void reseal_database(Database&, Blobs&, const Reseal&, const Lease&, Instant now);

}  // namespace verba
