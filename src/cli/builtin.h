// SPDX-License-Identifier: Apache-2.0
// The tables of everything that is built in. Only builtin.cc names concrete kinds, providers and stores.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cli/command.h"
#include "manifest/schema.h"
#include "provider/provider.h"
#include "state/store.h"

namespace verba {

/// Every command, in the order of the overview. Made on first use; cheap.
const std::vector<CommandRow>& commands();

/// What manifests may say and who carries it out. Made only by commands that need it.
struct Kit {
  std::vector<std::unique_ptr<Provider>> owned;
  Providers own{{}};        ///< as they are
  Providers providers{{}};  ///< that mind what tasks say themselves
  Catalogue catalogue;
};
std::unique_ptr<Kit> make_kit();

/// Opens the state at a place as people write it: a path (SQLite). For reading, what is not there is an empty store.
enum class StoreUse { reading, writing };
std::unique_ptr<Store> open_store(const std::string& place, StoreUse);

}  // namespace verba
